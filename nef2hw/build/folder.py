"""The folder of a build: written beside its place and renamed, read back and checked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.errors import ProgramError, ToolError

REPORT = "report.json"
PAGE = "report.html"
PROGRAM = "program.npz"
MODEL = "model.npz"
VERILOG = "rtl"
LOGS = "logs"
#: What ``verify --wave`` writes.
WAVES = ("waves.vcd", "waves.gtkw")
#: Of a bitstream that dfu-util loads.
DFU_SUFFIX = ".dfu"
#: What a tool failed with, in the folder that keeps what it left.
FAILURE = "error.txt"

#: Largest report that is read.
MAX_REPORT_BYTES = 64 << 20

#: Value of ``format`` in the report of a build that this version can read.
FORMAT = "nef2hw-build-1"


@dataclass(frozen=True)
class BuildFolder:
    """A finished build."""

    path: Path
    report: dict[str, Any]

    @property
    def program_path(self) -> Path:
        """File of the program: configuration, image and network."""
        return self.path / PROGRAM

    @property
    def model_path(self) -> Path:
        """Copy of the model that was compiled."""
        return self.path / MODEL

    @property
    def title(self) -> str:
        """The board it was built for, as people call it."""
        return str(self._read(("board", "title"), _is_text, "a text"))

    @property
    def baud(self) -> int:
        """Rate of the board's serial port."""
        return int(self._read(("baud",), _is_rate, "a whole number from 1 to 1e9"))

    @property
    def clock_hz(self) -> float:
        """Clock of the core."""
        asked = self._read(("clock_mhz", "asked"), _is_clock, "a number above 0 and at most 1e4")
        return 1e6 * float(asked)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must do or know before programming."""
        if "notes" not in self.report.get("board", ()):
            return ()
        return tuple(self._read(("board", "notes"), _are_texts, "texts"))

    @property
    def programmer(self) -> tuple[str, ...]:
        """Command that loads the bitstream, without its file."""
        return tuple(self._read(("board", "programmer"), _are_texts, "texts"))

    @property
    def bitstream(self) -> Path:
        """The bitstream, made when compiling or by one of the build's scripts since.

        Raises
        ------
        ProgramError
            There is none, or it is said to be outside the folder.
        """
        name = self._read(("bitstream",), _is_inside, "null, or a file in the build")
        if name is not None:
            return self.path / str(name)
        scripts = self._read(("scripts",), _are_scripts, "null, or files in the build")
        if scripts is None:
            raise ProgramError(
                f"{self.path} has no bitstream; compile again without --no-bitstream"
            )
        by_hand = self.path / str(scripts["makes"])
        if not by_hand.is_file():
            raise ProgramError(
                f"{self.path} has no bitstream; run {self.path / scripts['open']} or "
                f"{self.path / scripts['vivado']}, which make {by_hand}"
            )
        return by_hand

    def check_files(self, *names: str) -> None:
        """See that files are those that were built, all that are there or those of ``names``.

        Raises
        ------
        ProgramError
            Somebody wrote another one in the place of one.
        """
        digests = self._read(("files",), _are_digests, "digests by file")
        for name, digest in digests.items():
            place = self.path / name
            if (not names or name in names) and place.is_file() and digest != digest_of(place):
                raise ProgramError(
                    f"{place} is not the one that was built, as {REPORT} tells; compile again"
                )

    def _read(self, keys: tuple[str, ...], is_sound: Callable[[Any], bool], expected: str) -> Any:
        """Return what is found under ``keys`` in the report, if it is sound."""
        value: Any = self.report
        for key in keys:
            value = value.get(key, _ABSENT) if isinstance(value, dict) else _ABSENT
        if not is_sound(value):
            found = "missing" if value is _ABSENT else f"{value!r:.60}"
            raise ProgramError(
                f"{self.path / REPORT} is damaged: {'/'.join(keys)} is {found}, expected "
                f"{expected}; compile again"
            )
        return value


_ABSENT = object()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_rate(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 10**9


def _is_clock(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1e4


def _is_inside(value: Any) -> bool:
    if value is None:
        return True
    return _is_text(value) and not Path(value).is_absolute() and ".." not in Path(value).parts


def _are_digests(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_inside(name) and isinstance(digest, str) for name, digest in value.items()
    )


def _are_scripts(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    names = [value.get(key) for key in ("makes", "open", "vivado")]
    return all(name is not None and _is_inside(name) for name in names)


@contextmanager
def report_of(path: Path) -> Iterator[None]:
    """Tell that the report in ``path`` is damaged where what uses it fails on its content.

    Raises
    ------
    ProgramError
        For whatever a value that is missing, or of another type, leads to.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ProgramError(f"{path / REPORT} is damaged ({what:.200}); compile again") from error


