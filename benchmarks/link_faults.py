"""Faults on the line to a simulated board: is a wrong result ever returned as right?

    python benchmarks/link_faults.py [--faults 10000] [--seed 0]

Runs a small network again and again while bytes are lost, turned, sent twice and made up, cables
are pulled, the board is reset or configured anew, the host is killed, and other hosts come in
between. Each result that a session returns is compared with the golden model; after each trial, a
clean session has to work. The exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import click
import numpy as np

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.errors import LinkError
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.host.outputs import population_window
from nef2hw.host.protocol import reset_request, run_request
from nef2hw.model.parse import parse_model
from nef2hw.program.decode import decode_results
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import MemoryId
from nef2hw.program.program import Program
from nef2hw.rtl.top import Top
from nef2hw.sim.compiled.faults import Fault, FaultyLine, HostKilledError
from nef2hw.sim.compiled.lockstep import LockstepBoard
from nef2hw.sim.golden_runs import run_golden
from nef2hw.trace import Trace, first_difference

STEPS = 24
DIVISOR = 4
TIMEOUT_S = 0.002
#: Bytes between faults: from several in each exchange to one in several runs.
DISTANCES = (60.0, 250.0, 1000.0, 4000.0)
WEIGHTS = dict.fromkeys(Fault, 1.0) | {Fault.FLIP: 4.0, Fault.DROP: 4.0, Fault.DUPLICATE: 2.0}


@dataclass
class Tally:
    """What came of all trials."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def model(seed: int) -> dict[str, object]:
    """Return a small network: two inputs, a recurrent ensemble, one of readouts."""
    rng = np.random.default_rng(seed)
    return {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "inputs/x/size": 3,
        "ensembles/a/neuron_type": "LIF",
        "ensembles/a/gain": rng.uniform(1, 3, 6),
        "ensembles/a/bias": rng.uniform(0, 2, 6),
        "ensembles/a/encoders": rng.choice([-1.0, 1.0], (6, 1)),
        "ensembles/a/voltage_init": rng.uniform(0, 0.9, 6),
        "connections/in/pre": "x",
        "connections/in/post": "a",
        "connections/in/transform": rng.uniform(-1, 1, (1, 3)),
        "connections/in/synapse": 0.005,
        "connections/loop/pre": "a",
        "connections/loop/post": "a",
        "connections/loop/decoders": rng.uniform(-1, 1, (1, 6)) / 400,
        "connections/loop/synapse": 0.05,
        "probes/value/target": "a",
        "probes/value/decoders": rng.uniform(-1, 1, (2, 6)) / 400,
        "probes/value/synapse": 0.02,
    }


def programs() -> tuple[tuple[Program, Program], Program]:
    """Return two programs for one core, and one for another core."""
    networks = [quantize(fold(parse_model(model(seed)))) for seed in (0, 1)]
    formats = networks[0].formats
    same_core = [replace(network, formats=formats) for network in networks]
    shape = CoreShape(2, sums_results=True)
    first, second = (assemble(network, shape) for network in same_core)
    return (first, second), assemble(networks[0], CoreShape(4))


