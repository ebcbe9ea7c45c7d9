"""The folder of a build: written beside its place and renamed, read back and checked."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.errors import ProgramError, ToolError

REPORT = "report.json"
PROGRAM = "program.npz"
MODEL = "model.npz"
VERILOG = "rtl"
LOGS = "logs"

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
        return str(self.report["board"]["title"])

    @property
    def baud(self) -> int:
        """Rate of the board's serial port."""
        return int(self.report["baud"])

    @property
    def programmer(self) -> tuple[str, ...]:
        """Command that loads the bitstream, without its file."""
        return tuple(map(str, self.report["board"]["programmer"]))

    @property
    def bitstream(self) -> Path:
        """The bitstream, made when compiling or by one of the build's scripts since.

        Raises
        ------
        ProgramError
            There is none.
        """
        name, scripts = self.report["bitstream"], self.report.get("scripts") or {}
        if name is not None:
            return self.path / str(name)
        if not scripts:
            raise ProgramError(
                f"{self.path} has no bitstream; compile again without --no-bitstream"
            )
        by_hand = self.path / str(scripts["makes"])
        if not by_hand.is_file():
            raise ProgramError(
                f"{self.path} has no bitstream; run {self.path / str(scripts['open'])} or "
                f"{self.path / str(scripts['vivado'])}, which make {by_hand}"
            )
        return by_hand


def open_build(path: Path) -> BuildFolder:
    """Open the build in ``path``.

    Raises
    ------
    ProgramError
        The folder is no build, or of a version that cannot be read.
    """
    try:
        report = json.loads((path / REPORT).read_text())
        found = report["format"]
    except OSError as error:
        raise ProgramError(
            f"{path} is not a build: it has no {REPORT}; make one with nef2hw compile"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ProgramError(f"{path / REPORT} is damaged ({error}); compile again") from error
    if found != FORMAT:
        raise ProgramError(
            f"{path / REPORT} has format {found!r}, this version reads {FORMAT!r}; compile again"
        )
    return BuildFolder(path, report)


@contextmanager
def new_build(path: Path) -> Iterator[Path]:
    """Give a folder to write a build into; it takes the place of ``path`` when all went well.

    When a tool failed, what was written stays in ``<path>.failed``; the build that was in
    ``path`` before stays in any case.

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
        shutil.rmtree(failed, ignore_errors=True)
    except ToolError as error:
        shutil.rmtree(failed, ignore_errors=True)
        work.rename(failed)
        raise type(error)(str(error).replace(str(work), str(failed))) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check_replaceable(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise ProgramError(f"{path} is a file; name a folder with -o")
    if any(path.iterdir()) and not (path / REPORT).is_file():
        raise ProgramError(
            f"{path} holds files that are not a build of nef2hw; name another folder with -o"
        )


def _replace(path: Path, work: Path) -> None:
    """Rename ``work`` to ``path``; the old build is moved away first and deleted last."""
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
    try:
        if path.exists():
            path.rename(old / "build")
        try:
            work.rename(path)
        except OSError:
            if (old / "build").exists():
                (old / "build").rename(path)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
