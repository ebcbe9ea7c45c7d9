"""What all commands have in common: their help, and how they fail."""

import errno
import os

import pytest

from nef2hw.__main__ import run
from tests.cli.commands import invoke

COMMANDS = (
    "import",
    "check",
    "compile",
    "simulate",
    "verify",
    "program",
    "load",
    "run",
    "link-test",
    "boards",
    "report",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"nef2hw {command}" in result.output


def test_an_unknown_command_is_wrong_usage():
    assert invoke("compil").exit_code == 2


def test_too_little_memory_fails_with_one_line(folder, monkeypatch):
    def fail(path):
        raise MemoryError("Unable to allocate 7 PiB")

    monkeypatch.setattr("nef2hw.cli.report.open_build", fail)
    result = invoke("report", folder / "ulx3s")
    assert result.exit_code == 1
    assert result.stderr == "nef2hw: not enough memory: Unable to allocate 7 PiB\n"


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOSPC, "make room there"), (errno.EROFS, "name another folder")],
)
def test_what_the_system_refuses_is_told_with_a_cure(monkeypatch, number, cure):
    def fail(*_):
        raise OSError(number, os.strerror(number), "out.npz")

    monkeypatch.setattr("nef2hw.cli.simulate.load_source", fail)
    result = invoke("simulate", __file__, "-o", "t.npz")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"nef2hw: out.npz: {os.strerror(number)}; {cure}")


def test_ctrl_c_is_told_in_a_line(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nef2hw.cli.simulate.load_source", interrupt)
    result = invoke("simulate", __file__, "-o", "t.npz")
    assert (result.exit_code, result.stderr) == (130, "nef2hw: interrupted\n")


def test_ctrl_c_while_the_command_is_loaded_is_no_traceback(monkeypatch):
    def interrupt(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nef2hw.cli.main.main", interrupt)
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 130
