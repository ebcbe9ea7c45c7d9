"""What a user may ask of the size and speed of a core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.resources import present
from nef2hw.build.sizing.families import rules_of


@dataclass(frozen=True)
class Demands:
    """Limits and wishes; None leaves a choice to the compiler."""

    lanes: int | None = None
    neuron_lanes: int | None = None
    target_rate_hz: float | None = None  #: steps per second of a typical step
    max_luts: int | None = None
    max_block_rams: int | None = None
    max_dsps: int | None = None

    @property
    def budgets(self) -> Mapping[str, int]:
        """Limits that the user has set, by resource."""
        named = {
            "lut": self.max_luts,
            "logic_cells": self.max_luts,
            "block_rams": self.max_block_rams,
            "dsp": self.max_dsps,
        }
        return {name: limit for name, limit in named.items() if limit is not None}


def limits(board: BoardSpec, demands: Demands) -> dict[str, int]:
    """How much a core may take of each resource of ``board``; what is not named has no limit.

    Logic is left some room for the placer; of everything else all can be taken.
    """
    return _smaller(_present(board), demands.budgets)


def _present(board: BoardSpec) -> dict[str, int]:
    if not board.capacity.limited:
        return {}
    fill = rules_of(board.family).fill
    logic = {name: int(fill * present(board, name)) for name in ("lut", "ff", "logic_cells")}
    others = {name: present(board, name) for name in ("block_rams", "dsp", "spram_bits")}
    return logic | others


def _smaller(bounds: Mapping[str, int], budgets: Mapping[str, int]) -> dict[str, int]:
    return {
        name: min(each[name] for each in (bounds, budgets) if name in each)
        for name in {**bounds, **budgets}
    }
