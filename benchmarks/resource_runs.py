"""Synthesis of a core, and what it takes, kept in a file per family."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from resource_designs import Design

from nef2hw.boards.registry import ALL_BOARDS
from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.family import KEEP_COPIES
from nef2hw.build.families.registry import FAMILIES
from nef2hw.build.resources import Usage, count_cells, with_placed
from nef2hw.build.synthesis import read_cells
from nef2hw.errors import ToolError
from nef2hw.rtl.top import Top
from nef2hw.tools import find_tool, run_tool

MEASURED = Path(__file__).parent / "measured"

#: Synthesis command of each family, as the platforms of its boards write it.
SYNTHESIS = {
    "ecp5": "synth_ecp5",
    "ice40": "synth_ice40 -dsp",
    "gowin": "synth_gowin -family gw2a -nolutram",
    "xilinx7": "synth_xilinx -flatten -abc9 -family xc7",
}

#: Packs without placing: tells the cells that only a placer can count. A family without an entry
#: is counted after synthesis.
PACKING = {
    "ecp5": ("nextpnr-ecp5", "--85k", "--package", "CABGA381", "--lpf-allow-unconstrained"),
    "ice40": ("nextpnr-ice40", "--up5k", "--package", "sg48", "--pcf-allow-unconstrained"),
}

UART_DIVISOR = 25

Record = dict[str, Any]


def load_measured(family: str) -> dict[str, Record]:
    """Read what was measured for ``family``, by the name of the design."""
    path = MEASURED / f"{family}.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def measure(
    design: Design, family: str, folder: Path, notify: Callable[[str], None]
) -> Record | None:
    """Synthesize a design and keep what it takes; again only if its hardware has changed.

    Returns None, and drops what was kept, if a tool cannot do it.
    """
    config = design.config()
    frame_bytes = FAMILIES[family].receive_bytes
    top = Top(config, uart_divisor=UART_DIVISOR, frame_bytes=frame_bytes)
    text = rtlil.convert(top, name="top", emit_src=False)
    script = _script(family)
    source = hashlib.sha256(f"{text}{script}".encode()).hexdigest()[:16]
    records = load_measured(family)
    if records.get(design.name, {}).get("source") == source:
        return records[design.name]
    records.pop(design.name, None)
    notify(f"{family} {design.name}")
    started = time.monotonic()
    try:
        used = synthesize(text, family, folder / family / design.name)
    except ToolError as problem:
        notify(f"  left out: {problem}")
    else:
        seconds = round(time.monotonic() - started, 1)
        record = {"source": source, "config": asdict(config), "used": used, "seconds": seconds}
        records[design.name] = record
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{family}.json").write_text(_as_text(records))
    return records.get(design.name)


def _as_text(records: Mapping[str, Record]) -> str:
    """A line for each design."""
    lines = [f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _script(family: str) -> str:
    flow = FAMILIES[family].flow
    assert flow is not None
    return (
        f"read_rtlil top.il\n{flow.synthesis.get('script_after_read', KEEP_COPIES)}\n"
        f"{SYNTHESIS[family]} -top top\n"
        "tee -q -o stat.json stat -json\nwrite_json top.json\n"
    )


def synthesize(text: str, family: str, folder: Path) -> dict[str, int]:
    """Return what the module ``top`` of an RTLIL text takes of each resource of a family."""
    board = _board(family)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "top.il").write_text(text)
    (folder / "synthesize.ys").write_text(_script(family))
    run_tool(
        find_tool("yosys"),
        ["-s", "synthesize.ys"],
        cwd=folder,
        log=folder / "yosys.log",
        makes=[Path("stat.json"), Path("top.json")],
    )
    counted = count_cells(read_cells(folder / "stat.json"), board)
    if family in PACKING:
        counted = with_placed(counted, _pack(family, folder), board)
    (folder / "top.json").unlink()
    (folder / "top.il").unlink()
    return {name: usage.used for name, usage in counted.items()}


def _pack(family: str, folder: Path) -> dict[str, Usage]:
    """Return the cells after packing."""
    tool, *options = PACKING[family]
    log = folder / "pack.log"
    run_tool(
        find_tool(tool),
        [*options, "--json", "top.json", "--pack-only"],
        cwd=folder,
        log=log,
        makes=[Path("pack.log")],
    )
    found = re.findall(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", log.read_text(), re.MULTILINE)
    return {name: Usage(int(used), int(present)) for name, used, present in found}


def _board(family: str) -> BoardSpec:
    return next(board for board in ALL_BOARDS if board.family == family)
