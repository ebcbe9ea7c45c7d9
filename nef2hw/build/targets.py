"""Running a network on an input: in float, in integers, as RTL, on a board or a simulated one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import ProgramError
from nef2hw.host.device import SLOWEST_CLOCK_HZ, Device, Progress
from nef2hw.host.link import Link
from nef2hw.program.decode import encode_inputs
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.sim.compiled.board import simulate_board
from nef2hw.sim.compiled.core import simulate_rtl
from nef2hw.sim.golden_runs import run_golden, run_golden_batch
from nef2hw.sim.reference import simulate_reference
from nef2hw.stimulus import Stimulus
from nef2hw.trace import Trace

Notify = Callable[[str], None]

TARGETS = ("reference", "golden", "rtl", "board")

#: Name of the port behind which a simulated board is started.
SIMULATED_PORT = "sim"

#: Samples that the golden model runs side by side: enough for its speed, few enough for memory.
SAMPLES_AT_ONCE = 256

#: A simulated board answers this much later than a real one, at worst.
_SIMULATED_TIMEOUT_S = 120.0


class Runnable(Protocol):
    """A network in float and in integers; each is asked for only where it is needed."""

    @property
    def folded(self) -> FoldedNetwork:
        """The network in float."""

    @property
    def network(self) -> QuantizedNetwork:
        """The network in integers."""

    @property
    def program(self) -> Program:
        """Those integers, laid out for a core."""


def simulate_target(
    source: Runnable,
    stimulus: Stimulus,
    target: str,
    *,
    states: bool = False,
    notify: Notify = lambda _: None,
) -> Trace:
    """Run ``source`` on ``stimulus`` on one of :data:`TARGETS`.

    Parameters
    ----------
    states
        Keep the integer states of every step.

    Raises
    ------
    ProgramError
        The float reference was asked for integer states.
    """
    if target == "reference":
        if states:
            raise ProgramError("the float reference has no integer states; leave --states out")
        return simulate_reference(source.folded, stimulus)
    if target == "board":
        return run_on_port(source.program, stimulus, SIMULATED_PORT, states=states, notify=notify)
    if target == "rtl":
        codes = encode_inputs(source.program.network, stimulus)
        return simulate_rtl(source.program, codes, states=states, notify=notify)
    return run_golden(source.network, encode_inputs(source.network, stimulus), states)


def simulate_samples(
    source: Runnable,
    samples: Sequence[Stimulus],
    target: str,
    *,
    states: bool = False,
    notify: Notify = lambda _: None,
) -> list[Trace]:
    """Run ``source`` on each of several stimuli, all of as many steps, from the initial state.

    The golden model takes many of them at once. Parameters and errors as of `simulate_target`.
    """
    if target != "golden":
        return [
            simulate_target(source, sample, target, states=states, notify=notify)
            for sample in samples
        ]
    network = source.network
    traces = []
    for first in range(0, len(samples), SAMPLES_AT_ONCE):
        codes = [encode_inputs(network, s) for s in samples[first : first + SAMPLES_AT_ONCE]]
        stacked = {name: np.stack([rows[name] for rows in codes]) for name in codes[0]}
        traces += run_golden_batch(network, stacked, states)
    return traces


def run_on_port(
    program: Program,
    stimulus: Stimulus,
    port: str,
    baud: int = 0,
    *,
    states: bool = False,
    notify: Notify = lambda _: None,
    progress: Progress = lambda _: None,
) -> Trace:
    """Run ``program`` on the board at ``port``, loading it first where the board lacks it."""
    with open_device(program, port, baud, notify=notify) as device:
        notify(f"running on {port}")
        return device.run(encode_inputs(program.network, stimulus), states, progress)


@contextmanager
def open_device(
    program: Program,
    port: str,
    baud: int,
    clock_hz: float = SLOWEST_CLOCK_HZ,
    notify: Notify = lambda _: None,
) -> Iterator[Device]:
    """Open the board at ``port``, or start a simulated one that holds the program's core.

    Raises
    ------
    LinkError
        The port cannot be opened, or the board holds another core.
    """
    if port != SIMULATED_PORT:
        with Link.open(port, baud) as link:
            yield Device(link, program, clock_hz)
        return
    with (
        simulate_board(program, notify=notify) as board,
        Link.open(board.port, timeout_s=_SIMULATED_TIMEOUT_S) as link,
    ):
        yield Device(link, program, clock_hz)
