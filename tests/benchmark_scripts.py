"""Running the scripts of the benchmarks."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run_benchmark(*arguments):
    """Run Python in the folder of the benchmarks; return what it prints."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT / "benchmarks",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
