"""What a NIR graph leaves open, and its user decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from nef2hw.errors import ModelError
from nef2hw.model.network import Discretization, InputKind

NirReset = Literal["zero", "subtract", "subtract_late"]
IfTime = Literal["second", "step"]
FilteredBias = Literal["exact", "settled"]


@dataclass(frozen=True)
class Options:
    """The keyword arguments of `nef2hw.frontends.nir.from_nir`, None where not given."""

    dt_s: float | None = None
    discretization: Discretization | None = None
    tau_ref_s: float | None = None
    reset: NirReset | None = None
    unroll: bool = False
    input_kind: InputKind | None = None
    input_range: tuple[float, float] | None = None
    if_time: IfTime | None = None
    filtered_bias: FilteredBias = "exact"

    def __post_init__(self) -> None:
        """Refuse words that are none of the choices."""
        choices: dict[str, tuple[Any, ...]] = {
            "discretization": get_args(Discretization),
            "reset": get_args(NirReset),
            "input_kind": get_args(InputKind),
            "if_time": get_args(IfTime),
            "filtered_bias": get_args(FilteredBias),
        }
        for name, known in choices.items():
            found = getattr(self, name)
            if found is not None and found not in known:
                raise ModelError(f"{name} is {found!r}, expected {' or '.join(map(repr, known))}")
