"""Another image for a core that is routed already."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nef2hw.build.contents.cells import (
    Cells,
    ImageCells,
    find_cells,
    load_cells,
    load_module,
    parts_of,
    places,
)
from nef2hw.build.contents.netlist import read_memories, with_memories
from nef2hw.build.contents.routed import MEMORIES, CellContent, Refilling, Routed
from nef2hw.build.families.family import Flow
from nef2hw.build.stages import Stages
from nef2hw.errors import ToolError

#: File in which the cells that can be filled are written down.
CELLS = "cells.json"

_FILLED, _MAPPED, _SCRIPT = "filled.il", "filled.json", "fill.ys"


def describe_core(
    stages: Stages, refilling: Refilling, contents: Mapping[str, str], flow: Flow
) -> None:
    """Find the cells that hold the image of a core that is placed; note them down.

    Parameters
    ----------
    contents
        Binary digits that it was placed with, by memory of the image; no two the same.
    flow
        Names the files of the tools, all in the folder of ``stages``.
    """
    folder = stages.folder
    text = (folder / MEMORIES).read_text(encoding="utf-8")
    names = {bits: name for name, bits in read_memories(text).items()}
    wanted = {memory: names.get(bits, "") for memory, bits in contents.items()}
    bels = places(load_module(folder / flow.placed)["cells"])
    found = find_cells(
        wanted,
        _map_memories(stages, refilling, text, [name for name in wanted.values() if name]),
        load_module(folder / flow.netlist),
        bels,
        refilling.open((folder / flow.routed).read_text(encoding="utf-8"), bels),
        refilling.content,
    )
    found.save(folder / CELLS)


def refill(
    stages: Stages,
    refilling: Refilling,
    contents: Mapping[str, str],
    digest: str,
    flow: Flow,
) -> ImageCells:
    """Fill the routed design in the folder of ``stages`` with another image.

    Parameters
    ----------
    contents
        Binary digits by memory of the image.
    digest
        What the board shall tell of them, if all of them can be filled.

    Raises
    ------
    ToolError
        What is read back differs.
    """
    path = stages.folder / flow.routed
    cells = load_cells(stages.folder / CELLS)
    netlist = with_memories(
        (stages.folder / MEMORIES).read_text(encoding="utf-8"),
        {name: contents[memory] for name, memory in cells.memories.items()},
    )
    mapped = _map_memories(stages, refilling, netlist, cells.memories)
    rams = {
        name: refilling.content(part["parameters"])
        for memory in cells.memories
        for name, part in parts_of(memory, mapped).items()
    }
    registers = dict(zip(cells.digest, _bits_of(digest), strict=False))
    design = refilling.open(path.read_text(encoding="utf-8"), cells.bels)
    for name, content in rams.items():
        design.write(name, content)
    for name, value in registers.items():
        design.write_register(name, value)
    path.write_text(design.text, encoding="utf-8")
    _check(refilling.open(path.read_text(encoding="utf-8"), cells.bels), rams, registers)
    return cells


def _map_memories(
    stages: Stages, refilling: Refilling, netlist: str, memories: Collection[str]
) -> Cells:
    """Let yosys map memories as it does in a synthesis, without all the rest."""
    if not memories:
        return {}
    folder = stages.folder
    (folder / _FILLED).write_text(netlist, encoding="utf-8")
    (folder / _SCRIPT).write_text(
        refilling.map_memories(_FILLED, memories, _MAPPED) + "\n", encoding="utf-8"
    )
    stages.run("fill", ("yosys", "-q", "-s", _SCRIPT), (_MAPPED,))
    cells: Cells = load_module(folder / _MAPPED)["cells"]
    return cells


def _bits_of(digest: str) -> list[bool]:
    """Return the bits of a digest, as the register holds them: lowest first."""
    value = int.from_bytes(bytes.fromhex(digest), "little")
    return [bool(value >> bit & 1) for bit in range(4 * len(digest))]


def _check(design: Routed, rams: Mapping[str, CellContent], registers: Mapping[str, bool]) -> None:
    """Compare what the routed design holds now with what it should."""
    wrong = [name for name, content in rams.items() if design.read(name) != content]
    wrong += [name for name, value in registers.items() if design.read_register(name) != value]
    if wrong:
        raise ToolError(
            f"{len(wrong)} cells of the placed core do not hold what was written to them, "
            f"{wrong[0]} is the first; compile again with --no-cache"
        )
