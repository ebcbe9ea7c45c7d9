"""Placed cores that are kept between builds: what took minutes once is never done again.

An entry is one file: a line with the digest of the rest, then a ZIP archive. It is written beside
its place and renamed, so that several builds may read and write at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nef2hw.build.stages import Notify
from nef2hw.sim.compiled.cache import cache_dir

_MAGIC = b"nef2hw-core-1 "


@dataclass(frozen=True)
class CoreCache:
    """Files of placed cores, by a key that names all that they depend on."""

    folder: Path

    def load(self, key: str, folder: Path, notify: Notify) -> bool:
        """Put the files of ``key`` into ``folder``; return whether they were there, and whole."""
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except OSError:
            return False
        head, _, packed = raw.partition(b"\n")
        if head != _head(packed):
            notify(f"{path} is damaged; it is made anew")
            return False
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            archive.extractall(folder)
        return True

    def save(self, key: str, folder: Path, names: Iterable[str], notify: Notify) -> None:
        """Keep files of ``folder``; where that fails, say so and go on."""
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.write(folder / name, name)
        packed = memory.getvalue()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self._path(key), _head(packed) + b"\n" + packed)
        except OSError as error:
            notify(f"the placed core is not kept: {error}")

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.core"


def core_cache() -> CoreCache:
    """The cache of the user."""
    return CoreCache(cache_dir() / "cores")


def _head(packed: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(packed).hexdigest().encode()


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then rename it."""
    handle, work = tempfile.mkstemp(prefix=f".{path.stem[:12]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(work, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(work)
