"""From a program to a bitstream, by way of a core that is placed once for all images."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.attempt import Job
from nef2hw.build.cache import CoreCache
from nef2hw.build.contents.marker import MARKER_DIGEST, marker_image, memory_bits
from nef2hw.build.contents.refill import CELLS, describe_core, refill
from nef2hw.build.contents.routed import MEMORIES, Refilling
from nef2hw.build.design import NO_DIGEST, Content, content_of
from nef2hw.build.families.family import REPORT, STATISTICS, TOP
from nef2hw.build.families.registry import family_of
from nef2hw.build.nextpnr import read_report
from nef2hw.build.place import PlacedDesign, build_bitstream, pack, place_design, prepare
from nef2hw.build.resources import check_fit, count_cells, with_placed
from nef2hw.build.seeds import SEEDS
from nef2hw.build.stages import Notify
from nef2hw.build.synthesis import read_cells
from nef2hw.program.program import Program
from nef2hw.tools import find_tool
from nef2hw.version import __version__

#: What is known of a placed core beside the files of the tools.
_NOTES = "core.json"


def build_core(
    program: Program,
    design: Callable[[Content], Any],
    board: BoardSpec,
    folder: Path,
    *,
    clock_hz: float | None = None,
    seeds: Sequence[int] = SEEDS,
    at_once: int = 1,
    cache: CoreCache | None = None,
    notify: Notify = lambda _: None,
) -> PlacedDesign:
    """Build the bitstream of ``program`` for ``board``.

    Where the memories of a placed core can be filled, as in all families that nextpnr places, it is
    placed with an image that serves to find them, and then filled with the program's; a cache gives
    it to all programs of that core.

    Parameters
    ----------
    program
        Structure of the core, and the image that its memories begin with.
    design
        Makes the design, an elaboratable that requests its own pins, for a content of its
        memories.
    board
        Says the device, its family and its pins.
    folder
        Where the tools work; made if absent.
    clock_hz
        Of the core, Hz; by default the oscillator's.
    seeds
        Of placements, tried in this order until the clock is met.
    at_once
        How many seeds may be tried at a time.
    cache
        Where placed cores are looked for and kept; None neither looks nor keeps.
    notify
        Called with a message when a stage begins or takes long.

    Returns
    -------
    PlacedDesign
        Its bitstream holds the image, if ``holds_image``; otherwise the image is to be loaded.
        Without a bitstream where no toolchain for the board's device is complete.

    Raises
    ------
    CapacityError
        The design is too large for the board, or no placement comes to an end.
    TimingError
        No seed meets the clock; tells how near the best came.
    ToolError
        A tool failed or, where all come from Python packages, is missing; or nef2hw has none for
        the board.
    """
    refilling = family_of(board).refilling
    if refilling is None:
        whole = design(content_of(program))
        return build_bitstream(whole, board, folder, clock_hz=clock_hz, seeds=seeds, notify=notify)
    job = prepare(design(_content(program, refilling)), board, folder, notify)
    placed = _place_once(job, program, refilling, seeds, at_once, cache)
    return pack(job, _filled(placed, job, program, refilling))


def _filled(placed: PlacedDesign, job: Job, program: Program, refilling: Refilling) -> PlacedDesign:
    """Put the image of ``program`` into the memories of a placed core."""
    job.stages.notify("filling its memories with the image")
    contents = memory_bits(program.config, program.image)
    flow = job.sources.flow
    cells = refill(job.stages, refilling, contents, program.image.digest, flow)
    return replace(placed, holds_image=bool(cells.digest))


def _content(program: Program, refilling: Refilling) -> Content:
    """What a core is placed with, the same for all images."""
    digest = MARKER_DIGEST if refilling.holds_digest else NO_DIGEST
    return Content(marker_image(program.config), digest)


def _place_once(
    job: Job,
    program: Program,
    refilling: Refilling,
    seeds: Sequence[int],
    at_once: int,
    cache: CoreCache | None,
) -> PlacedDesign:
    """Take the core from the cache, or place it and keep it there."""
    stages, flow = job.stages, job.sources.flow
    key = core_key(job, seeds)
    if cache is not None and cache.load(key, stages.folder, stages.notify):
        stages.notify("the core is from the cache: nothing is synthesized or placed")
        return _restored(job)
    placed = place_design(job, seeds, at_once)
    placed_with = memory_bits(program.config, marker_image(program.config))
    describe_core(stages, refilling, placed_with, flow)
    notes = {"seed": placed.seed, "tools": dict(stages.tools)}
    (stages.folder / _NOTES).write_text(json.dumps(notes), encoding="utf-8")
    if cache is not None:
        cache.save(key, stages.folder, _kept(job), stages.notify)
    return placed


def _kept(job: Job) -> Iterator[str]:
    """Names of the files that make a placed core."""
    yield from (job.sources.flow.routed, REPORT, STATISTICS, _NOTES, MEMORIES, CELLS)
    folder = job.stages.folder
    for path in (
        *folder.glob("logs/*.log"),
        *folder.glob(f"{TOP}.rpt"),
        *folder.glob(f"{TOP}.tim"),
    ):
        yield path.relative_to(folder).as_posix()


def _restored(job: Job) -> PlacedDesign:
    """Describe a core that came from the cache."""
    folder, board = job.stages.folder, job.stages.board
    notes, report = (
        json.loads((folder / _NOTES).read_text(encoding="utf-8")),
        read_report(folder / REPORT),
    )
    resources = count_cells(read_cells(folder / STATISTICS), board)
    check_fit(resources, board)
    job.stages.tools.update(notes["tools"])
    return PlacedDesign(
        folder,
        folder / job.sources.flow.constraints,
        with_placed(resources, report.cells, board),
        job.stages.seconds,
        job.stages.tools,
        timing=report.timing,
        seed=notes["seed"],
        cached=True,
    )


def core_key(job: Job, seeds: Sequence[int]) -> str:
    """Digest of all that a placed core depends on: sources, constraints, commands, and tools.

    Where in the source code a signal stands is left out: that tells where nef2hw is installed.
    """
    flow, folder = job.sources.flow, job.stages.folder
    tools = [find_tool(name) for name in flow.tools[:2]]
    told = [
        *([tool.name, tool.version, tool.source] for tool in tools),
        *job.sources.commands[:2],
        flow.routers,
        [__version__, str(seeds[0]) if len(seeds) == 1 else "any that meets the clock"],
    ]
    digest = hashlib.sha256(json.dumps([list(words) for words in told]).encode())
    for name in job.sources.files:
        if not name.startswith("build_"):
            text = re.sub(
                r"(?m)^ *attribute \\src .*\n", "", (folder / name).read_text(encoding="utf-8")
            )
            digest.update(f"\n{name} {len(text)}\n{text}".encode())
    return digest.hexdigest()
