"""What every family's routed design lets one do with the content of its memories."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

#: Parameters of a RAM cell that hold its content, as binary digits.
CellContent = Mapping[str, str]


class Routed(Protocol):
    """A routed design as text, of which the places of some cells are known."""

    @property
    def text(self) -> str:
        """All of it."""

    def read(self, cell: str) -> CellContent:
        """Return the content of a RAM."""

    def write(self, cell: str, content: CellContent) -> None:
        """Fill a RAM."""

    def read_register(self, cell: str) -> bool:
        """Return what a flip-flop begins with."""

    def write_register(self, cell: str, value: bool) -> None:
        """Let a flip-flop begin with ``value``."""


class RoutedText:
    """Lines of a routed design, and the place of each cell that matters."""

    def __init__(self, text: str, bels: Mapping[str, str]) -> None:
        self._lines = text.split("\n")
        self._bels = bels

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines)


@dataclass(frozen=True)
class Refilling:
    """How a family fills the memories of a design that is routed already."""

    synthesis: str  #: yosys: the pass that synthesizes
    mapping: str  #: yosys: maps memories onto cells, and nothing else
    ram_cells: str  #: yosys: selects these cells
    content: Callable[[CellContent], dict[str, str]]  #: that of a RAM, from the cell's parameters
    open: Callable[[str, Mapping[str, str]], Routed]  #: takes the text, and the place of each cell
    holds_digest: bool  #: whether a flip-flop can begin with one

    @property
    def before_mapping(self) -> str:
        """Commands for yosys: all up to the memories, then write them with nothing around them."""
        return "\n".join(
            [
                f"{self.synthesis} -run :map_ram",
                "design -save whole",
                "delete t:* t:$mem_v2 %d",
                f"write_rtlil {MEMORIES}",
                "design -load whole",
            ]
        )

    def map_memories(self, netlist: str, memories: Collection[str], cells: str) -> str:
        """Commands for yosys: map memories of ``netlist``, write to ``cells`` what they become.

        The fewer there are, the sooner it is done.
        """
        named = [f"c:{name}" for name in memories]
        return "\n".join(
            [
                f"read_rtlil {netlist}",
                " ".join(["delete", "t:$mem_v2", *named, *["%u"] * (len(named) - 1), "%d"]),
                self.mapping,
                "cd top",
                f"select t:$mem_v2 {self.ram_cells}",
                f"write_json -selected {cells}",
            ]
        )


#: Where synthesis goes on after `Refilling.before_mapping`.
FROM_MAPPING = "-run map_ram:"
#: Netlist with nothing but the memories.
MEMORIES = "memories.il"


def plain(content: CellContent) -> dict[str, str]:
    """Keep the parameters of content of a RAM cell; what is undefined is zero."""
    return {
        name: bits.replace("x", "0") for name, bits in content.items() if name.startswith("INIT")
    }
