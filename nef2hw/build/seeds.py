"""Trying placements until one meets the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nef2hw.build.nextpnr import Timing
from nef2hw.errors import CapacityError, ToolError, ToolTimeoutError

#: Placements tried in turn, until one meets the clock, when the user names no seed.
SEEDS = (1, 2, 3)


def first_that_meets(
    seeds: Sequence[int], place: Callable[[int], Timing], board: str
) -> tuple[Timing, int]:
    """Place with one seed after the other; return the first timing that is met, and its seed.

    Raises
    ------
    CapacityError
        No placement came to an end.
    ToolError
        None meets it; says the best.
    """
    found, tried = [], ", ".join(map(str, seeds))
    for seed in seeds:
        try:
            timing = place(seed)
        except ToolTimeoutError:
            continue
        if timing.met:
            return timing, seed
        found.append(timing)
    if not found:
        raise CapacityError(
            f"{board}: the design fits by number, but routing comes to no end (seeds tried: "
            f"{tried}); try fewer --lanes or another --seed"
        )
    best = max(found, key=lambda timing: timing.achieved_hz)
    raise ToolError(
        f"{board}: the design reaches {best.achieved_hz / 1e6:.1f} MHz, "
        f"{best.asked_hz / 1e6:.1f} MHz were asked for (seeds tried: "
        f"{tried}); try a lower --clock, fewer --lanes or another --seed"
    )
