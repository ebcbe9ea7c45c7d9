"""Fitting what synthesis takes per unit of each term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.terms import Terms, logic_terms
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Formats

#: Resources that are fitted; all others are counted.
FITTED = ("lut", "ff", "logic_cells")
#: Pull towards few, small coefficients, against the relative error of a design.
RIDGE = 0.03
#: Pull towards another family's coefficients, all of them times one factor.
LIKENESS = 0.1
#: What another family's coefficients of a resource are found under, if it has none of that name.
ALIKE = {"logic_cells": "lut"}

#: What needs no fit, and few designs have: a bit in a flip-flop, and what chooses it.
KNOWN = {"register_bits": {"lut": 1.0, "ff": 1.0, "logic_cells": 2.0}}

Coefficients = Mapping[str, Mapping[str, float]]
Record = Mapping[str, Any]


def config_of(record: Record) -> CoreConfig:
    """The core that was measured."""
    values = dict(record["config"])
    return CoreConfig(**{**values, "formats": Formats(**values["formats"])})


def fit(
    records: Sequence[Record], family: str, other: Coefficients | None = None
) -> dict[str, dict[str, float]]:
    """Find non-negative coefficients by least squares of relative errors.

    Parameters
    ----------
    other
        Coefficients of another family, which fill in what few designs leave open: a part that
        is large there is large here.
    """
    rows = [logic_terms(config_of(record), RULES[family]) for record in records]
    found = {}
    for resource in FITTED:
        if all(resource in record["used"] for record in records):
            used = np.array([record["used"][resource] for record in records], dtype=np.float64)
            alike = (other or {}).get(ALIKE.get(resource, resource), {})
            known = {name: each[resource] for name, each in KNOWN.items()}
            found[resource] = _fit(rows, used, known, alike)
    return found


def _fit(
    rows: Sequence[Terms],
    used: np.ndarray,
    known: Mapping[str, float],
    alike: Mapping[str, float],
) -> dict[str, float]:
    names = [name for name in rows[0] if name not in known]
    matrix = np.array([[row[name] for name in names] for row in rows]) / used[:, None]
    scale = np.linalg.norm(matrix, axis=0)
    scale[scale == 0] = 1.0
    pull = LIKENESS if alike else RIDGE
    padded = np.vstack([matrix / scale, pull * np.eye(len(names))])
    expected = pull * scale * _expected(matrix, [alike.get(name, 0.0) for name in names])
    told = np.array([sum(c * row[name] for name, c in known.items()) for row in rows])
    solution = nnls(padded, np.concatenate([1.0 - told / used, expected]))[0] / scale
    fitted = {name: float(f"{c:.4g}") for name, c in zip(names, solution, strict=True) if c > 0}
    return {**fitted, **known}


def _expected(matrix: np.ndarray, alike: Sequence[float]) -> np.ndarray:
    """Scale coefficients of another family so that they fit best; zeros if there are none."""
    coefficients = np.array(alike)
    found = matrix @ coefficients
    return coefficients * (found.sum() / (found @ found) if found.any() else 0.0)


def left_out(
    records: Mapping[str, Record], family: str, other: Coefficients | None = None
) -> Iterator[tuple[str, dict[str, dict[str, float]]]]:
    """Yield each design with the coefficients that all others give."""
    for name in records:
        kept = [record for kept, record in records.items() if kept != name]
        yield name, fit(kept, family, other)
