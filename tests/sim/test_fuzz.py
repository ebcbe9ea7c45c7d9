"""Fuzzing goes on where it ended, and what it finds can be run again."""

import json
from contextlib import nullcontext
from dataclasses import asdict, replace

import pytest

from nef2hw.compiler.assemble import assemble_for
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


def with_bias(program, more):
    """Change the constant current of the neuron by ``more`` units: another image, the same core."""
    first, *others = program.network.populations
    first = replace(first, bias_code=first.bias_code + more)
    return assemble_for(replace(program.network, populations=(first, *others)), program.config)


@needs_compiler
def test_a_failure_that_depends_on_what_ran_before_fails_again_when_it_is_replayed(
    small, tmp_path, monkeypatch
):
    """Here what counts is the first of three programs; each runs alone without a fault."""
    programs = [with_bias(program_of(tiny(), lanes=2), more) for more in range(3)]
    bad = [programs[k].image.digest for k in (0, 2)]
    right, ran = fuzz.outcome, {}

    def outcome(core, program, trial):
        seen = ran.setdefault(id(core), [core])
        seen.append(program.image.digest)
        problem, spikes = right(core, program, trial)
        wrong = trial.stall and program.image.digest == bad[1] and bad[0] in seen
        return ("remembers" if wrong else problem), spikes

    monkeypatch.setattr(fuzz, "outcome", outcome)
    monkeypatch.setattr(
        fuzz, "make_round", lambda n: Round(n, programs[0].config, (*programs, programs[1]))
    )
    progress = fuzz.try_round(tmp_path, fuzz.Progress(next_round=7))
    assert (progress.networks, progress.steps) == (4, 8 * fuzz.STEPS)
    assert progress.failures == ("failure-7-2.json",)
    saved = tmp_path / progress.failures[0]
    assert fuzz.replay(saved) == "remembers"
    record = json.loads(saved.read_text())
    saved.write_text(json.dumps(record | {"runs": record["runs"][1:]}))
    assert fuzz.replay(saved) == ""
