"""Fuzzing goes on where it ended, and what it finds can be run again."""

from contextlib import nullcontext
from dataclasses import asdict

import pytest

from nef2hw.compiler.structure import core_config, shape_of
from nef2hw.tools import has_tool
from tests.sim import fuzz
from tests.sim.fuzz_rounds import Round, make_round
from tests.sim.networks import program_of, tiny

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)


def test_a_round_is_the_same_again_and_its_networks_share_a_core_as_small_as_holds_them():
    first, again = make_round(6), make_round(6)
    assert [p.image.digest for p in first.programs] == [p.image.digest for p in again.programs]
    assert {p.config for p in first.programs} == {first.core}
    assert len({p.image.digest for p in first.programs}) == len(first.programs) > 1
    fields = [asdict(core_config(p.network, shape_of(p.config), p.config)) for p in first.programs]
    for name in ("weight_words", "accumulator_words", "slot_rows", "plane_words", "row_words"):
        assert max(found[name] for found in fields) == getattr(first.core, name)


@pytest.fixture
def small(monkeypatch):
    """Rounds of a small network whose model is compiled anyway."""
    program = program_of(tiny(), lanes=2)
    monkeypatch.setattr(fuzz, "make_round", lambda n: Round(n, program.config, (program,)))
    monkeypatch.setattr(fuzz, "throwaway_cache", nullcontext)


@needs_compiler
def test_a_second_run_goes_on_behind_the_first(small, tmp_path):
    first = fuzz.try_round(tmp_path, fuzz.read_progress(tmp_path, 6))
    fuzz.write_progress(tmp_path, first)
    assert (first.next_round, first.networks, first.failures) == (7, 1, ())
    assert first.steps == 2 * fuzz.STEPS
    assert first.spikes > 0
    assert asdict(fuzz.read_progress(tmp_path, 0)) == asdict(first)
    assert not list(tmp_path.glob("failure*"))


@needs_compiler
def test_a_failure_is_saved_and_fails_again_when_it_is_replayed(small, tmp_path, monkeypatch):
    right = fuzz.count_cycles
    monkeypatch.setattr(fuzz, "count_cycles", lambda *given: right(*given) + 1)
    progress = fuzz.try_round(tmp_path, fuzz.Progress(next_round=7))
    assert progress.failures == ("failure-7-0.json",)
    saved = str(tmp_path / progress.failures[0])
    assert fuzz.main(["replay", saved]) == 1
    monkeypatch.setattr(fuzz, "count_cycles", right)
    assert fuzz.main(["replay", saved]) == 0
