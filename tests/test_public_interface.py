"""What ``import nef2hw`` offers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nef2hw
from nef2hw.build import targets
from nef2hw.errors import ModelError, ProgramError, StimulusError
from nef2hw.model.npz import load_model
from nef2hw.model.parse import parse_model
from nef2hw.trace import first_difference
from tests.model.models import small_model

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def test_a_model_is_loaded_and_compiled_in_two_calls():
    program = nef2hw.compile(
        nef2hw.load(EXAMPLES / "nef_channel" / "model.npz"), board="icebreaker", lanes=2
    ).program
    assert program.config.lanes == 2
    assert program.config.weight_memory == "huge"


@pytest.fixture(scope="module")
def channel():
    return nef2hw.compile(nef2hw.load(EXAMPLES / "nef_channel" / "model.npz"))


def test_a_compiled_network_runs_in_integers_unless_told(channel):
    x = np.full((1, 1), 0.5)
    golden = channel.simulate(x, steps=300)
    reference = channel.simulate({"u": x}, "reference", steps=300)
    assert golden.probes["value"].shape == (300, 1)
    assert abs(golden.probes["value"][-1, 0] - reference.probes["value"][-1, 0]) < 0.02
    states = channel.simulate(x, steps=2, states=True).states
    assert "channel/voltage" in states


def test_a_target_that_does_not_exist_is_told(channel):
    with pytest.raises(ProgramError, match="target is 'fpga', expected one of reference, golden"):
        channel.simulate(np.zeros((1, 1)), "fpga")


@pytest.mark.parametrize("target", ["golden", "reference"])
def test_samples_of_a_batch_run_as_if_alone(channel, target, monkeypatch):
    monkeypatch.setattr(targets, "SAMPLES_AT_ONCE", 2)
    x = np.random.default_rng(0).uniform(-1, 1, (3, 1, 1))
    traces = channel.simulate_batch(x, target, steps=40)
    assert len(traces) == 3
    for rows, trace in zip(x, traces, strict=True):
        assert first_difference(channel.simulate(rows, target, steps=40), trace) is None
    states = channel.simulate_batch({"u": x[:1]}, steps=2, states=True)[0].states
    assert states["channel/voltage"].shape == (2, 100)


def test_a_batch_of_another_shape_is_refused(channel):
    with pytest.raises(ProgramError, match="target is 'fpga'"):
        channel.simulate_batch(np.zeros((1, 1, 1)), "fpga")
    for shape in ((5, 1), (0, 5, 1)):
        with pytest.raises(StimulusError, match=r"input 'u' has shape .*\(samples, steps, size\)"):
            channel.simulate_batch(np.zeros(shape))


def test_inputs_of_a_batch_need_as_many_samples():
    value = nef2hw.compile(parse_model(small_model() | {"inputs/extra/size": np.array(1)}))
    x = {
        source.name: np.zeros((samples, 2, source.size))
        for samples, source in enumerate(value.folded.inputs, 1)
    }
    first, second = x
    wanted = f"numbers of samples: '{first}' has 1, '{second}' has 2"
    with pytest.raises(StimulusError, match=wanted):
        value.simulate_batch(x)


def test_one_array_is_not_enough_for_two_inputs():
    value = nef2hw.compile(parse_model(small_model() | {"inputs/extra/size": np.array(1)}))
    with pytest.raises(StimulusError, match=r"x is one array, but the model has 2 inputs \("):
        value.simulate(np.zeros((1, 1)))


def test_the_size_of_a_core_can_be_asked_for():
    network = nef2hw.load(EXAMPLES / "digits" / "model.npz")
    free = nef2hw.compile(network, "ulx3s").program.config
    slow = nef2hw.compile(network, "ulx3s", target_rate=2000).program.config
    assert slow.lanes < free.lanes
    tight = nef2hw.compile(network, "ulx3s", max_luts=7000, max_block_rams=30, max_dsps=10)
    assert tight.program.config.neuron_lanes == 1
    forced = nef2hw.compile(network, "ulx3s", lanes=16, neuron_lanes=4).program.config
    assert (forced.lanes, forced.neuron_lanes) == (16, 4)


def test_load_reads_what_the_model_reader_reads():
    path = EXAMPLES / "digits" / "model.npz"
    assert nef2hw.load(path).dt_s == load_model(path).dt_s


def test_the_package_has_a_version():
    assert nef2hw.__version__


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="module 'nef2hw' has no attribute 'compyle'"):
        _ = nef2hw.compyle


@pytest.mark.parametrize("name", nef2hw.__all__)
def test_every_public_name_can_be_asked_for(name):
    assert getattr(nef2hw, name) is not None


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys, nef2hw; nef2hw.from_nengo, nef2hw.from_nir, nef2hw.from_layers, "
        "nef2hw.import_keras; "
        "print(sorted({'nengo', 'nir', 'h5py', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_a_network_made_by_hand_is_checked_before_it_is_compiled():
    sound = parse_model(small_model())
    (ensemble,) = sound.ensembles
    wrong = replace(sound, ensembles=(replace(ensemble, bias=np.ones(7)),))
    with pytest.raises(ModelError, match=r"ensembles/a/bias has shape \(7,\), expected \(4,\)"):
        nef2hw.compile(wrong)
