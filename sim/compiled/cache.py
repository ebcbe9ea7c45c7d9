"""Where things that are slow to make are kept between runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Environment variable that overrides the cache folder.
CACHE_VARIABLE = "NEF2HW_CACHE_DIR"
#: File of a cached folder with the digests of the others.
_SUMS = "sums.json"


def cache_dir() -> Path:
    """Folder of the user's cache for this package, not necessarily existing."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nef2hw"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nef2hw"


def cached_folder(kind: str, digest: str, make: Callable[[Path], None]) -> Path:
    """Folder ``kind/digest`` in the cache, made by ``make(folder)`` when it is not there.

    It is made under another name and renamed, so that it is never seen half
    done; of two processes that make it at once, the first one wins. One whose
    files are not those that were made is made anew.
    """
    final = cache_dir() / kind / digest
    if is_whole(final):
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{digest[:12]}-", dir=final.parent))
    try:
        make(work)
        (work / _SUMS).write_text(json.dumps(_sums(work)), encoding="utf-8")
        _take_place(work, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return final


def is_whole(folder: Path) -> bool:
    """Whether a folder of the cache holds what was made, byte for byte."""
    try:
        expected = json.loads((folder / _SUMS).read_text(encoding="utf-8"))
        found = _sums(folder)
    except (OSError, ValueError):
        return False
    # A simulator may leave files of its own beside them.
    return isinstance(expected, dict) and expected.items() <= found.items()


def _sums(folder: Path) -> dict[str, str]:
    """Digest of each file, by its name; folders in it do not count."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != _SUMS
    }


def _take_place(work: Path, final: Path) -> None:
    """Rename ``work`` to ``final``, unless another process was faster."""
    try:
        os.rename(work, final)
    except OSError:
        if is_whole(final):
            return
        with tempfile.TemporaryDirectory(prefix=".damaged-", dir=final.parent) as aside:
            with suppress(FileNotFoundError):
                os.rename(final, Path(aside) / "folder")
            with _unless_there(final):
                os.rename(work, final)


@contextmanager
def _unless_there(final: Path) -> Iterator[None]:
    """Let a rename fail where another process has put a whole folder."""
    try:
        yield
    except OSError:
        if not is_whole(final):
            raise
