"""The sequencer: runs the schedule once per step."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import MAX_FLAGS, CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import Opcode
from nef2hw.rtl.instruction_fetch import InstructionFetch
from nef2hw.rtl.layouts import RunRequest, deliver_layout, update_layout
from nef2hw.rtl.memory import HostPort


class Sequencer(wiring.Component):
    """Hand the instructions of a step to the engines, in order.

    A value input is delivered in the step in which it changed and in the next,
    once into each bank; a spike input or a relay in every step. A reset runs the schedule
    twice with ``clear`` high, once for each bank, and delivers nothing.

    Members
    -------
    run : ``In(stream.Signature(RunRequest))``
        Accepted once the first instruction is at hand and nothing is divided any more.
    update : ``Out(stream.Signature(update_layout(config)))``
    deliver : ``Out(stream.Signature(deliver_layout(config)))``
    done : ``Out(stream.Signature(32))``
        The cycles that the step took, once it is over.
    clear, bank : ``Out(1)``
    quiet : ``In(1)``, nothing will be on its way in the next cycle that what begins then could
        overtake
    dividing : ``In(1)``, overshoots of the step before are still to be written
    schedule : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig, schedule_init: Sequence[int] = ()) -> None:
        self._config = config
        self._schedule_init = schedule_init
        super().__init__(
            {
                "run": In(stream.Signature(RunRequest)),
                "update": Out(stream.Signature(update_layout(config))),
                "deliver": Out(stream.Signature(deliver_layout(config))),
                "done": Out(stream.Signature(32)),
                "clear": Out(1),
                "bank": Out(1),
                "quiet": In(1),
                "dividing": In(1),
                "schedule": In(HostPort(config.memories[MemoryId.SCHEDULE])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.fetch = fetch = InstructionFetch(self._config, self._schedule_init)
        connect(m, flipped(self.schedule), fetch.schedule)
        instruction = fetch.o.payload
        running, may_go, ended, rested = Signal(), Signal(), Signal(), Signal()
        changed, changed_before = Signal(MAX_FLAGS), Signal(MAX_FLAGS)
        m.d.comb += [
            self.run.ready.eq(~running & fetch.o.valid & ~self.dividing),
            may_go.eq(running & fetch.o.valid & (~instruction.barrier | rested)),
            self.update.payload.as_value().eq(instruction.body),
            self.deliver.payload.as_value().eq(instruction.body),
        ]
        with m.If(self.run.valid & self.run.ready):
            m.d.sync += [
                running.eq(1),
                self.clear.eq(self.run.payload.reset),
                changed.eq(self.run.payload.changed),
                self.done.payload.eq(0),
            ]
        with m.Elif(running & ~self.done.valid):
            m.d.sync += self.done.payload.eq(self.done.payload + 1)
        # An engine may begin with an instruction, and not be quiet any more, before it takes it.
        with m.If(fetch.o.ready):
            m.d.sync += rested.eq(0)
        with m.Elif(fetch.o.valid & self.quiet):
            m.d.sync += rested.eq(1)
        self._dispatch(m, fetch, may_go, changed | changed_before, ended)
        with m.If(ended):
            m.d.sync += self.bank.eq(~self.bank)
        with m.If(self.done.valid & self.done.ready):
            m.d.sync += [running.eq(0), changed_before.eq(changed)]
        return m

    def _dispatch(self, m, fetch, may_go, fresh, ended):
        """Offer each instruction to its engine; ``ended`` marks the end of the schedule."""
        deliver = self.deliver.payload
        always = deliver.spiking | deliver.relay if self._config.relaying else deliver.spiking
        wanted = ~self.clear & (always | fresh.bit_select(deliver.flag, 1))
        second_half = Signal()
        m.d.comb += fetch.restart.eq(ended)
        with m.Switch(fetch.o.payload.opcode):
            with m.Case(Opcode.UPDATE):
                m.d.comb += [
                    self.update.valid.eq(may_go),
                    fetch.o.ready.eq(may_go & self.update.ready),
                ]
            with m.Case(Opcode.DELIVER):
                m.d.comb += [
                    self.deliver.valid.eq(may_go & wanted),
                    fetch.o.ready.eq(may_go & (self.deliver.ready | ~wanted)),
                ]
            with m.Case(Opcode.END):
                halfway = self.clear & ~second_half
                m.d.comb += [
                    self.done.valid.eq(may_go & ~halfway),
                    ended.eq(may_go & (halfway | self.done.ready)),
                    fetch.o.ready.eq(ended),
                ]
                with m.If(ended):
                    m.d.sync += second_half.eq(halfway)
