"""How far a placer is, from what it prints."""

from __future__ import annotations

import re
from collections.abc import Callable

_PHASES = (
    ("packing", re.compile(r"Info: Packing ")),
    ("placing", re.compile(r"Info: (Creating initial|Running) .*plac")),
    ("routing", re.compile(r"Info: (Routing\.\.|Running router)")),
)
_CLOCK = re.compile(r"Info: Max frequency for clock\s+'[^']+':\s*([\d.]+) MHz")


class PlacementProgress:
    """Tells of each phase when it begins, with the clock as it is estimated by then.

    Parameters
    ----------
    notify
        Takes a message for the user.
    name
        Of the placement: several may be under way.
    """

    def __init__(self, notify: Callable[[str], None], name: str) -> None:
        self._notify = notify
        self._name = name
        self._phases = list(_PHASES)
        self._clock = ""

    def __call__(self, line: str) -> None:
        """Take the next line that the placer printed."""
        if clock := _CLOCK.match(line):
            self._clock = f", {float(clock[1]):.1f} MHz by now"
        for index, (phase, pattern) in enumerate(self._phases):
            if pattern.match(line):
                del self._phases[: index + 1]
                self._notify(f"{self._name}: {phase}{self._clock}")
                return
