"""A compiled model drives its streams rightly and reports what goes wrong."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from nef2hw.errors import ToolError
from nef2hw.sim.compiled import build
from nef2hw.sim.compiled.cache import cache_dir, cached_folder
from nef2hw.sim.compiled.driver import CoreModel, layout_defines
from nef2hw.sim.verilog import to_rtlil
from nef2hw.tools import Tool, has_tool
from tests.sim.standin import DEPTH, StandIn

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

BEATS = np.arange(DEPTH, dtype=np.uint32) * 0x0F0F0F0F + 0xFFFF0000


class Other(wiring.Component):
    i: In(1)
    o: Out(1)

    def elaborate(self, _platform):
        m = Module()
        m.d.sync += self.o.eq(self.i)
        return m


class Remembering(wiring.Component):
    """Two memories, one of which begins with zeros."""

    address: In(2)
    o: Out(8)

    def elaborate(self, _platform):
        m = Module()
        for name, init in (("zeros", [0] * 4), ("some", [0, 0, 0, 1])):
            m.submodules[name] = memory = Memory(shape=8, depth=4, init=init)
            port = memory.read_port()
            m.d.comb += port.addr.eq(self.address)
            m.d.comb += self.o.eq(port.data) if name == "some" else []
        return m


def test_memories_that_begin_with_zeros_are_not_written_out():
    design = to_rtlil(Remembering())
    first = design.index("  cell $meminit_v2")
    end = design.index("  end\n", first) + len("  end\n")
    assert "32'00000001000000000000000000000000" in design[end:]
    assert build.without_zeros(design) == design[:first] + design[end:]


def test_the_driver_knows_where_payload_fields_start():
    defines = layout_defines()
    assert (defines["BUS_ADDRESS_LSB"], defines["RESULT_LAST_LSB"]) == (4, 32)


@needs_compiler
@pytest.mark.parametrize("stall", [0.0, 0.3, 0.9])
def test_beats_and_results_arrive_in_order_whatever_the_stalls(stall):
    with CoreModel(StandIn(), stall=stall, seed=5) as model:
        model.bus_write(0, 0, BEATS)
        assert np.array_equal(model.bus_read(0, 3, 9), BEATS[3:12])
        words = model.run(reset=False, changed=7, room=8)
        assert np.array_equal(words[:-1], BEATS[:7])
        assert model.run(reset=True, changed=7, room=8).size == 1


@needs_compiler
def test_without_stalls_a_word_moves_every_cycle():
    with CoreModel(StandIn()) as model:
        before = model.cycles
        model.bus_write(0, 0, BEATS)
        assert model.cycles - before == DEPTH
        assert model.run(reset=False, changed=5, room=6)[-1] == 5


@needs_compiler
def test_the_same_seed_makes_the_same_stalls():
    def cycles(seed):
        with CoreModel(StandIn(), stall=0.5, seed=seed) as model:
            model.bus_write(0, 0, BEATS)
            return model.cycles

    assert cycles(1) == cycles(1)
    assert len({cycles(seed) for seed in range(6)}) > 1


@needs_compiler
def test_a_core_that_hangs_is_found_out():
    with (
        CoreModel(StandIn(hangs=True), patience=100) as model,
        pytest.raises(ToolError, match=r"running a step, cycle \d+: no word moved for 100 clock"),
    ):
        model.run(reset=False, changed=1, room=8)


@needs_compiler
def test_a_word_that_changes_while_it_waits_is_found_out():
    with (
        CoreModel(StandIn(fickle=True), stall=0.9) as model,
        pytest.raises(ToolError, match=r"breaks the stream protocol"),
    ):
        model.run(reset=False, changed=5, room=8)


@needs_compiler
def test_too_many_result_words_are_refused():
    with (
        CoreModel(StandIn()) as model,
        pytest.raises(ToolError, match=r"more than 3 result words"),
    ):
        model.run(reset=False, changed=5, room=3)


def test_a_stall_probability_out_of_range_is_refused():
    with pytest.raises(ToolError, match=r"stall probability is 1, allowed are 0 <= stall < 1"):
        CoreModel(None, stall=1.0)


@needs_compiler
def test_a_component_with_other_ports_is_refused():
    with pytest.raises(ToolError, match=r"the RTL lacks the ports bus__valid, .*those of Core"):
        CoreModel(Other())


@needs_compiler
def test_a_model_is_built_once(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))
    told: list[str] = []
    first = build.build_model(StandIn(), "core", layout_defines(), told.append)
    again = build.build_model(StandIn(), "core", layout_defines(), told.append)
    assert first == again
    assert len(told) == 1
    assert not list((tmp_path / "models").glob(".*"))


def test_a_failed_build_leaves_only_its_log(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))
    broken = Tool("yosys", ("false",), "0", "native")
    monkeypatch.setattr(build, "find_tool", lambda name: broken)
    with pytest.raises(ToolError, match=r"yosys .* exit status 1; log: .*failed-yosys.log"):
        build.build_model(StandIn(), "core", layout_defines())
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["failed-yosys.log"]


def test_a_yosys_without_headers_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    lonely = Tool("yosys", (str(tmp_path / "bin" / "yosys"),), "0.60", "native")
    with pytest.raises(ToolError, match=r"CXXRTL headers of yosys .*were not found"):
        build._runtime_folder(lonely)


def test_the_cache_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_dir() == tmp_path / "mine"
    monkeypatch.delenv("NEF2HW_CACHE_DIR")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "nef2hw"


def test_of_two_makers_the_first_one_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))

    def make(folder):
        (folder / "who").write_text("second")
        cached_folder("things", "abc", lambda other: (other / "who").write_text("first"))

    assert (cached_folder("things", "abc", make) / "who").read_text() == "first"
    assert [path.name for path in (tmp_path / "things").iterdir()] == ["abc"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "who").write_text("fir"),
        lambda folder: (folder / "who").unlink(),
        lambda folder: (folder / "sums.json").unlink(),
        lambda folder: (folder / "sums.json").write_text("[]"),
    ],
)
def test_a_folder_that_is_damaged_is_made_anew(tmp_path, monkeypatch, damage):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))
    damage(cached_folder("things", "abc", lambda folder: (folder / "who").write_text("first")))

    def again(folder):
        (folder / "who").write_text("second")

    for _ in range(2):
        made = cached_folder("things", "abc", again)
        assert (made / "who").read_text() == "second"
    assert [path.name for path in (tmp_path / "things").iterdir()] == ["abc"]


def test_a_failure_to_make_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path))

    def fail(folder):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        cached_folder("things", "abc", fail)
    assert list((tmp_path / "things").iterdir()) == []
