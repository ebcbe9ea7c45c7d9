"""What a core can be built with, and how its memories follow from it."""

from dataclasses import asdict, fields, replace

import pytest

from nef2hw.errors import CapacityError
from nef2hw.program.memory import IMAGE_MEMORIES, STATE_MEMORIES, MemoryId
from tests.program.cores import CONFIG, FORMATS, core


@pytest.mark.parametrize("lanes", [0, -1, 129])
def test_lanes_outside_the_limits_are_refused(lanes):
    with pytest.raises(CapacityError, match=rf"{lanes} lanes; 1 to 128 .*another --lanes"):
        core(lanes=lanes)


@pytest.mark.parametrize("flags", [0, 17])
def test_flags_outside_the_limits_are_refused(flags):
    with pytest.raises(CapacityError, match=rf"{flags} flags; 1 to 16 .*let inputs share them"):
        core(flags=flags)


@pytest.mark.parametrize("words", [-1, 513, 1024])
def test_room_for_sums_outside_the_limits_is_refused(words):
    with pytest.raises(CapacityError, match=rf"{words} total_words; 0 to 512 .*sum fewer results"):
        core(total_words=words)


@pytest.mark.parametrize("words", [1, 3, 100])
def test_room_for_sums_that_is_no_power_of_two_is_refused(words):
    with pytest.raises(CapacityError, match=rf"total_words is {words}; it must be 0, 2, 4, 8"):
        core(total_words=words)


@pytest.mark.parametrize("interval", [-16, -1, 0, 3, 17, 32])
def test_an_interval_that_does_not_divide_a_fraction_is_refused(interval):
    with pytest.raises(CapacityError, match=rf"neuron_interval is {interval}; it must divide 16"):
        core(neuron_interval=interval)


@pytest.mark.parametrize(("lanes", "together"), [(8, 3), (8, 16), (8, 0), (4, 8), (12, 8), (7, 2)])
def test_neuron_lanes_that_do_not_divide_the_lanes_are_refused(lanes, together):
    possible = ", ".join(str(n) for n in (1, 2, 4, 8) if lanes % n == 0)
    message = rf"neuron_lanes is {together}; with {lanes} lanes it must be one of {possible}$"
    with pytest.raises(CapacityError, match=message):
        core(lanes=lanes, neuron_lanes=together)


def test_several_neurons_every_few_cycles_are_refused():
    with pytest.raises(CapacityError, match=r"interval is 2 and neuron_lanes 4; one of them must"):
        core(lanes=8, neuron_lanes=4, neuron_interval=2)


@pytest.mark.parametrize(
    "fit",
    [
        {"lanes": 1},
        {"lanes": 128},
        *({"lanes": 8, "neuron_lanes": k} for k in (1, 2, 4, 8)),
        {"flags": 1},
        {"flags": 16},
        {"total_words": 0},
        {"total_words": 2},
        {"total_words": 512},
        *({"neuron_interval": k} for k in (1, 2, 4, 8, 16)),
    ],
)
def test_sizes_at_the_limits_are_accepted(fit):
    assert asdict(core(**fit)).items() >= fit.items()


def test_the_memories_have_the_width_of_what_they_hold():
    shapes = {memory: (s.depth, s.width) for memory, s in CONFIG.memories.items()}
    assert shapes == {
        MemoryId.WEIGHTS: (100, 35),
        MemoryId.ROW_MAP: (20, 5),
        MemoryId.SCHEDULE: (40, 32),
        MemoryId.BIAS: (33, 19),
        MemoryId.PLANES: (50, 32),
        MemoryId.FILTER: (64, 21),
        MemoryId.MEMBRANE: (30, 21),
        MemoryId.OVERSHOOT: (30, 16),
    }
    assert set(IMAGE_MEMORIES) | set(STATE_MEMORIES) <= set(shapes)


def test_rows_of_neurons_are_as_wide_as_there_are_neuron_lanes():
    one, four = CONFIG.memories, core(lanes=8, neuron_lanes=4).memories
    for memory in (MemoryId.BIAS, MemoryId.FILTER, MemoryId.MEMBRANE, MemoryId.OVERSHOOT):
        assert (four[memory].depth, four[memory].width) == (
            one[memory].depth,
            4 * one[memory].width,
        )


def test_every_field_changes_the_digest():
    config = core(lanes=8, total_words=8)
    digests = {config.digest}
    for f in fields(config):
        if f.type == "int":
            digests.add(replace(config, **{f.name: getattr(config, f.name) * 2}).digest)
    for f in fields(FORMATS):
        changed = replace(FORMATS, **{f.name: getattr(FORMATS, f.name) + 1})
        digests.add(replace(config, formats=changed).digest)
    for changed in ({"weight_memory": "huge"}, {"sum_memory": "distributed"}):
        digests.add(replace(config, **changed).digest)
    numbers = sum(f.type == "int" for f in fields(CONFIG))
    assert len(digests) == 1 + numbers + len(fields(FORMATS)) + 2


def test_a_digest_is_8_bytes_and_the_same_for_an_equal_core():
    assert len(bytes.fromhex(CONFIG.digest)) == 8
    assert core().digest == CONFIG.digest
