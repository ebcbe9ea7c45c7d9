"""A model's file, read once for everything that a build makes of it."""

from __future__ import annotations

from pathlib import Path

from nef2hw.errors import ModelError
from nef2hw.frontends.files import load_imported
from nef2hw.model.network import TrainedNetwork


def read_model_file(path: Path) -> tuple[TrainedNetwork, bytes]:
    """Read a model, and the file that it was read from.

    Raises
    ------
    ModelError
        It is not a sound model, its name is no text, or somebody wrote it meanwhile.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as problem:
        raise ModelError(
            f"{str(path)!a} has a name that is no text; rename it, reports have to tell it"
        ) from problem
    before = _identity(path)
    trained = load_imported(path)
    content = path.read_bytes()
    if before != _identity(path):
        raise ModelError(f"{path} was written while it was read; compile it when it is complete")
    return trained, content


def _identity(path: Path) -> tuple[int, ...]:
    """What differs when a file has been written, or another one has its name; () if none has."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
