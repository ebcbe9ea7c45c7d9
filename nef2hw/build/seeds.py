"""Trying placements until one meets the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from nef2hw.build.nextpnr import Timing
from nef2hw.build.parts import part_of
from nef2hw.errors import CapacityError, TimingError, ToolTimeoutError

#: Placements tried in turn, until one meets the clock, when the user names no seed.
SEEDS = (1, 2, 3)

#: Places with a seed, until the event is set.
Place = Callable[[int, Event], Timing]


def first_that_meets(
    seeds: Sequence[int], place: Place, board: str, at_once: int = 1
) -> tuple[Timing, int]:
    """Place with one seed after the other; return the first timing that is met, and its seed.

    Parameters
    ----------
    at_once
        Placements under way at a time, no more than there are processors. Those that are left
        when one meets the clock are stopped.

    Raises
    ------
    CapacityError
        No placement came to an end.
    TimingError
        None meets it; says the best.
    """
    found: dict[int, Timing] = {}
    stop = Event()
    with ThreadPoolExecutor(max(1, min(at_once, len(seeds), processors()))) as pool:
        futures = {pool.submit(_place, place, seed, stop): seed for seed in seeds}
        try:
            for future in as_completed(futures):
                timing = future.result()
                if timing is not None:
                    found[futures[future]] = timing
                if timing is not None and timing.met:
                    return timing, futures[future]
        finally:
            stop.set()
            for future in futures:
                future.cancel()
    raise _nothing_meets(found, seeds, board)


def _place(place: Place, seed: int, stop: Event) -> Timing | None:
    """Place; None when that came to no end, or was stopped before it began."""
    if stop.is_set():
        return None
    try:
        return place(seed, stop)
    except ToolTimeoutError:
        return None


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nothing_meets(
    found: dict[int, Timing], seeds: Sequence[int], board: str
) -> TimingError | CapacityError:
    """Say how near the best placement came, and by which path it missed."""
    tried = ", ".join(map(str, seeds))
    if not found:
        return CapacityError(
            f"{board}: the design fits by number, but routing comes to no end (seeds tried: "
            f"{tried}); try fewer --lanes or another --seed"
        )
    best = max(found.values(), key=lambda timing: timing.achieved_hz)
    late_ns = 1e9 / best.achieved_hz - 1e9 / best.asked_hz
    path = ""
    if best.critical_path:
        first, last = best.critical_path[0].source, best.critical_path[-1].sink
        path = (
            f"; the slowest path, from {part_of(first)} to {part_of(last)}, "
            f"is {late_ns:.2f} ns too slow"
        )
    return TimingError(
        f"{board}: the design reaches {best.achieved_hz / 1e6:.1f} MHz, "
        f"{best.asked_hz / 1e6:.1f} MHz were asked for (seeds tried: {tried}){path}; "
        "try a lower --clock, fewer --lanes or another --seed"
    )
