"""Processes of tools that are running, each with all that it started, to be ended at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nef2hw.errors import ToolError


class Processes:
    """Starts tools in groups of their own, and knows which are running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    @contextlib.contextmanager
    def running(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``command``, what it prints in a pipe; nothing of it runs after the block.

        Raises
        ------
        ToolError
            All were ended before.
        """
        process = self._start(command, cwd, environment)
        try:
            yield process
        finally:
            if process.poll() is None:
                _kill(process)
                process.wait()
            with self._lock:
                self._running.discard(process)

    def end(self) -> None:
        """Kill all that are running, and start no other."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _kill(process)

    def _start(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise ToolError(f"{command[0]} is not started, as the program is ending")
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
            return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


#: Those of this program.
PROCESSES = Processes()
