"""The image holds the network: reading it back by its layout gives every code."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.compiler import structure
from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.errors import CapacityError
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.planes import relay_places
from nef2hw.program.words import Opcode, index_bits, membrane_fields, unpack, width_of
from tests.compiler.disassembly import Disassembly, parts, signed
from tests.sim.networks import layered, program_of, recurrent, relaying, tiny

NETWORKS = [tiny, layered, recurrent, relaying]
LANES = [1, 3, 8, 32]
#: (lanes, neuron lanes)
SHAPES = [*((lanes, 1) for lanes in LANES), (6, 2), (4, 4), (32, 8)]


def passes(program):
    """List (population, index of compartment, fields of its UPDATE); index 0 if it has none."""
    instructions = Disassembly(program).instructions()
    updates = [i.fields for i in instructions if i.opcode is Opcode.UPDATE]
    run = [
        (population, k)
        for population in program.network.populations
        for k in range(max(1, len(population.compartments)))
    ]
    return [(*which, fields) for which, fields in zip(run, updates, strict=True)]


def sources(program):
    """Return the fields that name the rows of each source, with its size."""
    instructions = Disassembly(program).instructions()
    delivered = [i.fields for i in instructions if i.opcode is Opcode.DELIVER]
    found = {program.network.inputs[f["flag"]].name: f for f in delivered if not f.get("relay")}
    relayed = [f for f in delivered if f.get("relay")]
    for place, fields in zip(relay_places(program.network), relayed, strict=True):
        row = (fields["row"] + place.column * fields["row_words"]) % (
            1 << index_bits(program.config.weight_words)
        )
        found[place.relay.name] = {**fields, "row": row}
    for population, _, fields in passes(program):
        if population.neurons is not None:
            found[population.name] = fields
    sizes = {
        part.name: part.size
        for part in (
            *program.network.inputs,
            *program.network.populations,
            *program.network.relays,
        )
    }
    return {name: (fields, sizes[name]) for name, fields in found.items()}


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_weight_is_in_the_row_of_its_source_and_the_lane_of_its_neuron(network, lanes):
    program = program_of(network(), lanes)
    image, seen = Disassembly(program), 0
    blocks = {name: image.weights(*place) for name, place in sources(program).items()}
    for population, k, fields in passes(program):
        for projection in population.compartments[k].projections if population.compartments else ():
            delayed = population.compartments[k].delay == 1
            words = range(
                fields["accumulator"], fields["accumulator"] - (-population.size // lanes)
            )
            # Words that are zero for all sources of a projection are not there.
            none = np.zeros((len(projection.weight_code), lanes), dtype=np.int64)
            block = blocks[projection.pre]
            found = np.hstack([block.pop((word, delayed), none) for word in words])
            np.testing.assert_array_equal(found[:, : population.size], projection.weight_code)
            assert not found[:, population.size :].any(), (
                "lanes beyond the last neuron hold weights"
            )
            seen += 1
    assert seen
    assert not any(blocks.values()), "rows hold words that belong to no projection"


@pytest.mark.parametrize(("lanes", "together"), SHAPES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_bias_and_shift_is_at_its_neuron(network, lanes, together):
    program = program_of(network(), lanes, neuron_lanes=together)
    image = Disassembly(program)
    for population, k, fields in passes(program):
        rows, spare = fields["count"], [0] * (-population.size % together)
        assert rows == -(-population.size // together)
        biases = image.biases(fields["neuron"], rows)
        assert biases == population.bias_code.tolist() + spare
        if population.compartments:
            slots = image.slots(fields["slot"], rows)
            shifts = population.compartments[k].shift_code.tolist() + spare
            assert [slot["shift"] for slot in slots] == shifts
            assert not any(slot["state"] for slot in slots)


@pytest.mark.parametrize(("lanes", "together"), SHAPES)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_two_compartments_share_a_place(network, lanes, together):
    program = program_of(network(), lanes, neuron_lanes=together)
    words, slots, neurons = [], [], set()
    for population, _, fields in passes(program):
        words += range(fields["accumulator"], fields["accumulator"] - (-population.size // lanes))
        slots += range(fields["slot"], fields["slot"] + fields["count"])
        neurons |= set(range(fields["neuron"], fields["neuron"] + fields["count"]))
    config = program.config
    assert sorted(words) == list(range(config.accumulator_words))
    assert sorted(slots) == list(range(config.slot_rows))
    assert sorted(neurons) == list(range(config.neuron_rows))


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("network", NETWORKS)
def test_spiking_neurons_come_first_and_start_as_they_are_told(network, together):
    program = program_of(network(), neuron_lanes=together)
    config = program.config
    states = program.image.initial_state
    bits, fields = config.formats.voltage_bits, membrane_fields(config)
    membrane, overshoot = (
        neurons_of(states[memory], width, together)
        for memory, width in (
            (MemoryId.MEMBRANE, width_of(fields)),
            (MemoryId.OVERSHOOT, FRACTION_BITS),
        )
    )
    for population, k, update in passes(program):
        if k:
            continue
        first = update["neuron"] * together
        places = range(first, first + population.size)
        if population.neurons is None:
            assert update["neuron"] >= config.spiking_rows
            continue
        found = [unpack(fields, membrane.pop(n, 0)) for n in places]
        voltages = [signed(word["voltage"], bits) for word in found]
        assert voltages == population.voltage_init_code.tolist()
        assert [w["refractory"] for w in found] == population.refractory_init_code.tolist()
        wanted = population.overshoot_init_code.tolist()
        assert [overshoot.pop(n, 0) for n in places] == wanted
    assert (membrane, overshoot) == ({}, {})


def neurons_of(rows, width, together):
    """Words of single neurons that are not zero, by number of the neuron."""
    found = {
        row * together + k: word
        for row, joined in rows
        for k, word in enumerate(parts([joined], width, together))
    }
    return {neuron: word for neuron, word in found.items() if word}


@pytest.mark.parametrize("lanes", [1, 5, 128])
def test_every_memory_of_the_image_has_the_shape_of_the_cores(lanes):
    program = program_of(recurrent(), lanes, neuron_interval=2)
    for memory in IMAGE_MEMORIES:
        shape = program.config.memories[memory]
        beats = program.image.beats[memory]
        assert beats.shape == (shape.depth, shape.beats)
        assert beats.dtype == np.uint32
        spare = shape.beats * 32 - shape.width
        assert not (beats[:, -1] >> np.uint32(32 - spare)).any() if spare else True


def with_another_weight(network):
    """Change one weight code by one."""
    population = network.populations[0]
    compartment = population.compartments[0]
    projection = compartment.projections[0]
    codes = projection.weight_code.copy()
    codes[0, 0] += 1 if codes[0, 0] <= 0 else -1
    changed = replace(compartment, projections=(replace(projection, weight_code=codes),))
    population = replace(population, compartments=(changed, *population.compartments[1:]))
    return replace(network, populations=(population, *network.populations[1:]))


def test_another_weight_changes_the_image_and_not_the_core():
    network = quantize(layered())
    one, other = (assemble(n, CoreShape(8)) for n in (network, with_another_weight(network)))
    assert one.config.digest == other.config.digest
    assert one.image.digest != other.image.digest
    changed = one.image.beats[MemoryId.WEIGHTS] != other.image.beats[MemoryId.WEIGHTS]
    assert changed.sum() == 1


def test_the_same_network_has_the_same_digests():
    one, other = program_of(recurrent()), program_of(recurrent())
    assert (one.config.digest, one.image.digest) == (other.config.digest, other.image.digest)


def test_the_shape_of_the_core_is_as_asked():
    network = quantize(layered())
    program = assemble(network, CoreShape(4, neuron_interval=8, weight_memory="huge"))
    assert (program.config.lanes, program.config.neuron_interval) == (4, 8)
    assert (program.config.weight_memory, program.config.sum_memory) == ("huge", "block")
    words = program.config.accumulator_words
    for most, memory in ((words, "distributed"), (words - 1, "block")):
        config = assemble(network, CoreShape(4, distributed_words=most)).config
        assert config.sum_memory == memory


def test_more_weights_than_can_be_addressed_are_refused(monkeypatch):
    network = quantize(layered())
    shape = assemble(network, CoreShape(8)).config.memories[MemoryId.WEIGHTS]
    beats = shape.depth * shape.stride
    monkeypatch.setattr(structure, "MAX_WEIGHT_BEATS", beats)
    assemble(network, CoreShape(8))
    monkeypatch.setattr(structure, "MAX_WEIGHT_BEATS", beats - 1)
    message = rf"weights take {shape.bits} bits, more than a core can address; use fewer --weight-b"
    with pytest.raises(CapacityError, match=message):
        assemble(network, CoreShape(8))


@pytest.mark.parametrize("bits", [2, 16])
def test_narrow_and_wide_weights_are_read_back(bits):
    network = quantize(layered(), Precision(weight_bits=bits))
    program = assemble(network, CoreShape(5))
    fields, size = sources(program)["x"]
    found = Disassembly(program).weights(fields, size)
    codes = network.population("a").compartments[0].projections[0].weight_code
    np.testing.assert_array_equal(np.hstack(list(found.values()))[:, :40], codes)
    assert np.abs(codes).max() >= 2 ** (bits - 2)
