"""Faults in the core."""

from tests.mutants.mutation import Mutation

EQUAL = "tests/sim/test_rtl_equals_golden.py"
DIVIDER = ("tests/benches/test_divider.py",)
MEMBRANE = ("tests/benches/test_membrane.py", EQUAL)
FILTER = ("tests/benches/test_synaptic_filter.py", EQUAL)
FEED = ("tests/benches/test_lane_feed.py", EQUAL)
RESULTS = ("tests/benches/test_results.py", EQUAL)
SEQUENCER = ("tests/benches/test_sequencer.py", EQUAL)
WRITER = ("tests/benches/test_plane_writer.py", EQUAL)
WALKER = ("tests/benches/test_row_walker.py", EQUAL)
SPLIT = ("tests/benches/test_event_split.py", EQUAL)
SYNAPSES = ("tests/benches/test_synapse_engine.py", EQUAL)
INPUTS = ("tests/benches/test_input_engine.py", EQUAL)
SKID = ("tests/benches/test_skid.py", EQUAL)
BUS = ("tests/benches/test_bus.py",)
SLICES = ("tests/sim/test_second_image.py", EQUAL)

FAULTS = (
    # divider
    (
        "divider",
        "entering.saturated.eq(scaled >= self.i.drive)",
        "entering.saturated.eq(0)",
        DIVIDER,
    ),
    (
        "divider",
        "Cat(subtract, inverse)",
        "Cat(Const(0, 1), inverse)",
        DIVIDER,
    ),
    ("divider", "Mux(before.saturated, -1, before.quotient)", "before.quotient", DIVIDER),
    (
        "divider",
        "self.i.valid | valids.any() | self.o.valid",
        "valids.any() | self.o.valid",
        DIVIDER,
    ),
    (
        "divider",
        "negative = stage.remainder[-1]",
        "negative = Const(0, 1)",
        DIVIDER,
    ),
    # membrane
    ("membrane_step", "limits.low, limits.high", "limits.low, limits.high - 1", MEMBRANE),
    (
        "membrane_step",
        "resting, waking = state.refractory == 0",
        "resting, waking = state.refractory <= 1",
        MEMBRANE,
    ),
    (
        "membrane_step",
        "Mux(remaining < 0, 0, Mux(below_full, remaining, full))",
        "Mux(below_full, remaining, full)",
        MEMBRANE,
    ),
    (
        "membrane_step",
        "Mux(remaining < 0, 0, Mux(below_full, remaining, full))",
        "Mux(remaining < 0, 0, remaining)",
        MEMBRANE,
    ),
    ("membrane_step", "excess=moved - one", "excess=moved", MEMBRANE),
    ("membrane_step", "Mux(moved < least, least, moved)", "moved", MEMBRANE),
    ("membrane_step", "Mux(refractory == 0, 0, refractory - 1)", "refractory - 1", MEMBRANE),
    (
        "membrane_step",
        'carry(m, state.refractory, 1, 5, "refractory")',
        'carry(m, state.refractory, 1, 4, "refractory")',
        MEMBRANE,
    ),
    (
        "membrane_step",
        'carry(m, current, 2, 5, "current_to_spike")',
        'carry(m, current, 2, 4, "current_to_spike")',
        MEMBRANE,
    ),
    (
        "membrane",
        "fetched[lane].refractory == 1, second, first",
        "fetched[lane].refractory == 1, first, second",
        MEMBRANE,
    ),
    (
        "membrane",
        "states.write_data.eq(Mux(self.clear, 0, Cat(",
        "states.write_data.eq(Mux(0, 0, Cat(",
        MEMBRANE,
    ),
    (
        "membrane",
        "self.o.valid.eq(arriving.valid & ~self.clear)",
        "self.o.valid.eq(arriving.valid)",
        MEMBRANE,
    ),
    # sums of currents
    ("current_sum", "Cat(Const(1, 1), before)", "Cat(Const(0, 1), before)", (EQUAL,)),
    ("current_sum", "Mux(self.next.opens, 0, upcoming)", "upcoming", (EQUAL,)),
    (
        "current_sum",
        'self.i.valid & ~fields.at(2, "last")',
        'self.i.valid & fields.at(2, "last")',
        (EQUAL,),
    ),
    ("current_sum", 'delayed(m, place, 3, "place")', 'delayed(m, place, 2, "place")', (EQUAL,)),
    ("current_sum", 'm.If(~fields.at(1, "first"))', 'm.If(fields.at(1, "first"))', (EQUAL,)),
    # sums of weights
    ("lane_sums", "m.d.comb += base.eq(before << 1)", "m.d.comb += base.eq(before)", (EQUAL,)),
    ("lane_sums", "write.addr.eq(now.address)", "write.addr.eq(self.next.address)", SYNAPSES),
    # rows of weights
    ("row_walker", "event.row_words <= 1", "event.row_words <= 2", WALKER),
    (
        "row_walker",
        "event.row_map.eq(event.row_map + 1)",
        "event.row_map.eq(event.row_map)",
        WALKER,
    ),
    (
        "row_walker",
        "word.subtract.eq(leaving.subtract)",
        "word.subtract.eq(event.subtract)",
        (*WALKER, EQUAL),
    ),
    ("row_walker", "self.busy & ~advance", "self.busy & advance", WALKER),
    # events
    (
        "event_split",
        "found.event.row + place * found.event.row_words",
        "found.event.row + lowest * found.event.row_words",
        SPLIT,
    ),
    ("event_split", "sent.eq(~others & given.spike)", "sent.eq(others & given.spike)", SPLIT),
    ("neuron_engine", "row + row_words * config.neuron_lanes", "row + row_words", (EQUAL,)),
    ("neuron_engine", "update.held & ~self.clear", "update.held", (EQUAL,)),
    ("neuron_engine", "following.eq(number + 1)", "following.eq(following + 1)", (EQUAL,)),
    (
        "neuron_engine",
        "enters, wait = issue & feed.opens, latency - 2",
        "enters, wait = issue & feed.opens, latency - 6",
        (EQUAL,),
    ),
    (
        "neuron_engine",
        "update.readout & update.last & ~given.readout",
        "Const(0)",
        (EQUAL, "tests/sim/test_random_networks.py"),
    ),
    # bits of inputs
    ("bit_scan", "triple.eq(one + (one << 1))", "triple.eq(one << 1)", INPUTS),
    ("bit_scan", "waiting.groups & (waiting.groups - 1)", "waiting.groups & 0", INPUTS),
    ("bit_scan", "self.spiking | ~quiet, Base.SUM", "self.spiking, Base.SUM", INPUTS),
    (
        "bit_scan",
        "(group.negative & group.bits & ~others).any()",
        "(group.negative & group.bits).any()",
        INPUTS,
    ),
    (
        "bit_scan",
        "self.busy.eq(have | groups.kept | group_valid | self.o.valid)",
        "self.busy.eq(have | self.o.valid)",
        (*INPUTS, *SYNAPSES),
    ),
    (
        "plane_reader",
        "standing.last.eq(words_left == 1)",
        "standing.last.eq(words_left <= 2)",
        INPUTS,
    ),
    ("plane_reader", "row.eq(row + row_words)", "row.eq(row)", INPUTS),
    ("plane_reader", "below.eq(below + 1)", "below.eq(below)", (EQUAL,)),
    ("plane_writer", "Mux(sign, -low, low)", "Mux(sign, ~low, low)", WRITER),
    ("plane_writer", "self.i.final | (row == rows - 1)", "row == rows - 1", WRITER),
    # results
    ("result_packer", "place == RESULT_BITS - width", "place == RESULT_BITS - 1", RESULTS),
    (
        "result_packer",
        "top = value[-1] if value.shape().signed else Const(0, 1)",
        "top = Const(0, 1)",
        RESULTS,
    ),
    (
        "result_packer",
        "left.eq(self._lanes - 1), rest.eq(totals[RESULT_BITS:])",
        "left.eq(self._lanes - 2), rest.eq(totals[RESULT_BITS:])",
        RESULTS,
    ),
    # words between synapses and neurons
    ("lane_feed", "fresh | (rows_left == 2)", "fresh | (rows_left == 1)", FEED),
    ("lane_feed", "Mux(left > rows, left - rows, 0)", "left - rows", FEED),
    ("lane_feed", "count > self._rows)]", "count > self._rows + 1)]", FEED),
    ("lane_feed", "unasked > 2 * self._rows", "unasked > self._rows", FEED),
    ("lane_feed", "moving | (promised != depth)", "Const(1)", FEED),
    ("lane_feed", "moving.eq(word_valid & fresh & shown.step)", "moving.eq(word_valid)", FEED),
    ("word_rows", "m.d.sync += number.eq(0)", "m.d.sync += number.eq(1)", FEED),
    ("word_rows", "m.Elif(self.step & in_turn)", "m.Elif(in_turn)", FEED),
    (
        "skid",
        "self.kept.eq(self.o.valid & ~self.o.ready)",
        "self.kept.eq(self.i.valid & ~self.o.ready)",
        SKID,
    ),
    # schedule
    ("sequencer", "~instruction.barrier | rested", "~instruction.barrier | self.quiet", SEQUENCER),
    ("sequencer", "changed_before.eq(changed)", "changed_before.eq(0)", SEQUENCER),
    ("sequencer", "self.bank.eq(~self.bank)", "self.bank.eq(0)", SEQUENCER),
    ("sequencer", "second_half.eq(halfway)", "second_half.eq(0)", SEQUENCER),
    (
        "instruction_fetch",
        "restarted.eq(self.restart & self.o.ready)",
        "restarted.eq(self.restart)",
        SEQUENCER,
    ),
    (
        "instruction_fetch",
        "asking.eq((asked != words) & ~self.schedule.select)",
        "asking.eq(asked != words)",
        SEQUENCER,
    ),
    # memories
    (
        "weight_memory",
        "word >> here.start & (1 << bits) - 1",
        "word & (1 << bits) - 1",
        ("tests/rtl/test_memory_slices.py",),
    ),
    (
        "weight_memory",
        "part = slice(start, ",
        "part = slice(here.start, ",
        ("tests/rtl/test_memory_slices.py",),
    ),
    (
        "weight_memory",
        "word ^ inverted.replicate(here.stop - here.start)",
        "word ^ inverted",
        SYNAPSES,
    ),
    ("weight_memory", "silent.eq(self.silent)", "silent.eq(0)", SYNAPSES),
    ("weight_memory", "writing.eq(host.write)", "writing.eq(0)", SLICES),
    ("bus", "READ_CYCLES = 5", "READ_CYCLES = 4", (*BUS, *SLICES)),
    ("bus", "(beat == shape.beats - 1)", "(beat == 0)", BUS),
    ("bus", "self.requests.ready.eq(~self.hold)", "self.requests.ready.eq(1)", (*BUS, *SLICES)),
    # filters
    ("synaptic_filter", "Mux(self.clear, 0, after.state)", "after.state", FILTER),
    ("synaptic_filter", "new[lane].shift.eq(after.shift)", "new[lane].shift.eq(0)", FILTER),
)

MUTATIONS = tuple(
    Mutation(f"rtl/{file}.py", right, wrong, tests) for file, right, wrong, tests in FAULTS
)
