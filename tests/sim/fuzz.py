"""Compare RTL and golden model on random networks for as long as one likes.

    python -m tests.sim.fuzz run --minutes 10 --folder build/fuzz
    python -m tests.sim.fuzz replay build/fuzz/failure-12-3.json

A run goes on where the last one in its folder ended. Every failure is a file that says how each
program was run, beside the programs: the one that failed, and before it all that had run in the
same core, whose memories may still hold something of theirs.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from nef2hw.compiler.cycles import count_cycles
from nef2hw.errors import Nef2hwError
from nef2hw.program.archive import load_program, save_program
from nef2hw.program.program import Program
from nef2hw.sim.compiled.cache import CACHE_VARIABLE
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.compiled.verify import verify_core
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from tests.sim.fuzz_rounds import make_round

STEPS = 30
STALLS = (0.0, 0.3)


@dataclass(frozen=True)
class Trial:
    """A network's run: random inputs and stalls of a seed."""

    steps: int
    seed: int
    stall: float


@dataclass(frozen=True)
class Runs:
    """A program's runs in a core, one after the other."""

    program: Program
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Progress:
    """What the runs in a folder have done so far."""

    next_round: int = 0
    networks: int = 0
    steps: int = 0
    spikes: int = 0
    seconds: float = 0.0
    failures: tuple[str, ...] = field(default=())


def run(folder: Path, minutes: float, first_round: int = 0) -> Progress:
    """Try rounds until the time is over; returns what was done in all."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * minutes
    progress = read_progress(folder, first_round)
    while time.monotonic() < until:
        progress = try_round(folder, progress)
        write_progress(folder, progress)
        print(
            f"{progress.networks} networks, {progress.steps} steps, {progress.spikes} spikes in "
            f"{progress.next_round - first_round} cores and {progress.seconds:.0f} s, "
            f"{len(progress.failures)} failures",
            flush=True,
        )
    return progress


def try_round(folder: Path, progress: Progress) -> Progress:
    """Try all networks of the next round."""
    began, number = time.monotonic(), progress.next_round
    steps, spikes, failures = 0, 0, []
    programs = make_round(number).programs
    with throwaway_cache():
        core, before = CompiledCore(programs[0], notify=lambda _: None), []
        for k, program in enumerate(programs):
            runs, problem, fired = try_program(core, program, number * 1000 + k)
            before.append(runs)
            steps, spikes = steps + sum(trial.steps for trial in runs.trials), spikes + fired
            if problem:
                failures.append(save_failure(folder, f"{number}-{k}", before, problem))
                core.close()
                core, before = CompiledCore(program, notify=lambda _: None), []
        core.close()
    return Progress(
        number + 1,
        progress.networks + len(programs),
        progress.steps + steps,
        progress.spikes + spikes,
        progress.seconds + time.monotonic() - began,
        (*progress.failures, *failures),
    )


def try_program(core: CompiledCore, program: Program, seed: int) -> tuple[Runs, str, int]:
    """Run ``program`` with each stall until something differs; what ran, what differs, spikes."""
    trials: tuple[Trial, ...] = ()
    problem, spikes = "", 0
    for stall in STALLS:
        trials += (Trial(STEPS, seed, stall),)
        problem, fired = outcome(core, program, trials[-1])
        spikes += fired
        if problem:
            break
    return Runs(program, trials), problem, spikes


def outcome(core: CompiledCore, program: Program, trial: Trial) -> tuple[str, int]:
    """What differs when ``program`` runs, if anything does, and how many spikes there were."""
    core.program = program
    codes = extreme_codes(program.network, trial.steps, trial.seed)
    cycles: list[int] = []
    try:
        report = verify_core(
            core,
            codes=codes,
            stall=trial.stall,
            seed=trial.seed,
            keep=lambda _golden, rtl: cycles.extend(rtl.cycles.tolist()),
        )
    except Nef2hwError as error:
        return str(error), 0
    if not report.equal or trial.stall:
        return ("" if report.equal else str(report)), report.spikes
    golden = simulate_golden(program.network, codes)
    counted = count_cycles(program, codes, golden.spikes, golden.relayed)
    unlike = np.flatnonzero(counted != cycles)
    if not unlike.size:
        return "", report.spikes
    step = unlike[0]
    return f"step {step} takes {cycles[step]} cycles, {counted[step]} are counted", report.spikes


def replay(path: Path) -> str:
    """Run a saved failure again, after all that ran before it in its core.

    Returns
    -------
    problem : what differs first, if anything still does
    """
    every = load_failure(path)
    core = CompiledCore(every[0].program)
    try:
        found = (outcome(core, runs.program, trial)[0] for runs in every for trial in runs.trials)
        return next(filter(None, found), "")
    finally:
        core.close()


def save_failure(folder: Path, name: str, every: Sequence[Runs], problem: str) -> str:
    """Save all runs of a core, of which the last failed; returns the name of the file to replay."""
    record = folder / f"failure-{name}.json"
    saved = []
    for k, runs in enumerate(every):
        program = record.with_name(f"{record.stem}-{k}.npz")
        save_program(runs.program, program)
        saved.append({"program": program.name, "trials": [asdict(trial) for trial in runs.trials]})
    record.write_text(json.dumps({"problem": problem, "runs": saved}, indent=1))
    print(f"{record}: {problem}", flush=True)
    return record.name


def load_failure(path: Path) -> list[Runs]:
    """Read what `save_failure` saved."""
    return [
        Runs(
            load_program(path.with_name(runs["program"])),
            tuple(Trial(**trial) for trial in runs["trials"]),
        )
        for runs in json.loads(path.read_text())["runs"]
    ]


def read_progress(folder: Path, first_round: int) -> Progress:
    """Progress of earlier runs in ``folder``, if there were any."""
    path = folder / "progress.json"
    if not path.exists():
        return Progress(next_round=first_round)
    found = Progress(**json.loads(path.read_text()))
    return replace(found, failures=tuple(found.failures))


def write_progress(folder: Path, progress: Progress) -> None:
    """Replace the progress in ``folder``, whole or not at all."""
    path = folder / "progress.json"
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(asdict(progress), indent=1))
    os.replace(beside, path)


@contextmanager
def throwaway_cache() -> Iterator[None]:
    """Keep models that are used once out of the user's cache."""
    before = os.environ.get(CACHE_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="nef2hw-fuzz-") as folder:
        os.environ[CACHE_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[CACHE_VARIABLE]
            if before is not None:
                os.environ[CACHE_VARIABLE] = before


def main(arguments: list[str] | None = None) -> int:
    """Exit code of a run or a replay: 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("--minutes", type=float, default=10.0)
    running.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    running.add_argument("--first-round", type=int, default=0)
    running.set_defaults(do=lambda a: bool(run(a.folder, a.minutes, a.first_round).failures))
    replaying = commands.add_parser("replay")
    replaying.add_argument("file", type=Path)
    replaying.set_defaults(do=lambda a: _replayed(a.file))
    chosen = parser.parse_args(arguments)
    return int(chosen.do(chosen))


def _replayed(path: Path) -> bool:
    problem = replay(path)
    print(problem or "RTL and golden model agree")
    return bool(problem)


if __name__ == "__main__":
    sys.exit(main())
