"""What a bad file is: how it is made, and the command that is given it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: File that everything which gets itself executed makes, in the working folder.
CANARY = "executed"

#: A pickle that makes the canary.
PICKLE = b"cos\nmkdir\n(S'executed'\ntR."


@dataclass(frozen=True)
class Bad:
    """A malformed file, and who has to refuse it.

    In ``command``, ``{bad}`` is the file, ``{good}`` the folder of good files, ``{out}`` a path
    where nothing is.
    """

    name: str
    file: str  #: name of the file, or of the folder
    write: Callable[[Path, Path], object]  #: of the path to write, and the folder of good files
    command: tuple[str, ...]
    harmless: bool = False  #: whether the damage may hit what nobody reads


class Payload:
    """An object whose pickle makes the canary when it is loaded."""

    def __reduce__(self):
        return os.mkdir, (CANARY,)


def content(data: bytes | str) -> Callable[[Path, Path], object]:
    """Return a writer of ``data``."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return lambda path, good: path.write_bytes(raw)


def changed(source: str, change: Callable[[bytes], bytes]) -> Callable[[Path, Path], object]:
    """Return a writer of the good file ``source`` with its bytes changed."""
    return lambda path, good: path.write_bytes(change((good / source).read_bytes()))
