"""Choosing a core for a network and a board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.clock import core_clock_hz
from nef2hw.build.sizing.advice import nothing_fits, too_slow
from nef2hw.build.sizing.candidates import Candidate, candidates, fastest, smallest
from nef2hw.build.sizing.demands import Demands
from nef2hw.program.network import QuantizedNetwork

#: What a network is made into before a core is weighed for it.
Form = TypeVar("Form")

#: A core that is to be tried after one that turned out too large has this part of its logic.
CLEARLY_SMALLER = 0.95


@dataclass(frozen=True)
class Sizing:
    """The shapes weighed for a network, and the one chosen."""

    board: BoardSpec
    demands: Demands
    candidates: tuple[Candidate, ...]
    chosen: Candidate

    def smaller(self) -> Sizing | None:
        """Choose again among the candidates with less logic; None if there is none that fits."""
        bound = CLEARLY_SMALLER * self.chosen.logic
        least_hz = self.demands.target_rate_hz or 0.0
        left = [
            c
            for c in self.candidates
            if c.logic <= bound and not c.overflows and c.rate_hz >= least_hz
        ]
        if not left:
            return None
        return Sizing(self.board, self.demands, self.candidates, fastest(left))


@dataclass(frozen=True)
class Weighing:
    """The shapes weighed for a network, of which one is to be chosen."""

    board: BoardSpec
    demands: Demands
    candidates: tuple[Candidate, ...]

    @property
    def fits(self) -> bool:
        """Whether a core fits the board and the budgets, fast enough or not."""
        return any(not candidate.overflows for candidate in self.candidates)

    def choose(self) -> Sizing:
        """Choose the core.

        Without a target, the smallest of those that nearly reach the most steps per second; with
        one, the smallest that reaches it.

        Raises
        ------
        CapacityError
            No shape fits the board and the budgets, or none of those that fit is fast enough.
        """
        fitting = [candidate for candidate in self.candidates if not candidate.overflows]
        if not fitting:
            raise nothing_fits(self.candidates, self.board, self.demands)
        if self.demands.target_rate_hz is None:
            chosen = fastest(fitting)
        else:
            reaching = [c for c in fitting if c.rate_hz >= self.demands.target_rate_hz]
            if not reaching:
                raise too_slow(fitting, self.board, self.demands)
            chosen = smallest(reaching)
        return Sizing(self.board, self.demands, self.candidates, chosen)


def weigh_cores(
    network: QuantizedNetwork,
    board: BoardSpec,
    demands: Demands | None = None,
    clock_hz: float | None = None,
) -> Weighing:
    """Weigh all shapes of a core for ``network``.

    Parameters
    ----------
    clock_hz
        By default the board's own for its core.
    """
    demands = demands or Demands()
    weighed = candidates(network, board, demands, core_clock_hz(board, clock_hz))
    return Weighing(board, demands, tuple(weighed))


def first_that_fits(weighed: Iterable[tuple[Form, Weighing]]) -> tuple[Form, Weighing]:
    """Return the first form of a network of which a core fits, or the last; weigh no more."""
    for found in weighed:
        if found[1].fits:
            break
    return found


def size_core(
    network: QuantizedNetwork,
    board: BoardSpec,
    demands: Demands | None = None,
    clock_hz: float | None = None,
) -> Sizing:
    """Weigh all shapes of a core as `weigh_cores` does, and choose one as `Weighing` does."""
    return weigh_cores(network, board, demands, clock_hz).choose()
