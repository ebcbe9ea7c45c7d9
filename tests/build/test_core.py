"""A core is placed once, for all images."""

import dataclasses
import re

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build import core
from nef2hw.build.cache import CoreCache
from nef2hw.build.contents.cells import ImageCells
from nef2hw.build.contents.marker import MARKER_DIGEST
from nef2hw.build.core import build_core, core_key
from nef2hw.build.design import NO_DIGEST, BoardDesign, program_top
from nef2hw.build.nextpnr import Timing
from nef2hw.build.place import PlacedDesign, prepare
from nef2hw.tools import Tool
from tests.sim.networks import layered, program_of

ULX3S, ICEBREAKER = map(find_board, ("ulx3s_12f", "icebreaker"))
PROGRAM = program_of(layered(0))

STATISTICS = '{"design": {"num_cells_by_type": {"LUT4": 7, "SB_LUT4": 7}}}'
REPORT = '{"fmax": {"clk": {"achieved": 30.0, "constraint": 25.0}}, "utilization": {}}'


@pytest.fixture
def tools(monkeypatch):
    """Place, describe, fill and pack without a tool; list what was done."""
    done = []

    def place_design(job, seeds, at_once):
        done.append("place")
        folder = job.stages.folder
        (folder / "logs").mkdir()
        (folder / "logs" / "place.log").write_text("placed")
        (folder / "memories.il").write_text("memories")
        (folder / "cells.json").write_text("cells")
        (folder / job.sources.flow.routed).write_text("routed")
        (folder / "top.stat.json").write_text(STATISTICS)
        (folder / "top.pnr.json").write_text(REPORT)
        return PlacedDesign(
            folder, folder / "top.lpf", {}, {}, {}, timing=Timing(3e7, 25e6, ()), seed=seeds[-1]
        )

    def refill(stages, refilling, contents, digest, flow):
        assert (stages.folder / "cells.json").read_text() == "cells"
        done.append(f"fill {digest}")
        return ImageCells({}, (), ("a",) if refilling.holds_digest else (), {})

    monkeypatch.setattr(core, "place_design", place_design)
    monkeypatch.setattr(core, "describe_core", lambda *_: done.append("describe"))
    monkeypatch.setattr(core, "refill", refill)
    monkeypatch.setattr(core, "pack", lambda job, placed: done.append("pack") or placed)
    monkeypatch.setattr(core, "find_tool", lambda name: Tool(name, (name,), "1.0", "native"))
    return done


def design_of(program, board):
    return lambda content: BoardDesign(board, program_top(program, 25, 512, content))


def build(board, folder, cache, program=PROGRAM, **options):
    return build_core(program, design_of(program, board), board, folder, cache=cache, **options)


def other_image(program):
    weights = {name: beats ^ 1 for name, beats in program.image.beats.items()}
    return dataclasses.replace(program, image=dataclasses.replace(program.image, beats=weights))


def test_another_image_is_filled_into_the_core_that_was_placed(tools, tmp_path):
    cache, other = CoreCache(tmp_path / "cache"), other_image(PROGRAM)
    first = build(ULX3S, tmp_path / "a", cache)
    assert tools == ["place", "describe", f"fill {PROGRAM.image.digest}", "pack"]
    tools.clear()
    second = build(ULX3S, tmp_path / "b", cache, other)
    assert tools == [f"fill {other.image.digest}", "pack"]
    assert (first.cached, second.cached) == (False, True)
    assert (second.seed, second.timing.achieved_hz, second.resources["lut"].used) == (3, 30e6, 7)
    assert [log.name for log in second.logs] == ["place.log"]
    assert first.holds_image
    assert second.holds_image


def test_an_ice40_never_claims_to_hold_an_image(tools, tmp_path):
    assert not build(ICEBREAKER, tmp_path / "a", None).holds_image


def test_without_a_cache_a_core_is_placed_each_time(tools, tmp_path):
    build(ULX3S, tmp_path / "a", None)
    build(ULX3S, tmp_path / "b", None)
    assert tools.count("place") == 2


def test_a_damaged_entry_is_placed_anew(tools, tmp_path):
    cache, told = CoreCache(tmp_path / "cache"), []
    build(ULX3S, tmp_path / "a", cache)
    (entry,) = cache.folder.iterdir()
    entry.write_bytes(entry.read_bytes()[:-9])
    assert not build(ULX3S, tmp_path / "b", cache, notify=told.append).cached
    assert any("is damaged; it is made anew" in message for message in told)
    assert build(ULX3S, tmp_path / "c", cache).cached


def key_of(folder, board=ULX3S, seeds=(1, 2, 3), change=lambda text: text):
    program = PROGRAM
    content = core.Content(core.marker_image(program.config), MARKER_DIGEST)
    job = prepare(design_of(program, board)(content), board, folder, print)
    path = folder / "top.il"
    path.write_text(change(path.read_text()))
    return core_key(job, seeds)


def test_the_key_knows_all_that_placement_depends_on_and_not_where_the_source_is(
    tools, tmp_path, monkeypatch
):
    key = key_of(tmp_path / "a")
    moved = key_of(tmp_path / "b", change=lambda text: re.sub(r'src "[^"]*"', 'src "moved"', text))
    assert moved == key == key_of(tmp_path / "g", seeds=range(9))
    others = [
        key_of(tmp_path / "c", seeds=(1,)),
        key_of(tmp_path / "d", board=find_board("ulx3s_25f")),
        key_of(tmp_path / "e", change=lambda text: text + "\n"),
    ]
    monkeypatch.setattr(core, "find_tool", lambda name: Tool(name, (name,), "1.1", "native"))
    others.append(key_of(tmp_path / "f"))
    assert len({key, *others}) == 5


def test_what_a_core_is_placed_with_claims_nothing():
    assert MARKER_DIGEST not in (PROGRAM.image.digest, NO_DIGEST)
