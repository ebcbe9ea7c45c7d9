"""What a design takes of a device, counted from the tools' own reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.registry import family_of
from nef2hw.errors import CapacityError

#: Part of a device's block RAMs above which routes among them are hard to find.
CROWDED = 0.9


@dataclass(frozen=True)
class Usage:
    """How much of one resource is used, and how much there is."""

    used: int
    present: int

    @property
    def share(self) -> float:
        """Used part, 1 for all."""
        return self.used / self.present if self.present else 0.0

    @property
    def crowded(self) -> bool:
        """Whether so much is used that what lies between is hard to route."""
        return self.share > CROWDED

    @property
    def excess(self) -> float:
        """How many times as much is used as there is."""
        return self.used / max(self.present, 1)


#: What to try when a resource overflows.
_CURES = {
    "lut": "try fewer --lanes",
    "ff": "try fewer --lanes",
    "block_rams": "try fewer --weight-bits",
    "dsp": "try fewer --lanes",
    "spram_bits": "try fewer --weight-bits",
}

#: What people call the resources.
TITLES = {
    "lut": "look-up tables",
    "ff": "flip-flops",
    "block_rams": "block RAMs",
    "block_ram_bits": "bits of block RAM",
    "dsp": "multipliers",
    "spram_bits": "bits of single-port RAM",
    "logic_cells": "logic cells",
}


def _matches(cell: str, pattern: str) -> bool:
    return cell.startswith(pattern[:-1]) if pattern.endswith("*") else cell == pattern


def count_cells(cells: Mapping[str, int], board: BoardSpec) -> dict[str, Usage]:
    """Sum the ``cells`` of a netlist into the resources of ``board``'s family."""
    return {
        resource: Usage(
            sum(
                weight * count
                for cell, count in cells.items()
                for pattern, weight in patterns.items()
                if _matches(cell, pattern)
            ),
            present(board, resource),
        )
        for resource, patterns in family_of(board).cells.items()
    }


def present(board: BoardSpec, resource: str) -> int:
    """How much of ``resource`` the board's device has; a logic cell has one look-up table."""
    return int(getattr(board.capacity, "lut" if resource == "logic_cells" else resource))


def with_placed(
    resources: Mapping[str, Usage], cells: Mapping[str, Usage], board: BoardSpec
) -> dict[str, Usage]:
    """Complete ``resources`` by what placement counted."""
    placed = {name: cells[cell] for name, cell in family_of(board).placed.items() if cell in cells}
    return {**resources, **placed}


def check_fit(resources: Mapping[str, Usage], board: BoardSpec) -> None:
    """Refuse a design that needs more than ``board`` has.

    Raises
    ------
    CapacityError
        Naming every resource that overflows, and what to try for the first.
    """
    over = [name for name, usage in resources.items() if usage.used > usage.present]
    if over:
        needs = ", ".join(
            f"{resources[name].used} {TITLES[name]} (it has {resources[name].present})"
            for name in over
        )
        raise CapacityError(f"{board.name}: the design needs {needs}; {_CURES[over[0]]}")
