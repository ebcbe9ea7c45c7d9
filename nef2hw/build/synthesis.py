"""Synthesis of a design for a board, and what it takes of the device."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.contents.routed import FROM_MAPPING
from nef2hw.build.families.family import STATISTICS, TOP, Family, Flow
from nef2hw.build.families.registry import family_of
from nef2hw.build.platform import load_platform
from nef2hw.build.resources import Usage, count_cells
from nef2hw.build.stages import Stages
from nef2hw.errors import ToolError

Command = Sequence[str]  #: name of a tool and its arguments


@dataclass(frozen=True)
class Sources:
    """What Amaranth's platform wrote for a design."""

    platform: Any
    flow: Flow
    commands: tuple[Command, ...]  #: synthesis; placement and packing where Amaranth knows them
    files: tuple[str, ...]  #: names of all that was written


def synthesize(
    design: Any, board: BoardSpec, folder: Path, notify: Callable[[str], None] = lambda _: None
) -> Mapping[str, Usage]:
    """Synthesize ``design``, an elaboratable that requests its own pins; place nothing.

    Parameters
    ----------
    folder
        Where the tools work; made if absent.

    Returns
    -------
    mapping from resource to Usage
        Counted from the cells of the netlist, whether they fit the device or not.

    Raises
    ------
    ToolError
        Yosys is missing or failed, or nef2hw has no synthesis for the board.
    """
    sources = write_sources(design, board, folder)
    return run_synthesis(sources, Stages(board, folder, notify, {}))


def write_sources(design: Any, board: BoardSpec, folder: Path) -> Sources:
    """Elaborate ``design`` and write netlist, constraints and scripts into ``folder``.

    Raises
    ------
    ToolError
        nef2hw has no tools for the board.
    """
    family = family_of(board)
    flow = family.flow
    if flow is None:
        raise ToolError(f"{board.name} is no device, nothing can be synthesized for it")
    platform = load_platform(board)
    plan = platform.prepare(
        design,
        TOP,
        script_after_synth=f"tee -q -o {STATISTICS} stat -json",
        **_options(family, flow),
    )
    folder.mkdir(parents=True, exist_ok=True)
    plan.extract(folder)
    lines = str(plan.files[f"{plan.script}.sh"]).splitlines()
    names = {_variable(tool): tool for tool in flow.tools}
    commands = [shlex.split(line) for line in lines if line.startswith('"$')]
    known = [(command[0].lstrip("$"), command[1:]) for command in commands]
    return Sources(
        platform,
        flow,
        tuple([names[name], *arguments] for name, arguments in known if name in names),
        tuple(sorted(map(str, plan.files))),
    )


def _options(family: Family, flow: Flow) -> dict[str, str]:
    """Overrides of what Amaranth's platform tells the tools.

    Where memories can be filled later, synthesis stops before it maps them to write them down.
    """
    options = {"nextpnr_opts": flow.placement, **flow.synthesis}
    if family.refilling is None:
        return options
    if flow.placed != flow.routed:
        options["nextpnr_opts"] += f" --write {flow.placed}"
    return options | {
        "script_after_read": f"{options['script_after_read']}\n{family.refilling.before_mapping}",
        "synth_opts": f"{options.get('synth_opts', '')} {FROM_MAPPING}",
    }


def _variable(tool: str) -> str:
    return tool.upper().replace("-", "_")


def run_synthesis(sources: Sources, stages: Stages) -> dict[str, Usage]:
    """Run yosys on ``sources`` and count the cells of its netlist."""
    stages.notify(f"synthesizing for {stages.board.title}")
    stages.run("synthesize", sources.commands[0], (sources.flow.netlist, STATISTICS))
    return count_cells(read_cells(stages.folder / STATISTICS), stages.board)


def read_cells(path: Path) -> dict[str, int]:
    """Read the cells of the whole design from what yosys's ``stat -json`` printed.

    Raises
    ------
    ToolError
        The file is something else.
    """
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text[text.index("{") :])
        design = found.get("design") or next(iter(found["modules"].values()))
        return {re.sub(r"^\\", "", name): int(n) for name, n in design["num_cells_by_type"].items()}
    except (ValueError, KeyError, StopIteration, AttributeError, TypeError) as error:
        raise ToolError(f"{path} has no statistics of yosys ({error!r}); build again") from error
