"""Nothing that a stranger sends is believed: it is refused, quickly, and leaves no trace."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from nef2hw.cli.main import main
from nef2hw.errors import ProgramError
from nef2hw.trace import Trace
from tests.hostile.bad import CANARY, Bad
from tests.hostile.corpus import all_cases, write_good
from tests.hostile.inputs import trace_files

CASES = all_cases()
TRACES = trace_files()
SAMPLE = CASES[:: len(CASES) // 6]

#: Most that a refusal may take, and say.
LIMIT_S = 20.0
LIMIT_BYTES = 600 << 20
LIMIT_TEXT = 6000


class Overtime(BaseException):
    """A command takes too long; no handler of errors takes it for one."""


@pytest.fixture
def deadline():
    """End what takes longer than it may."""

    def end(number, frame):
        raise Overtime(f"longer than {LIMIT_S:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return the folder of good files, and check in the end that it is as it was."""
    folder = tmp_path_factory.mktemp("good")
    write_good(folder)
    before = state_of(folder)
    yield folder
    assert state_of(folder) == before


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return the working folder of a command, with nothing else in it."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def state_of(folder: Path) -> dict[str, str]:
    """Return what is where below a folder: kind, target or digest of content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"link to {os.readlink(path)}"
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path)] = oct(path.stat().st_mode)
    return found


def arguments(case: Bad, folder: Path, good: Path) -> list[str]:
    """Write the bad file and return the command about it."""
    bad = folder / case.file
    case.write(bad, good)
    return [part.format(bad=bad, good=good, out=folder / "new") for part in case.command]


def check(case: Bad, status: int, said: str, printed: str) -> None:
    """Check what a command said and how it ended."""
    if case.harmless and status == 0:
        return
    assert status in (1, 2), f"ended with {status}: {said}"
    assert said.startswith("nef2hw: " if status == 1 else "Usage: "), said
    assert "Traceback" not in said + printed
    assert len(said.strip()) > 20
    assert len(said) < LIMIT_TEXT
    assert all(letter.isprintable() or letter == "\n" for letter in said), repr(said)


def peak_bytes() -> int:
    """Return the most memory that this process has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_bad_file_is_refused_and_leaves_all_as_it_was(case, good, place, deadline):
    command = arguments(case, place, good)
    before, peak = state_of(place.parent), peak_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = CliRunner().invoke(main, command)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert peak_bytes() - peak < LIMIT_BYTES
    check(case, result.exit_code, result.stderr, result.stdout)
    if result.exit_code:
        assert state_of(place.parent) == before
    assert not (place / CANARY).exists()


@pytest.mark.parametrize("name", TRACES)
def test_a_bad_trace_is_refused(name, place):
    path = place / "trace.npz"
    path.write_bytes(TRACES[name])
    with pytest.raises(ProgramError, match=r"trace\.npz"):
        Trace.load(path)
    assert os.listdir(place) == ["trace.npz"]


def limited() -> None:
    """Give a process little memory and time."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.mark.parametrize("case", SAMPLE, ids=[case.name for case in SAMPLE])
def test_a_process_of_little_memory_and_time_refuses_it_too(case, good, place):
    command = arguments(case, place, good)
    before = state_of(place.parent)
    ended = subprocess.run(
        [sys.executable, "-m", "nef2hw.cli.main", *command],
        capture_output=True,
        text=True,
        preexec_fn=limited,
        timeout=60,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    check(case, ended.returncode, ended.stderr, ended.stdout)
    assert state_of(place.parent) == before
    assert not (place / CANARY).exists()


def test_there_are_enough_of_them():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert sum(not case.harmless for case in CASES) + len(TRACES) >= 300
