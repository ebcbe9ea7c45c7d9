"""Version of the installed package."""

from __future__ import annotations

from importlib import metadata

try:
    __version__ = metadata.version("nef2hw")
except metadata.PackageNotFoundError:
    __version__ = "0+unknown"
