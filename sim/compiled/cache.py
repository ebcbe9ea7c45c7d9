"""Where things that are slow to make are kept between runs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

#: Environment variable that overrides the cache folder.
CACHE_VARIABLE = "NEF2HW_CACHE_DIR"


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
    done; of two processes that make it at once, the first one wins.
    """
    final = cache_dir() / kind / digest
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{digest[:12]}-", dir=final.parent))
    try:
        make(work)
        os.rename(work, final)
    except OSError:
        if not final.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return final
