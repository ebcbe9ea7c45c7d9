"""The cells of a placed core that hold its image: found, proved to be them, and written down."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nef2hw.build.contents.routed import CellContent, Routed, plain

#: The register that keeps the digest of the image.
DIGEST = "top.port.commands.identity.digest"

Cells = Mapping[str, Mapping[str, Any]]  #: type, parameters and connections of each, as in JSON


@dataclass(frozen=True)
class ImageCells:
    """What of a placed core can be filled, and where it is."""

    memories: Mapping[str, str]  #: memory of the image, by its name in the netlist
    left_out: tuple[str, ...]  #: memories of the image that cannot
    digest: tuple[str, ...]  #: flip-flops of the digest, lowest bit first; empty if they cannot
    bels: Mapping[str, str]  #: place of each cell

    def save(self, path: Path) -> None:
        """Write them to a file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def load_cells(path: Path) -> ImageCells:
    """Read what `ImageCells.save` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return ImageCells(
        found["memories"], tuple(found["left_out"]), tuple(found["digest"]), found["bels"]
    )


def load_module(path: Path) -> Mapping[str, Any]:
    """Read the top module of a netlist in JSON."""
    module: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["modules"]["top"]
    return module


def parts_of(memory: str, cells: Cells) -> dict[str, Mapping[str, Any]]:
    """Return the cells that a memory became."""
    name = re.compile(re.escape(memory) + r"(\.\d+)*")
    return {cell: cells[cell] for cell in cells if name.fullmatch(cell)}


def places(cells: Cells) -> dict[str, str]:
    """Return the place of each cell of a netlist that is placed."""
    return {
        name: cell["attributes"]["NEXTPNR_BEL"]
        for name, cell in cells.items()
        if "NEXTPNR_BEL" in cell["attributes"]
    }


def find_cells(
    wanted: Mapping[str, str],
    mapped: Cells,
    module: Mapping[str, Any],
    bels: Mapping[str, str],
    routed: Routed,
    content: Callable[[CellContent], CellContent],
) -> ImageCells:
    """Find the cells that hold the image in a core that was placed with the marker image.

    A memory counts if each of its cells has the same content where memories are mapped by
    themselves, in the netlist, and at its place in the routed design.

    Parameters
    ----------
    wanted
        Name in the netlist by memory of the image; empty for those that have no content.
    mapped
        What the memories become where nothing else is mapped.
    module
        The top module after synthesis.
    bels
        Place of each cell.
    content
        That of a RAM, from the parameters of what the memories become.
    """
    memories = {
        name: memory
        for memory, name in wanted.items()
        if name
        and _is_held(
            {part: content(cell["parameters"]) for part, cell in parts_of(name, mapped).items()},
            module["cells"],
            routed,
        )
    }
    left_out = tuple(sorted(set(wanted) - set(memories.values())))
    digest = () if left_out else _digest(module, routed)
    kept = {*digest, *(part for name in memories for part in parts_of(name, mapped))}
    return ImageCells(
        memories,
        left_out,
        digest,
        {name: bel for name, bel in bels.items() if _stem(name) in kept},
    )


def _stem(placed: str) -> str:
    """Name in the netlist of a cell that the placer renamed or split."""
    return placed.partition("$DPRAM")[0].removesuffix("_RAM")


def _is_held(parts: Mapping[str, CellContent], cells: Cells, routed: Routed) -> bool:
    """Whether all parts of a memory are in netlist and routed design as they should be."""
    try:
        return bool(parts) and all(
            content == plain(cells[name]["parameters"]) == routed.read(name)
            for name, content in parts.items()
        )
    except KeyError:
        return False


def _digest(module: Mapping[str, Any], routed: Routed) -> tuple[str, ...]:
    """Return the flip-flops of the digest, if each of them is found to begin with one."""
    drivers = {
        cell["connections"]["Q"][0]: name
        for name, cell in module["cells"].items()
        if "Q" in cell["connections"]
    }
    try:
        found = tuple(drivers[bit] for bit in module["netnames"][DIGEST]["bits"])
        return found if all(routed.read_register(cell) for cell in found) else ()
    except KeyError:
        return ()
