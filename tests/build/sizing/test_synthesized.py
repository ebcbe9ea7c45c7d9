"""A small core takes what is estimated, when it is synthesized for real."""

import json

import pytest
from amaranth.back import rtlil

from nef2hw.boards.registry import find_board
from nef2hw.build.place import FLOWS
from nef2hw.build.resources import count_cells
from nef2hw.build.sizing.model import estimate
from nef2hw.rtl.top import Top
from nef2hw.tools import find_tool, run_tool
from tests.sim.networks import program_of, tiny

SHAPES = {
    "ulx3s": {"lanes": 4, "distributed_words": 32},
    "icebreaker": {"lanes": 2, "neuron_interval": 8, "weight_memory": "huge"},
}


@pytest.mark.bitstream
@pytest.mark.parametrize("name", SHAPES)
def test_a_small_core_takes_what_is_estimated(name, tmp_path):
    board, config = find_board(name), program_of(tiny(), **SHAPES[name]).config
    flow = FLOWS[board.family]
    design = rtlil.convert(Top(config, uart_divisor=25), name="top", emit_src=False)
    (tmp_path / "top.il").write_text(design)
    (tmp_path / "top.ys").write_text(
        f"read_rtlil top.il\n{flow.script_after_read}\n"
        f"synth_{board.family} {flow.synth_opts} -top top\ntee -q -o stat.json stat -json\n"
    )
    made = [tmp_path / "stat.json"]
    run_tool(
        find_tool("yosys"), ["-q", "-s", "top.ys"], cwd=tmp_path, log=tmp_path / "log", makes=made
    )
    text = made[0].read_text()
    cells = json.loads(text[text.index("{") :])["design"]["num_cells_by_type"]
    found = estimate(config, board.family)
    for resource, usage in count_cells(cells, board).items():
        exact = resource not in ("lut", "ff")
        tolerance = 0.0 if exact else 0.25  # packing adds a tenth to the look-up tables of ECP5
        assert found[resource] == pytest.approx(usage.used, rel=tolerance), resource
