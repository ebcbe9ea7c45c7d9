"""The sequencer hands out a step's instructions in order and waits at barriers."""

from dataclasses import replace

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.words import (
    SCHEDULE_BITS,
    Opcode,
    deliver_fields,
    instruction_fields,
    pack,
    update_fields,
)
from nef2hw.rtl.layouts import RunRequest
from nef2hw.rtl.sequencer import Sequencer
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import program_of, recurrent

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

#: Opcode, tag, barrier, input and whether it spikes. Tags go where the engines would see numbers.
SCHEDULE = (
    (Opcode.DELIVER, 1, 0, 0, 0),
    (Opcode.UPDATE, 2, 1, 0, 0),
    (Opcode.DELIVER, 3, 0, 2, 1),
    (Opcode.UPDATE, 4, 0, 0, 0),
    (Opcode.UPDATE, 5, 1, 0, 0),
    (Opcode.DELIVER, 6, 0, 15, 0),
    (Opcode.END, 0, 1, 0, 0),
)
#: Reset and inputs that changed, one run after the other.
RUNS = (
    (1, 0),
    (0, 0x8001),
    (0, 0x0000),
    (0, 0x0000),
    (0, 0x0001),
    (0, 0x8000),
    (0, 0x0000),
    (0, 0x8005),
    (1, 0x0000),
    (0, 0x0000),
    (0, 0x0001),
    (0, 0x0001),
    (0, 0x0000),
    (0, 0x0000),
)
BUSY_CYCLES = {Opcode.UPDATE: 9, Opcode.DELIVER: 21}
#: Cycles for which an engine works on an update before it takes it, and divides after it.
HESITATION, DIVISION = 3, 30


class StreamedSequencer(wiring.Component):
    """The sequencer with engines that are busy for a while and log what they are given.

    The log tells whether all engines were at rest when an instruction that was to wait for that
    was first offered, and at the end, and whether nothing was divided any more at the start.
    """

    def __init__(self, config, schedule):
        self.sequencer = Sequencer(config, schedule)
        self.entry = data.StructLayout({"opcode": 2, "tag": 4, "rested": 1, "clear": 1, "bank": 1})
        super().__init__(
            {"run": In(stream.Signature(RunRequest)), "log": Out(stream.Signature(self.entry))}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.sequencer = sequencer = self.sequencer
        connect(m, flipped(self.run), sequencer.run)
        entry = self.log.payload
        update, deliver, done = sequencer.update, sequencer.deliver, sequencer.done
        hesitating, was_quiet = Signal(range(HESITATION + 1)), Signal()
        early = Signal()
        ready = hesitating == HESITATION
        resting = [
            self._engine(m, update, Opcode.UPDATE, update.payload.neuron, ready),
            self._engine(m, deliver, Opcode.DELIVER, deliver.payload.row, 1),
        ]
        dividing = Signal(range(DIVISION + 1))
        with m.If(update.valid & update.ready):
            m.d.sync += [hesitating.eq(0), dividing.eq(DIVISION)]
        with m.Else():
            m.d.sync += dividing.eq(dividing - (dividing != 0))
            with m.If(update.valid & resting[0] & ~ready):
                m.d.sync += hesitating.eq(hesitating + 1)
        with m.If(self.run.valid & self.run.ready):
            m.d.sync += early.eq(sequencer.dividing)
        with m.If(hesitating == 0):
            m.d.sync += was_quiet.eq(sequencer.quiet)
        m.d.comb += [
            sequencer.dividing.eq(dividing != 0),
            sequencer.quiet.eq(resting[0] & resting[1] & (hesitating == 0)),
            entry.clear.eq(sequencer.clear),
            entry.bank.eq(sequencer.bank),
            entry.rested.eq(
                Mux(update.valid, ~update.payload.held | was_quiet, deliver.valid | sequencer.quiet)
                & ~early
            ),
            done.ready.eq(self.log.ready),
        ]
        with m.If(done.valid):
            m.d.comb += [entry.opcode.eq(Opcode.END), self.log.valid.eq(1)]
        return m

    def _engine(self, m, given, opcode, tag, ready):
        """Take an instruction when at rest and ready; return whether it is at rest."""
        left = Signal(range(BUSY_CYCLES[opcode] + 1), name=f"left_{opcode.name}")
        resting = left == 0
        m.d.comb += given.ready.eq(self.log.ready & resting & ready)
        with m.If(given.valid & resting & ready):
            m.d.comb += [
                self.log.valid.eq(1),
                self.log.payload.opcode.eq(opcode),
                self.log.payload.tag.eq(tag),
            ]
        with m.If(given.valid & given.ready):
            m.d.sync += left.eq(BUSY_CYCLES[opcode])
        with m.Elif(~resting):
            m.d.sync += left.eq(left - 1)
        return resting


def schedule_words(config):
    """The words of SCHEDULE; an update that is to wait is marked as held."""
    for opcode, tag, barrier, index, spiking in SCHEDULE:
        body = 0
        if opcode is Opcode.UPDATE:
            body = pack(update_fields(config), {"neuron": tag, "held": barrier})
        elif opcode is Opcode.DELIVER:
            fields = {"row": tag, "flag": index, "spiking": spiking}
            body = pack(deliver_fields(config), fields)
        whole = {"opcode": opcode, "barrier": barrier, "body": body}
        instruction = pack(instruction_fields(config), whole)
        for k in range(config.instruction_words):
            yield instruction >> SCHEDULE_BITS * k & (1 << SCHEDULE_BITS) - 1


def log_of_runs():
    """What the engines should be given: the schedule twice in a reset, once in a step."""
    bank, before = 0, 0
    for reset, changed in RUNS:
        for half in range(1 + reset):
            for opcode, tag, _, index, spiking in SCHEDULE:
                fresh = spiking or (changed | before) >> index & 1
                is_given = {
                    Opcode.UPDATE: True,
                    Opcode.DELIVER: fresh and not reset,
                    Opcode.END: half == reset,
                }[opcode]
                if is_given:
                    entry = {"opcode": opcode, "tag": tag, "rested": 1}
                    yield {**entry, "clear": reset, "bank": bank}
            bank ^= 1
        before = changed


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_instructions_are_given_in_order_and_at_rest(stall, tmp_path):
    config = program_of(recurrent()).config
    config = replace(config, schedule_words=len(SCHEDULE) * config.instruction_words)
    block = StreamedSequencer(config, list(schedule_words(config)))
    runs = [{"reset": reset, "changed": changed} for reset, changed in RUNS]
    given = stream_cases(RunRequest, columns_of(runs))
    expected = stream_cases(block.entry, columns_of(list(log_of_runs())))
    check_block(block, {"run": given}, {"log": expected}, tmp_path, stall)
