"""nef2hw compiles trained spiking neural networks to FPGA hardware, and proves the result.

>>> import nef2hw
>>> network = nef2hw.from_nengo(simulator)      # or from_layers, from_nir, load
>>> program = nef2hw.compile(network, board="icebreaker")
>>> trace = program.simulate(x)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nef2hw.version import __version__

if TYPE_CHECKING:
    from nef2hw.api import CompiledNetwork, compile, load
    from nef2hw.build.budget import Budget
    from nef2hw.build.calibration import Calibration
    from nef2hw.compiler.precision import Bits, Precision
    from nef2hw.errors import Nef2hwError
    from nef2hw.frontends.electrical import electrical_lif
    from nef2hw.frontends.keras import import_keras
    from nef2hw.frontends.layers import from_layers
    from nef2hw.frontends.layers.records import (
        BatchNormalization,
        Dense,
        Lif,
        SpikingRectifiedLinear,
    )
    from nef2hw.frontends.nengo import from_nengo
    from nef2hw.frontends.nir import from_nir
    from nef2hw.host.session import Session
    from nef2hw.runtime import connect

#: Where each public name is, imported when it is first asked for.
_HOMES = {
    "BatchNormalization": "nef2hw.frontends.layers.records",
    "Bits": "nef2hw.compiler.precision",
    "Budget": "nef2hw.build.budget",
    "Calibration": "nef2hw.build.calibration",
    "CompiledNetwork": "nef2hw.api",
    "Dense": "nef2hw.frontends.layers.records",
    "Lif": "nef2hw.frontends.layers.records",
    "Nef2hwError": "nef2hw.errors",
    "Precision": "nef2hw.compiler.precision",
    "Session": "nef2hw.host.session",
    "SpikingRectifiedLinear": "nef2hw.frontends.layers.records",
    "compile": "nef2hw.api",
    "connect": "nef2hw.runtime",
    "electrical_lif": "nef2hw.frontends.electrical",
    "from_layers": "nef2hw.frontends.layers",
    "from_nengo": "nef2hw.frontends.nengo",
    "from_nir": "nef2hw.frontends.nir",
    "import_keras": "nef2hw.frontends.keras",
    "load": "nef2hw.api",
}

__all__ = [
    "BatchNormalization",
    "Bits",
    "Budget",
    "Calibration",
    "CompiledNetwork",
    "Dense",
    "Lif",
    "Nef2hwError",
    "Precision",
    "Session",
    "SpikingRectifiedLinear",
    "__version__",
    "compile",
    "connect",
    "electrical_lif",
    "from_layers",
    "from_nengo",
    "from_nir",
    "import_keras",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
