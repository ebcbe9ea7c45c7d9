"""Print the oldest version of each package that nef2hw says it works with, for pip to install.

    python -m tests.lowest > lowest.txt
    pip install -c lowest.txt '.[toolchain,sim,plot,keras,nengo,nir,dev]'

Packages that only developers need are left out: of those, the newest that goes with the rest.
Needs Python 3.11.
"""

from __future__ import annotations

import re
from pathlib import Path

import tomllib

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
#: Extras of developers.
LEFT_OUT = ("dev", "docs")

_LOWER = re.compile(r"([\w-]+)>=(\d+)\.(\d+)(\.\d+)?,<[\d.]+(;.*)?")


def lowest(project: dict) -> list[str]:
    """Return what asks for the oldest series of each package; all have a lower and an upper bound.

    Of a series, such as 1.24, the last version is meant if the bound names no other.
    """
    wanted = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        wanted += requirements if extra not in LEFT_OUT else []
    return [_oldest(requirement) for requirement in dict.fromkeys(wanted)]


def _oldest(requirement: str) -> str:
    name, major, minor, patch, marker = _LOWER.fullmatch(requirement).groups()
    if patch:
        return f"{name}=={major}.{minor}{patch}{marker or ''}"
    return f"{name}>={major}.{minor},<{major}.{int(minor) + 1}{marker or ''}"


if __name__ == "__main__":
    print("\n".join(lowest(tomllib.loads(PYPROJECT.read_text())["project"])))
