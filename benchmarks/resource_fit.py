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
RIDGE = 0.003

Record = Mapping[str, Any]


def config_of(record: Record) -> CoreConfig:
    """The core that was measured."""
    values = dict(record["config"])
    return CoreConfig(**{**values, "formats": Formats(**values["formats"])})


def fit(records: Sequence[Record], family: str) -> dict[str, dict[str, float]]:
    """Find non-negative coefficients by least squares of relative errors."""
    rows = [logic_terms(config_of(record), RULES[family]) for record in records]
    found = {}
    for resource in FITTED:
        if all(resource in record["used"] for record in records):
            used = np.array([record["used"][resource] for record in records], dtype=np.float64)
            found[resource] = _fit(rows, used)
    return found


def _fit(rows: Sequence[Terms], used: np.ndarray) -> dict[str, float]:
    names = list(rows[0])
    matrix = np.array([[row[name] for name in names] for row in rows]) / used[:, None]
    scale = np.linalg.norm(matrix, axis=0)
    scale[scale == 0] = 1.0
    padded = np.vstack([matrix / scale, RIDGE * np.eye(len(names))])
    wanted = np.concatenate([np.ones(len(rows)), np.zeros(len(names))])
    solution = nnls(padded, wanted)[0] / scale
    return {name: float(f"{c:.4g}") for name, c in zip(names, solution, strict=True) if c > 0}


def left_out(
    records: Mapping[str, Record], family: str
) -> Iterator[tuple[str, dict[str, dict[str, float]]]]:
    """Yield each design with the coefficients that all others give."""
    for name in records:
        yield name, fit([record for other, record in records.items() if other != name], family)
