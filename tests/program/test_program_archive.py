"""Programs come back from their file as they were, or are refused with the reason."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nef2hw.archive import read_npz, write_npz
from nef2hw.compiler.assemble import assemble_for
from nef2hw.errors import ProgramError
from nef2hw.program.archive import load_program, save_program
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.trace import first_difference
from tests.sim.networks import layered, program_of, recurrent, relaying, tiny


@pytest.mark.parametrize("shape", [{"neuron_interval": 2}, {"neuron_lanes": 8}])
@pytest.mark.parametrize("network", [tiny, layered, recurrent, relaying])
def test_a_program_comes_back_as_it_was(network, shape, tmp_path):
    program = program_of(network(), lanes=8, **shape)
    save_program(program, tmp_path / "p.npz")
    back = load_program(tmp_path / "p.npz")
    assert back.config == program.config
    assert back.config.digest == program.config.digest
    assert back.image.digest == program.image.digest
    assert back.image.initial_state == program.image.initial_state
    for memory, beats in program.image.beats.items():
        np.testing.assert_array_equal(back.image.beats[memory], beats)
        assert back.image.beats[memory].dtype == np.uint32
    codes = extreme_codes(program.network, 30)
    before = simulate_golden(program.network, codes, states=True)
    assert first_difference(before, simulate_golden(back.network, codes, states=True)) is None


def test_saving_what_was_loaded_writes_the_same_arrays(tmp_path):
    save_program(program_of(recurrent()), tmp_path / "a.npz")
    save_program(load_program(tmp_path / "a.npz"), tmp_path / "b.npz")
    first, second = (read_npz(tmp_path / f"{n}.npz", ProgramError) for n in "ab")
    assert list(first) == list(second)
    for key, array in first.items():
        np.testing.assert_array_equal(second[key], array)


@pytest.fixture
def saved(tmp_path):
    """A saved program's path and arrays."""
    path = tmp_path / "p.npz"
    save_program(program_of(tiny(), lanes=2), path)
    return path, read_npz(path, ProgramError)


def refused(saved, change, message):
    path, arrays = saved
    changed = {key: array for key, array in (arrays | change).items() if array is not None}
    write_npz(path, changed)
    with pytest.raises(ProgramError, match=message) as caught:
        load_program(path)
    assert str(path) in str(caught.value)


def test_a_truncated_file_is_refused(saved):
    path, _ = saved
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ProgramError, match=r"not a sound \.npz file"):
        load_program(path)


def test_a_flipped_bit_is_refused(saved):
    path, arrays = saved
    data = bytearray(path.read_bytes())
    data[data.index(arrays["image/WEIGHTS"].tobytes())] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ProgramError, match="CRC"):
        load_program(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProgramError, match=r"none\.npz cannot be read"):
        load_program(tmp_path / "none.npz")


@pytest.mark.parametrize("found", [None, np.array("nef2hw-program-0"), np.zeros(3)])
def test_another_format_is_refused(saved, found):
    message = r"is not a program of this version, expected format nef2hw-program-1"
    refused(saved, {"format": found}, message)


@pytest.mark.parametrize("key", ["config", "network"])
def test_missing_text_is_named(saved, key):
    refused(saved, {key: None}, rf"{key} is missing; compile the model again")


HOSTILE = ["", "{", "[" * 100_000, "nan?", "1" * 5000]


@pytest.mark.parametrize("text", HOSTILE, ids=["empty", "open", "deep", "word", "long number"])
@pytest.mark.parametrize("key", ["config", "network"])
def test_text_that_is_not_json_is_refused(saved, key, text):
    refused(saved, {key: np.array(text)}, rf"{key} is not JSON \(.*compile the model again")


@pytest.mark.parametrize("text", ["null", "[]", "3", '"x"', "NaN", "{}"])
@pytest.mark.parametrize("key", ["config", "network"])
def test_json_of_something_else_is_refused(saved, key, text):
    refused(saved, {key: np.array(text)}, rf"{key} does not hold the fields of a")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("lanes", 1000, r"1000 lanes; 1 to 128 are possible.*compile the model again"),
        ("neuron_interval", 0, r"neuron_interval is 0; it must divide 16"),
        ("weight_memory", "tape", r"config/weight_memory is 'tape'"),
        ("weight_words", 10**100, r"is damaged: its digests do not match"),
        ("weight_words", -5, r"image/WEIGHTS is not up to -5 words of 1 beats"),
        ("neuron_rows", 2.5, r"config/neuron_rows is 2\.5, which is not a int"),
    ],
)
def test_a_hostile_core_is_refused(saved, field, value, message):
    config = json.loads(str(saved[1]["config"])) | {field: value}
    refused(saved, {"config": np.array(json.dumps(config))}, message)


