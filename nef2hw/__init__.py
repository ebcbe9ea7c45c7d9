"""nef2hw compiles trained spiking neural networks to FPGA hardware, and proves the result.

>>> import nef2hw
>>> program = nef2hw.compile(nef2hw.load("model.npz"), board="icebreaker")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nef2hw.version import __version__

if TYPE_CHECKING:
    from nef2hw.api import compile, load

__all__ = ["__version__", "compile", "load"]


def __getattr__(name: str) -> Any:
    """Import the functions of `nef2hw.api` when they are first asked for."""
    if name in {"compile", "load"}:
        from nef2hw import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
