"""Telling a route that comes to no end from what the router prints."""

from __future__ import annotations

import math
import re

#: What nextpnr's router2 prints of a round: wires that serve several nets, nets that are late.
_ROUND = re.compile(r"Info:\s+iter=\d+ wires=\d+ overused=(\d+) overuse=\d+(?: tmgfail=(\d+))?")
#: Rounds that bring a route no nearer to its end before it is given up. Those that did come to one
#: needed 25 at most.
ROUNDS = 40


class RoutingWatch:
    """Takes what a router prints, and says whether it gets any further.

    Routers trade one conflict for another; where wires are short, or the clock cannot be met, they
    do so forever.
    """

    def __init__(self) -> None:
        self._least = math.inf
        self._rounds = 0

    @property
    def lost(self) -> bool:
        """Whether the route comes to no end."""
        return self._rounds >= ROUNDS

    def __call__(self, line: str) -> None:
        """Take the next line."""
        if found := _ROUND.match(line):
            conflicts = sum(int(count or 0) for count in found.groups())
            self._rounds = 0 if conflicts < self._least else self._rounds + 1
            self._least = min(self._least, conflicts)