def test_a_hostile_time_step_is_refused(saved):
    network = json.loads(str(saved[1]["network"])) | {"dt_s": 10**400}
    change = {"network": np.array(json.dumps(network))}
    refused(saved, change, "network/dt_s is larger than any float")


@pytest.mark.parametrize(
    "change",
    [
        lambda beats: None,
        lambda beats: beats.astype(np.int64),
        lambda beats: np.concatenate([beats, beats]),
        lambda beats: beats[:, :0],
        lambda beats: beats[0],
    ],
    ids=["missing", "wrong dtype", "too many words", "no beats", "one dimension"],
)
@pytest.mark.parametrize("memory", ["WEIGHTS", "BIAS", "FILTER"])
def test_a_memory_of_another_shape_is_refused(saved, memory, change):
    key = f"image/{memory}"
    refused(saved, {key: change(saved[1][key])}, rf"{key} is not up to \d+ words of \d+ beats")


@pytest.mark.parametrize("kept", [0, -1])
@pytest.mark.parametrize("memory", IMAGE_MEMORIES)
def test_an_image_that_lost_words_is_refused(saved, memory, kept):
    key = f"image/{memory.name}"
    refused(saved, {key: saved[1][key][:kept]}, "is damaged: its digests do not match; compile")


def test_an_image_that_leaves_room_in_its_core_comes_back_as_it_was(tmp_path):
    config = program_of(tiny(), lanes=2).config
    roomy = {f: 2 * getattr(config, f) for f in ("weight_words", "row_map_words", "neuron_rows")}
    program = assemble_for(program_of(tiny(), lanes=2).network, replace(config, **roomy))
    save_program(program, tmp_path / "p.npz")
    image = load_program(tmp_path / "p.npz").image
    assert len(image.beats[MemoryId.WEIGHTS]) < program.config.weight_words
    assert image.digest == program.image.digest


@pytest.mark.parametrize(
    "state", [np.zeros((1, 2)), np.zeros(2, np.uint32), np.zeros((1, 3), np.uint32)]
)
def test_a_state_that_is_not_rows_of_address_and_word_is_refused(saved, state):
    message = r"state/MEMBRANE is not rows of an address and 1 beats"
    refused(saved, {"state/MEMBRANE": state}, message)


def test_an_array_of_the_network_of_another_dtype_is_refused(saved):
    key = "network/populations/0/bias_code"
    wrong = saved[1][key].astype(np.float64)
    refused(saved, {key: wrong}, rf"{key} has dtype float64, expected int64")
    refused(saved, {key: None}, rf"{key} is missing")


def other_weight(arrays):
    beats = arrays["image/WEIGHTS"].copy()
    beats[0, 0] ^= 1
    return {"image/WEIGHTS": beats}


def other_core(arrays):
    config = json.loads(str(arrays["config"])) | {"neuron_interval": 4}
    return {"config": np.array(json.dumps(config))}


def shorter_bias(arrays):
    key = "network/populations/0/bias_code"
    return {key: arrays[key][:-1]}


def other_time(arrays):
    network = json.loads(str(arrays["network"])) | {"dt_s": 0.002}
    return {"network": np.array(json.dumps(network))}


@pytest.mark.parametrize(
    "change",
    [
        other_weight,
        other_core,
        shorter_bias,
        other_time,
        lambda arrays: {"state/MEMBRANE": None},
        lambda arrays: {"state/MEMBRANE": np.array([[0, 3]], np.uint32)},
        lambda arrays: {"digests": None},
        lambda arrays: {"digests": np.array(3)},
        lambda arrays: {"digests": arrays["digests"][::-1]},
        lambda arrays: {"digests": np.array([["a", "b"], ["c", "d"]])},
    ],
)
def test_content_that_its_digests_do_not_name_is_refused(saved, change):
    refused(saved, change(saved[1]), "is damaged: its digests do not match; compile the model")


def test_a_failed_save_leaves_no_file(tmp_path):
    program = program_of(tiny(), lanes=2)
    broken = replace(program.network, dt_s=object())
    with pytest.raises(TypeError):
        save_program(replace(program, network=broken), tmp_path / "p.npz")
    assert list(tmp_path.iterdir()) == []
