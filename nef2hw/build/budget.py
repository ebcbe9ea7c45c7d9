"""How much worse than the float network the integers may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nef2hw.build.fidelity import Fidelity
from nef2hw.errors import FormatError

#: What a budget may limit.
MEASURES = ("rmse", "accuracy")


@dataclass(frozen=True)
class Budget:
    """How much worse than the float network the integers may be; None where there is no limit.

    Raises
    ------
    FormatError
        There is no limit, or one is not above 0.
    """

    rmse: float | None = None  #: of every decoded probe, in the model's units
    accuracy: float | None = None  #: what may be lost of the share of right answers

    def __post_init__(self) -> None:
        limits = {name: getattr(self, name) for name in MEASURES}
        if set(limits.values()) == {None}:
            raise FormatError("a budget has no limit; give it rmse=0.01, accuracy=0.01 or both")
        for name, limit in limits.items():
            if limit is not None and not (math.isfinite(limit) and limit > 0):
                raise FormatError(
                    f"a budget has {name}={limit}, expected a number above 0 such as {name}=0.01"
                )

    def excess(self, decoded_rmse: Mapping[str, float], loss: float | None) -> float:
        """Return by what factor errors exceed the budget; at most 1 keeps it."""
        found = [0.0]
        if self.rmse is not None:
            found += [rmse / self.rmse for rmse in decoded_rmse.values()]
        if self.accuracy is not None and loss is not None:
            found.append(loss / self.accuracy)
        return max(found)

    def __str__(self) -> str:
        """As it is given on the command line."""
        given = [(name, getattr(self, name)) for name in MEASURES]
        return ", ".join(f"{name}={limit:g}" for name, limit in given if limit is not None)


def parse_budget(texts: Iterable[str]) -> Budget | None:
    """Read limits such as ``rmse=0.01``; None if there are none.

    Raises
    ------
    FormatError
        One is not of that form, or not positive.
    """
    limits: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            limit = float(value)
        except ValueError:
            limit = math.nan
        if name not in MEASURES or not (math.isfinite(limit) and limit > 0):
            raise FormatError(
                f"--budget is {text!r}, expected rmse=R or accuracy=A with a number above 0, such "
                "as rmse=0.01 or accuracy=0.01"
            )
        limits[name] = limit
    return Budget(**limits) if limits else None


def accuracy_loss(fidelity: Fidelity) -> float | None:
    """Return what is lost of the share of right answers; None without labels."""
    if fidelity.accuracy_float is None or fidelity.accuracy_golden is None:
        return None
    return fidelity.accuracy_float - fidelity.accuracy_golden
