"""What a NIR graph leaves open, and its user decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args

from nef2hw.errors import ModelError
from nef2hw.model.fields import Range
from nef2hw.model.network import Discretization, InputKind
from nef2hw.model.neurons import MAX_TAU_S
from nef2hw.model.parse import DT_S

TAU_REF_S = Range(0.0, MAX_TAU_S, unit=" s")

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
        """Refuse words that are none of the choices, and numbers that are none."""
        choices: dict[str, tuple[Any, ...]] = {
            "discretization": get_args(Discretization),
            "reset": get_args(NirReset),
            "input_kind": get_args(InputKind),
            "if_time": get_args(IfTime),
            "filtered_bias": get_args(FilteredBias),
        }
        for name, known in choices.items():
            found = getattr(self, name)
            if found not in known and (found is not None or name == "filtered_bias"):
                raise ModelError(f"{name} is {found!r}, expected {' or '.join(map(repr, known))}")
        for name, valid in (("dt", DT_S), ("tau_ref_s", TAU_REF_S)):
            value = self.dt_s if name == "dt" else self.tau_ref_s
            if value is not None and not (isinstance(value, Real) and float(value) in valid):
                raise ModelError(f"{name} is {value!r}, expected a number, {valid}")
        _check_range(self.input_range, self.input_kind)


def _check_range(found: Any, kind: InputKind | None) -> None:
    if found is None:
        return
    if kind == "spike":
        raise ModelError("input_range is given, expected none with input_kind='spike': 0 or 1")
    if (
        not isinstance(found, Sequence)
        or len(found) != 2
        or not all(isinstance(bound, Real) and math.isfinite(bound) for bound in found)
        or not found[0] < found[1]
    ):
        raise ModelError(f"input_range is {found!r}, expected two numbers, the lower one first")
