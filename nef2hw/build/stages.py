"""The stages of one build: each runs a tool, is timed and logged, and must make its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from nef2hw.boards.spec import BoardSpec
from nef2hw.tools import Stop, find_tool, run_tool

Notify = Callable[[str], None]

#: A placement takes about as long as synthesis, up to some times as long.
PATIENCE, LEAST_PATIENCE_S = 20.0, 600.0


class Stages:
    """Runs the tools of one build, and remembers how long each took."""

    def __init__(
        self,
        board: BoardSpec,
        folder: Path,
        notify: Notify,
        seconds: dict[str, float],
        *,
        watch: Notify | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.board = board
        self.folder = folder  #: where the tools work
        self.notify = notify
        self.seconds = seconds  #: wall time by stage
        self.tools: dict[str, str] = {}  #: version and source by name
        self._watch = watch  #: takes each line that a tool prints
        self._stop = stop  #: says when to end what runs

    @property
    def patience_s(self) -> float:
        """How long a placement may take: some routes come to no end.

        Machines differ; how long synthesis took here is the measure.
        """
        return max(LEAST_PATIENCE_S, PATIENCE * self.seconds.get("synthesize", 0.0))

    def run(
        self,
        stage: str,
        command: Sequence[str],
        makes: Sequence[str],
        timeout_s: float | None = None,
    ) -> None:
        """Run ``command``, the name of a tool and its arguments.

        Raises
        ------
        ToolError
            The tool is missing, failed, or did not make a file of ``makes``.
        ToolTimeoutError
            It took longer than ``timeout_s``, or was stopped.
        """
        tool = find_tool(command[0])
        self.tools[tool.name] = f"{tool.version} ({tool.source})"
        started = time.monotonic()
        try:
            run_tool(
                tool,
                command[1:],
                cwd=self.folder,
                log=self.folder / "logs" / f"{stage}.log",
                makes=[Path(name) for name in makes],
                timeout_s=timeout_s,
                notify=self.notify,
                watch=self._watch,
                stop=self._stop,
            )
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - started