class Bench:
    """A board, and the results that networks must give on it.

    Parameters
    ----------
    seed : int
    fitting : pair of Program
        Of one core, which the board has.
    other : Program
        Of another core.
    """

    def __init__(self, seed: int, fitting: tuple[Program, Program], other: Program) -> None:
        self.random = random.Random(seed)
        self.fitting, self.other = fitting, other
        first = fitting[0]
        if self.fitting[1].config != first.config:
            raise ValueError("the two images are of different cores")
        self.board = LockstepBoard(Top(first.config, first.image, uart_divisor=DIVISOR), DIVISOR)
        rng = np.random.default_rng(seed)
        rows = {
            p.name: rng.integers(p.low_code, p.high_code + 1, (STEPS // 4, p.size))
            for p in first.network.inputs
        }
        self.codes = {name: np.repeat(codes, 4, axis=0) for name, codes in rows.items()}
        self.row = {name: codes[0] for name, codes in rows.items()}
        held = {name: np.repeat(codes[:1], STEPS, axis=0) for name, codes in rows.items()}
        self.golden = [run_golden(p.network, self.codes) for p in self.fitting]
        self.held = [run_golden(p.network, held) for p in self.fitting]
        self.tally = Tally()

    def intrude(self) -> None:
        """Do what a host does that knows nothing of another one; it may be killed, too."""
        link = Link(self.board, TIMEOUT_S)
        try:
            link.identify()
            choice = self.random.randrange(4)
            if choice == 0:
                link.request(reset_request())
            elif choice == 1:
                list(link.stream([run_request(3)], 100))
            elif choice == 2:
                Device(link, self.random.choice(self.fitting)).load()
        except LinkError as error:
            self.tally.errors[f"intruder: {error}"[:60]] += 1

    def trial(self, seed: int) -> None:
        """Run on a faulty line; note what came of it, then see that a clean session works."""
        distance = self.random.choice(DISTANCES)
        line = FaultyLine(self.board, seed, distance, WEIGHTS, self.intrude)
        which = self.random.randrange(len(self.fitting))
        device = Device(Link(line, TIMEOUT_S), self.fitting[which])
        for _ in range(4):
            self._note(self._attempt(device, which), line)
            if self.random.random() < 0.3:
                device = Device(Link(line, TIMEOUT_S), self.fitting[which])
        line.calm = True
        self.tally.faults += line.counts
        clean = Device(Link(self.board, TIMEOUT_S), self.fitting[which])
        try:
            difference = first_difference(self.golden[which], clean.run(self.codes))
        except LinkError as error:
            difference = error
        if difference is not None:
            self.tally.wrong.append(f"seed {seed}: a clean session failed: {difference}")

    def _attempt(self, device: Device, which: int) -> Callable[[], str | None]:
        checks = [self._run, self._steps, self._sums, self._last, self._load, self._wrong_core]
        check = self.random.choices(checks, [4, 3, 2, 2, 1, 1])[0]
        return lambda: check(device, which)

    def _note(self, attempt: Callable[[], str | None], line: FaultyLine) -> None:
        before = line.counts.total()
        try:
            wrong = attempt()
        except LinkError as error:
            self.tally.outcomes["clear errors"] += 1
            self.tally.errors[" ".join(str(error).split()[:4])] += 1
        except HostKilledError:
            self.tally.outcomes["hosts killed"] += 1
        else:
            met = line.counts.total() - before
            self.tally.outcomes["recovered" if met else "undisturbed"] += 1
            if wrong:
                self.tally.wrong.append(wrong)

    def _run(self, device: Device, which: int) -> str | None:
        return told(first_difference(self.golden[which], device.run(self.codes)))

    def _steps(self, device: Device, which: int) -> str | None:
        """Reset, then step by step; compare what came before an error, too."""
        device.reset()
        golden = self.golden[which]
        for step in range(STEPS):
            words = device.step({name: rows[step] for name, rows in self.codes.items()})
            spikes, probes = decode_results(device.program, words[:-1])
            if wrong := compare(golden, step, spikes, probes):
                return wrong
        return None

    def _sums(self, device: Device, which: int) -> str | None:
        device.reset()
        held, name = self.held[which], "a"
        window = population_window(device.program, name)
        sums, _ = device.run_sums(self.row, STEPS, window)
        return None if (sums == held.spikes[name].sum(axis=0)).all() else f"sums are {sums}"

    def _last(self, device: Device, which: int) -> str | None:
        device.reset()
        words = device.run_silently(self.row, STEPS)
        spikes, probes = decode_results(device.program, words[:-1])
        return compare(self.held[which], STEPS - 1, spikes, probes)

    def _load(self, device: Device, which: int) -> str | None:
        device.load()
        if not device.is_loaded():
            return None
        found = device.read_memory(MemoryId.WEIGHTS)
        same = (found == device.program.image.beats[MemoryId.WEIGHTS]).all()
        return None if same else "an image that is told to be whole differs"

    def _wrong_core(self, device: Device, _: int) -> str | None:
        other = Device(device.link, self.other)
        other.run(self.codes)
        return "a program ran on a core that it was not made for"


def compare(
    golden: Trace, step: int, spikes: dict[str, CodeArray], probes: dict[str, CodeArray]
) -> str | None:
    """Compare a step with the golden model's."""
    for wanted, found in ((golden.spikes, spikes), (golden.probes, probes)):
        for name, rows in wanted.items():
            if (rows[step] != found[name]).any():
                return f"step {step}, {name}: expected {rows[step]}, got {found[name]}"
    return None


def told(difference: object | None) -> str | None:
    """Turn a difference into text."""
    return None if difference is None else str(difference)


def inject(
    faults: int,
    seed: int,
    fitting: tuple[Program, Program],
    other: Program,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """Run trials until ``faults`` have happened; parameters as of `Bench`."""
    bench = Bench(seed, fitting, other)
    trial = 0
    while bench.tally.faults.total() < faults and not bench.tally.wrong:
        bench.trial(seed * 1_000_003 + trial)
        trial += 1
        bench.tally.outcomes["clean sessions after"] += 1
        progress(bench.tally.faults.total())
    return bench.tally


@click.command()
@click.option("--faults", default=10_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(faults: int, seed: int) -> None:
    """Inject faults and print what came of them, as Markdown."""
    with click.progressbar(length=faults, file=sys.stderr, label="faults") as bar:
        tally = inject(faults, seed, *programs(), lambda done: bar.update(done - bar.pos))
    click.echo("| fault | times |\n|---|---|")
    for fault, count in sorted(tally.faults.items(), key=lambda item: item[0].value):
        click.echo(f"| {fault.value} | {count} |")
    click.echo(f"| all | {tally.faults.total()} |\n\n| outcome | times |\n|---|---|")
    for outcome, count in tally.outcomes.most_common():
        click.echo(f"| {outcome} | {count} |")
    click.echo(f"| wrong | {len(tally.wrong)} |\n\n| error begins | times |\n|---|---|")
    for error, count in tally.errors.most_common():
        click.echo(f"| {error} | {count} |")
    for wrong in tally.wrong:
        click.echo(wrong, err=True)
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
