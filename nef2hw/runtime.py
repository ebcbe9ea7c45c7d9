"""Opening a network on a board, from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nef2hw.api import CompiledNetwork
from nef2hw.build.clock import core_clock_hz
from nef2hw.build.folder import open_build
from nef2hw.build.source import load_source
from nef2hw.build.targets import SIMULATED_PORT, open_device
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import LinkError
from nef2hw.host.device import SLOWEST_CLOCK_HZ
from nef2hw.host.session import Session
from nef2hw.program.fixed_point import FloatArray
from nef2hw.program.program import Program


@dataclass(frozen=True)
class Target:
    """What a session needs to know of a network and its board."""

    program: Program
    baud: int | None = None
    clock_hz: float = SLOWEST_CLOCK_HZ
    defaults: Mapping[str, FloatArray] = field(default_factory=dict)


@contextmanager
def connect(
    network: str | os.PathLike[str] | CompiledNetwork | Program,
    port: str,
    *,
    baud: int | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Iterator[Session]:
    """Open the board at ``port`` with ``network`` loaded and reset.

    Parameters
    ----------
    network
        Folder of a build, what ``nef2hw.compile`` returned, or a program.
    port
        Serial port such as ``/dev/ttyUSB1``, or ``sim`` for the simulated board.
    baud
        Rate of the serial port, by default the board's.
    notify
        Is told what takes its time.

    Raises
    ------
    LinkError
        The port cannot be opened, nothing answers, or the board holds another core.
    ProgramError
        The folder is no build.
    """
    target = find_target(network)
    rate = baud or target.baud
    if rate is None and port != SIMULATED_PORT:
        raise LinkError(
            "a program does not say the baud rate of its board: give one, or connect to a build"
        )
    with open_device(target.program, port, rate or 0, target.clock_hz, notify) as device:
        session = Session(device, target.defaults)
        session.reset()
        yield session


def find_target(network: str | os.PathLike[str] | CompiledNetwork | Program) -> Target:
    """Find out what a session needs; parameter and errors as of `connect`."""
    if isinstance(network, Program):
        return Target(network)
    if isinstance(network, CompiledNetwork):
        board = network.board
        # A core that misses the default clock runs at the oscillator's.
        clock_hz = min(core_clock_hz(board, None), float(board.clock_hz))
        return _target(network.program, board.baud, network.folded, clock_hz)
    build, source = open_build(Path(network)), load_source(Path(network))
    return _target(source.program, build.baud, source.folded, build.clock_hz)


def _target(program: Program, baud: int, folded: FoldedNetwork, clock_hz: float) -> Target:
    defaults = {p.name: p.default for p in folded.inputs if p.default is not None}
    return Target(program, baud, clock_hz, defaults)
