"""The instructions of a step: what, in which order, and what waits."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation
from nef2hw.program.words import Opcode
from tests.compiler.disassembly import Disassembly, signed
from tests.sim.networks import (
    DT_S,
    connection,
    layered,
    neurons,
    program_of,
    recurrent,
    relaying,
    spike_input,
    tiny,
    value_input,
)


def schedule(network, lanes=8):
    return Disassembly(program_of(network, lanes)).instructions()


def outline(network):
    """Write each instruction as a word, with a bar before those that wait."""
    program = program_of(network)
    names = [
        (p.name, k) for p in program.network.populations for k in range(max(1, len(p.compartments)))
    ]
    updates, words = iter(names), []
    relays = iter([relay.name for relay in program.network.relays])
    for instruction in Disassembly(program).instructions():
        if instruction.opcode is Opcode.UPDATE:
            word = "{}.{}".format(*next(updates))
        elif instruction.opcode is Opcode.DELIVER and instruction.fields.get("relay"):
            word = next(relays)
        elif instruction.opcode is Opcode.DELIVER:
            word = program.network.inputs[instruction.fields["flag"]].name
        else:
            word = "end"
        words.append(("|" if instruction.barrier else "") + word)
    assert list(updates) == list(relays) == []
    return " ".join(words)


def test_an_immediate_input_is_delivered_first_and_awaited():
    assert outline(tiny()) == "x |a.0 probes/out.0 |end"


def test_a_higher_level_waits_for_all_before():
    assert outline(layered()) == "x |a.0 probes/out.0 |b.0 |end"


def test_relays_wait_for_their_values_and_those_who_take_them_for_the_relays():
    assert outline(relaying()).replace("relays/", "").split(" |") == [
        "x",
        " ".join(f"gangs/0.{k}" for k in range(8)) + " s probes/out.0",
        "b a c",
        "a.0 b.0",
        "gangs/1.0 gangs/1.1",
        "c too",
        "c.0 c.1 c.2",
        "end",
    ]


def test_a_relay_is_delivered_in_every_step_from_its_part_of_the_planes():
    program = program_of(relaying(), 8)
    network, planes = program.network, program.config.formats.relay_planes
    found = [i.fields for i in Disassembly(program).instructions() if i.fields.get("relay")]
    written = [fields["plane"] for fields in found if "count" in fields]
    first = network.inputs[0].planes + 1
    assert written == [first, first + 3 * planes]
    delivered = [fields for fields in found if "mask" in fields]
    assert [(f["plane"], f["words"], f["mask"]) for f in delivered] == [
        (first, 2, 0xFFFF),
        (first + 2 * planes, 1, 0b11),
        (first + 2 * planes, 1, 0b100),
        (first + 3 * planes, 1, 0b11111),
    ]
    assert {f["planes"] for f in delivered} == {planes}


def one_population(*inputs):
    rng = np.random.default_rng(0)
    return FoldedNetwork(
        DT_S,
        tuple(value_input(name, 2) for name, _ in inputs),
        (
            neurons("a", 3, rng),
            neurons("b", 3, rng),
            FoldedPopulation("probes/p", np.ones(1), None),
        ),
        tuple(
            connection(name, "a", np.ones((3, 2)), tau_s) for name, tau_s in inputs if tau_s != -1
        ),
        (),
    )


def test_inputs_that_are_not_needed_yet_are_delivered_between_the_updates():
    network = one_population(("x", 0.005), ("y", 0.005), ("z", 0.005))
    assert outline(network) == "a.0 x a.1 a.2 y b.0 z probes/p.0 |end"


def test_no_delivery_comes_between_a_barrier_and_what_waits():
    network = one_population(("x", None), ("y", 0.005))
    assert outline(network) == "x |a.0 y a.1 b.0 probes/p.0 |end"


def test_deliveries_left_over_come_after_the_last_update():
    network = one_population(*((name, 0.005) for name in "vwxyz"))
    assert outline(network).endswith("x probes/p.0 y z |end")


def test_an_input_that_goes_nowhere_is_not_delivered():
    network = one_population(("x", None), ("y", -1))
    assert "y" not in outline(network).split()


def test_the_first_and_last_pass_of_a_population_are_marked():
    program = program_of(recurrent())
    updates = [i.fields for i in schedule(recurrent()) if i.opcode is Opcode.UPDATE]
    marks = [(u["first"], u["last"]) for u in updates]
    wanted = []
    for population in program.network.populations:
        count = len(population.compartments)
        assert count >= 1
        wanted += [(int(k == 0), int(k == count - 1)) for k in range(count)]
    assert marks == wanted
    assert (1, 0) in marks
    assert (1, 1) in marks


def test_a_population_without_connections_is_updated_all_the_same():
    updates = [i.fields for i in schedule(one_population(("x", None))) if i.opcode is Opcode.UPDATE]
    lonely, readout = updates[1], updates[2]
    assert (lonely["first"], lonely["last"], lonely["held"]) == (1, 1, 0)
    assert "filtered" not in lonely  # the core filters nothing
    assert (lonely["readout"], lonely["connected"], readout["readout"]) == (0, 0, 1)


@pytest.mark.parametrize("network", [tiny, layered, recurrent])
def test_updates_carry_the_constants_of_their_population_and_compartment(network):
    program = program_of(network())
    updates = iter(i.fields for i in schedule(network()) if i.opcode is Opcode.UPDATE)
    formats = program.config.formats
    for population in program.network.populations:
        for compartment in population.compartments:
            found, lif = next(updates), population.neurons
            assert found["leak"] == (compartment.leak_code or 0)
            assert found["filtered"] == (compartment.leak_code is not None)
            assert found["held"] == compartment.held
            assert found["readout"] == (lif is None)
            if lif is None:
                continue
            assert found["decay"] == lif.decay_code
            assert (found["first_ratio"], found["second_ratio"]) == lif.ratio_code
            offsets = (found["first_offset"], found["second_offset"])
            assert tuple(signed(o, formats.offset_bits) for o in offsets) == lif.offset_code
            assert found["hold_steps"] == lif.hold_steps
            assert signed(found["min_voltage"], formats.voltage_bits) == lif.min_voltage_code


def test_deliveries_say_where_the_planes_are():
    network = recurrent()
    found = {
        f["flag"]: f for i in schedule(network) if (f := i.fields) and i.opcode is Opcode.DELIVER
    }
    wanted = [(0, 10, 0, 1), (1, 1, 10, 2), (0, 10, 12, 2)]
    keys = ("spiking", "planes", "plane", "words")
    assert [tuple(found[k][key] for key in keys) for k in range(3)] == wanted


def test_sixteen_inputs_are_told_apart_and_more_share_flags():
    names = [f"x{k}" for k in range(19)]
    network = one_population(*((name, None) for name in names))
    delivered = [i.fields["flag"] for i in schedule(network) if i.opcode is Opcode.DELIVER]
    assert delivered == [*range(16), 0, 1, 2]
    spikes = FoldedNetwork(DT_S, (spike_input("s", 2),), network.populations, (), ())
    assert outline(spikes) == "a.0 b.0 probes/p.0 |end"
