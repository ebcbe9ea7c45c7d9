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


@pytest.mark.parametrize("interval", [-16, -1, 0, 3, 17, 32])
def test_an_interval_that_does_not_divide_a_fraction_is_refused(interval):
    with pytest.raises(CapacityError, match=rf"neuron_interval is {interval}; it must divide 16"):
        core(neuron_interval=interval)


@pytest.mark.parametrize(
    "fit",
    [
        {"lanes": 1},
        {"lanes": 128},
        {"flags": 1},
        {"flags": 16},
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


def test_every_field_changes_the_digest():
    digests = {CONFIG.digest}
    for f in fields(CONFIG):
        if f.type == "int":
            digests.add(core(**{f.name: getattr(CONFIG, f.name) * 2}).digest)
    for f in fields(FORMATS):
        changed = replace(FORMATS, **{f.name: getattr(FORMATS, f.name) + 1})
        digests.add(core(formats=changed).digest)
    digests |= {core(weight_memory="huge").digest, core(sum_memory="distributed").digest}
    numbers = sum(f.type == "int" for f in fields(CONFIG))
    assert len(digests) == 1 + numbers + len(fields(FORMATS)) + 2


def test_a_digest_is_8_bytes_and_the_same_for_an_equal_core():
    assert len(bytes.fromhex(CONFIG.digest)) == 8
    assert core().digest == CONFIG.digest
