"""Wall time of the stages of a build."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Notify = Callable[[str], None]


class Stopwatch:
    """Collects seconds per stage, in the order in which stages were entered.

    Attributes
    ----------
    seconds : dict
        Wall time by stage so far.
    """

    def __init__(self, notify: Notify = lambda _: None) -> None:
        self.seconds: dict[str, float] = {}
        self._notify = notify

    @contextmanager
    def stage(self, name: str, message: str = "") -> Iterator[None]:
        """Time the body as stage ``name``; tell ``message`` first."""
        if message:
            self._notify(message)
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started
