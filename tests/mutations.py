"""Put one fault at a time into a copy of the source, and see whether the tests notice.

Run ``python -m tests.mutations``; words that follow choose the files or faults that hold them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from nef2hw.sim.compiled.cache import CACHE_VARIABLE
from tests.mutants import core, golden, link
from tests.mutants.mutation import Mutation

ROOT = Path(__file__).parents[1]
MUTATIONS = (*golden.MUTATIONS, *core.MUTATIONS, *link.MUTATIONS)

#: What tests need of the repository.
COPIED = ("nef2hw", "rtl", "sim", "boards", "tests", "examples")

#: Longest time that tests may take.
TIMEOUT_S = 900.0

#: Exit status of pytest when tests failed.
_FAILED = 1


def main(words: list[str]) -> int:
    """Try the mutations that hold one of ``words``, or all; return 1 if one survived."""
    chosen = [each for each in MUTATIONS if not words or any(w in describe(each) for w in words)]
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy_source(Path(folder))
        for mutation in chosen:
            start_s = time.monotonic()
            outcome = try_one(mutation, Path(folder))
            found[outcome] += 1
            print(
                f"{outcome:9}{time.monotonic() - start_s:5.0f} s  {describe(mutation)}", flush=True
            )
    print(f"{len(chosen)} faults: {', '.join(f'{k} {name}' for name, k in found.items())}")
    return int(found["killed"] < len(chosen))


def describe(mutation: Mutation) -> str:
    """Return a mutation as a line."""
    wrong = " ".join(mutation.wrong.split())
    return f"{mutation.file}: {' '.join(mutation.right.split())} -> {wrong}"


def copy_source(folder: Path) -> None:
    """Copy what tests need."""
    for name in COPIED:
        shutil.copytree(
            ROOT / name,
            folder / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")


def try_one(mutation: Mutation, folder: Path) -> str:
    """Run the tests of a mutation; return ``killed``, ``survived``, ``endless``, or ``broken``."""
    path = folder / mutation.file
    source = path.read_text()
    path.write_text(source.replace(mutation.right, mutation.wrong))
    try:
        return run_tests(mutation.tests, folder)
    finally:
        path.write_text(source)


def run_tests(tests: tuple[str, ...], folder: Path) -> str:
    """Run test files of the copy until a test fails."""
    # Bytecode of two faults that are written within a second could be mistaken for each other.
    variables = {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        CACHE_VARIABLE: str(folder / "cache"),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status = process.wait(TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "endless"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return {0: "survived", _FAILED: "killed"}.get(status, "broken")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