def open_build(path: Path) -> BuildFolder:
    """Open the build in ``path``.

    Raises
    ------
    ProgramError
        The folder is no build, or of a version that cannot be read.
    """
    try:
        report = json.loads(_read_text(path / REPORT))
        found = report["format"]
    except OSError as error:
        raise ProgramError(
            f"{path} is not a build: it has no {REPORT}; make one with nef2hw compile"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProgramError(f"{path / REPORT} is damaged ({error}); compile again") from error
    if found != FORMAT:
        raise ProgramError(
            f"{path / REPORT} has format {found!r:.60}, this version reads {FORMAT!r}; "
            "compile again"
        )
    return BuildFolder(path, report)


def _read_text(path: Path) -> str:
    """Read a file of a size that a report can have; a pipe or device is none."""
    size = path.stat().st_size
    if not path.is_file():
        raise ProgramError(f"{path} is not a file; compile again")
    if size > MAX_REPORT_BYTES:
        raise ProgramError(
            f"{path} has {size} bytes, the limit is {MAX_REPORT_BYTES}; compile again"
        )
    return path.read_text(encoding="utf-8")


@contextmanager
def new_build(path: Path) -> Iterator[Path]:
    """Give a folder to write a build into; it takes the place of ``path`` when all went well.

    When a tool failed, what was written stays in ``<path>.failed``, in place of what an earlier
    failure left there; the build that was in ``path`` before stays in any case.

    Raises
    ------
    ProgramError
        ``path`` holds something else than a build.
    """
    _check_replaceable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    work.chmod(0o755)
    failed = path.with_name(f"{path.name}.failed")
    try:
        yield work
        _replace(path, work)
        _forget(failed)
    except ToolError as error:
        _forget(failed)
        if os.path.lexists(failed):
            failed = Path(tempfile.mkdtemp(prefix=f"{failed.name}-", dir=path.parent))
        message = str(error).replace(str(work), str(failed))
        (work / FAILURE).write_text(message + "\n", encoding="utf-8")
        work.rename(failed)
        raise type(error)(message) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _forget(failed: Path) -> None:
    """Delete what an earlier failure left, and nothing else."""
    if (failed / FAILURE).is_file():
        shutil.rmtree(failed, ignore_errors=True)


def _check_replaceable(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise ProgramError(f"{path} is a file; name a folder with -o")
    if any(path.iterdir()) and not _is_build(path):
        raise ProgramError(
            f"{path} holds files that are not a build of nef2hw; name another folder with -o"
        )


def _is_build(path: Path) -> bool:
    """Whether a folder is a build, be it damaged or of another version."""
    if not (path / REPORT).is_file():
        return False
    if (path / PROGRAM).is_file():
        return True
    try:
        return str(json.loads(_read_text(path / REPORT))["format"]).startswith(FORMAT[:-1])
    except (OSError, ProgramError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _replace(path: Path, work: Path) -> None:
    """Rename ``work`` to ``path``; the old build is moved away first and deleted last.

    What somebody else put into the old one stays in ``path``.
    """
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
    try:
        if path.exists():
            path.rename(old / "build")
        work.rename(path)
    finally:
        if not os.path.lexists(path) and (old / "build").exists():
            (old / "build").rename(path)
        for entry in _not_made(old / "build"):
            if not os.path.lexists(path / entry.name):
                entry.rename(path / entry.name)
        shutil.rmtree(old, ignore_errors=True)


def _not_made(build: Path) -> list[Path]:
    """What is in a build without being of it; nothing if its report does not tell what is."""
    try:
        digests = json.loads(_read_text(build / REPORT))["files"]
        made = {Path(name).parts[0] for name in digests}
    except (OSError, ProgramError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return []
    made |= {REPORT, PAGE, LOGS, *WAVES}
    return [e for e in build.iterdir() if e.name not in made and e.suffix != DFU_SUFFIX]


def list_files(build: Path) -> dict[str, str]:
    """Return the digests of the files in a folder, by path in it; logs are left out."""
    found = sorted(p.relative_to(build) for p in build.rglob("*") if p.is_file())
    return {str(p): digest_of(build / p) for p in found if p.parts[0] != LOGS}


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
