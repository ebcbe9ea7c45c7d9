"""Processes of tools that are running, each with all that it started, to be ended at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nef2hw.errors import ToolError

Process = subprocess.Popen[bytes]


class Processes:
    """Starts tools in groups of their own, and knows which are running."""

    def __init__(self) -> None:
        # A signal may come while the main thread holds it, and ends all.
        self._lock = threading.RLock()
        self._running: set[Process] = set()
        self._ended = False

    @contextlib.contextmanager
    def running(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> Iterator[Process]:
        """Run ``command``, what it prints in a pipe; nothing of it runs after the block.

        Raises
        ------
        ToolError
            All were ended before.
        """
        started: list[Process] = []
        try:
            # Signals interrupt the main thread alone: elsewhere, nothing is half started by one.
            with ThreadPoolExecutor(1) as starter:
                starter.submit(self._start, command, cwd, environment, started).result()
            yield started[0]
        finally:
            for process in started:
                kill(process)
                process.wait()
                with self._lock:
                    self._running.discard(process)

    def end(self) -> None:
        """Kill all that are running, and start no other."""
        with self._lock:
            self._ended = True
            for process in self._running:
                kill(process)

    def _start(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        started: list[Process],
    ) -> None:
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
            started.append(process)


def kill(process: Process) -> None:
    """Kill a process of a group of its own, and what it started, even after its own end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


#: Those of this program.
PROCESSES = Processes()
