"""Blocks of the core behind plain streams, so that one bench serves them all."""

import pytest
from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.pipeline import FIRING
from nef2hw.rtl.divider import Divider
from nef2hw.rtl.lane_feed import take_layout
from nef2hw.rtl.layouts import event_layout, membrane_layout, update_layout
from nef2hw.rtl.membrane import Membrane
from nef2hw.rtl.synapse_engine import SynapseEngine
from nef2hw.rtl.synaptic_filter import SynapticFilter
from nef2hw.sim.benches.cases import save_cases
from nef2hw.sim.benches.runner import run_bench


def check_block(component, inputs, outputs, folder, stall=0.0, seed=0, simulator=None):
    """Run the dataflow bench on ``component`` and fail with its message."""
    cases = folder / "cases.npz"
    save_cases(cases, inputs, outputs, stall=stall, seed=seed)
    report = run_bench(
        component,
        "nef2hw.sim.benches.dataflow",
        folder,
        settings={"NEF2HW_BENCH_CASES": str(cases)},
        simulator=simulator,
    )
    if report.failures:
        pytest.fail("\n".join(report.failures), pytrace=False)


class StreamedDivider(wiring.Component):
    """The divider, taking an operand in each cycle of its tick."""

    def __init__(self, bits, frac, interval):
        self.interval = interval
        self.divider = Divider(
            bits=bits, quotient_bits=FRACTION_BITS, frac=frac, tag_bits=8, interval=interval
        )
        self.operand = data.StructLayout(
            {"tag": unsigned(8), "excess": unsigned(bits), "drive": unsigned(bits)}
        )
        self.fraction = data.StructLayout({"tag": unsigned(8), "quotient": unsigned(FRACTION_BITS)})
        super().__init__(
            {
                "i": In(stream.Signature(self.operand)),
                "o": Out(wiring.Signature({"valid": Out(1), "payload": Out(self.fraction)})),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.divider = divider = self.divider
        phase = Signal(range(self.interval + 1))
        tick = phase == 0
        m.d.sync += phase.eq(phase + 1)
        with m.If(phase == self.interval - 1):
            m.d.sync += phase.eq(0)
        m.d.comb += [
            divider.tick.eq(tick),
            self.i.ready.eq(tick),
            divider.i.valid.eq(self.i.valid),
            divider.i.tag.eq(self.i.payload.tag),
            divider.i.excess.eq(self.i.payload.excess),
            divider.i.drive.eq(self.i.payload.drive),
            self.o.valid.eq(divider.o.valid),
            self.o.payload.tag.eq(divider.o.tag),
            self.o.payload.quotient.eq(divider.o.quotient),
        ]
        return m


class StreamedMembrane(wiring.Component):
    """The membrane with one neuron at a time: its state written before, and read after."""

    def __init__(self, config):
        self.membrane = Membrane(config)
        self.state = data.StructLayout(
            {"membrane": membrane_layout(config), "overshoot": unsigned(FRACTION_BITS)}
        )
        self.request = data.StructLayout(
            {
                "parameters": update_layout(config),
                "clear": 1,
                "state": self.state,
                "total": signed(config.formats.sum_bits),
            }
        )
        self.counting = config.counting
        count = {"count": config.formats.count_bits} if self.counting else {}
        self.answer = data.StructLayout({"spike": 1, **count, "state": self.state})
        self.interval = config.neuron_interval
        assert config.memories[MemoryId.MEMBRANE].depth > 1
        super().__init__(
            {
                "i": In(stream.Signature(self.request)),
                "o": Out(stream.Signature(self.answer)),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.membrane = block = self.membrane
        phase = Signal(range(self.interval + 1))
        tick = phase == 0
        m.d.sync += phase.eq(phase + 1)
        with m.If(phase == self.interval - 1):
            m.d.sync += phase.eq(0)
        given = self.i.payload
        m.d.comb += [
            block.parameters.eq(given.parameters),
            block.clear.eq(given.clear),
            block.tick.eq(phase == FIRING % self.interval),
            block.early.eq(1),
            block.fetch.eq(1),
            block.opens.eq(1),
            block.i.neuron.eq(1),
            block.i.opens.eq(block.i.valid),
            block.i.final.eq(1),
            block.i.total[0].eq(given.total),
            block.membrane.address.eq(1),
            block.membrane.write_data.eq(given.state.membrane),
            block.overshoot.address.eq(1),
            block.overshoot.write_data.eq(given.state.overshoot),
        ]
        ports = (block.membrane, block.overshoot)
        with m.FSM():
            with m.State("WRITE"):
                m.d.comb += [port.select.eq(1) for port in ports]
                m.d.comb += [port.write.eq(self.i.valid) for port in ports]
                with m.If(self.i.valid):
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.next = "HOLD"
            with m.State("HOLD"):
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += block.i.valid.eq(tick)
                m.d.sync += self.o.payload.eq(0)
                with m.If(tick):
                    m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(block.o.valid):
                    m.d.sync += self.o.payload.spike.eq(block.o.spike)
                    if self.counting:
                        m.d.sync += self.o.payload.count.eq(Mux(block.o.spike, block.o.count[0], 0))
                with m.If(~block.busy & ~block.dividing):
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += [port.select.eq(1) for port in ports]
                m.next = "CAPTURE"
            with m.State("CAPTURE"):
                m.d.sync += [
                    self.o.payload.state.membrane.eq(block.membrane.read_data),
                    self.o.payload.state.overshoot.eq(block.overshoot.read_data),
                ]
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [self.o.valid.eq(1), self.i.ready.eq(self.o.ready)]
                with m.If(self.o.ready):
                    m.next = "WRITE"
        return m


class StreamedFilter(wiring.Component):
    """The synaptic filter with one slot at a time: its state written before, and read after.

    In a coupled core, the partner's state is written too.
    """

    def __init__(self, config):
        formats = config.formats
        self.coupled = config.coupled
        self.filter = SynapticFilter(config)
        self.request = data.StructLayout(
            {
                "parameters": update_layout(config),
                "state": signed(formats.filter_bits),
                **({"partner": signed(formats.filter_bits)} if config.coupled else {}),
                "shift": unsigned(formats.shift_bits),
                "drive": signed(formats.accumulator_bits),
            }
        )
        self.answer = data.StructLayout(
            {"state": signed(formats.filter_bits), "contribution": signed(formats.sum_bits)}
        )
        super().__init__(
            {"i": In(stream.Signature(self.request)), "o": Out(stream.Signature(self.answer))}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.filter = block = self.filter
        given = self.i.payload
        m.d.comb += [
            block.parameters.eq(given.parameters),
            block.fetch.eq(1),
            block.i.opens.eq(block.i.valid),
            block.i.slot.eq(1),
            block.i.drive[0].eq(given.drive),
            block.filter.address.eq(1),
            block.filter.write_data.eq(Cat(given.state, given.shift)),
        ]
        if self.coupled:
            m.d.comb += block.partner.eq(2)
        with m.FSM():
            with m.State("WRITE"):
                m.d.comb += [block.filter.select.eq(1), block.filter.write.eq(self.i.valid)]
                with m.If(self.i.valid):
                    m.next = "WRITE_PARTNER" if self.coupled else "FETCH"
            if self.coupled:
                with m.State("WRITE_PARTNER"):
                    m.d.comb += [
                        block.filter.select.eq(1),
                        block.filter.write.eq(1),
                        block.filter.address.eq(2),
                        block.filter.write_data.eq(Cat(given.partner, given.shift)),
                    ]
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += block.i.valid.eq(1)
                m.next = "WAIT"
            with m.State("WAIT"), m.If(block.o.valid):
                m.d.sync += self.o.payload.contribution.eq((block.o.addend[0] + 1) >> 1)
                m.next = "READ"
            with m.State("READ"):
                m.d.comb += block.filter.select.eq(1)
                m.next = "CAPTURE"
            with m.State("CAPTURE"):
                m.d.sync += self.o.payload.state.eq(block.filter.read_data)
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [self.o.valid.eq(1), self.i.ready.eq(self.o.ready)]
                with m.If(self.o.ready):
                    m.next = "WRITE"
        return m


class StreamedSynapses(wiring.Component):
    """The synapse engine, fed events and requests for sums in one order.

    A request waits until all events before it are delivered.
    """

    def __init__(self, config, weights, row_map):
        bits = config.formats.accumulator_bits
        self.engine = SynapseEngine(config, weights, row_map)
        self.command = data.StructLayout(
            {
                "bank": 1,
                "is_take": 1,
                "event": event_layout(config),
                "take": take_layout(config),
            }
        )
        self.sums = data.ArrayLayout(signed(bits), config.lanes)
        super().__init__(
            {
                "i": In(stream.Signature(self.command)),
                "o": Out(wiring.Signature({"valid": Out(1), "payload": Out(self.sums)})),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.engine = engine = self.engine
        given, bank = self.i.payload, Signal()
        settled = ~engine.adding & (bank == given.bank)
        m.d.comb += [
            engine.bank.eq(bank),
            engine.events.payload.eq(given.event),
            engine.take.payload.eq(given.take),
            self.o.valid.eq(engine.taken.valid),
            self.o.payload.eq(engine.taken.word),
        ]
        with m.If(self.i.valid & (bank != given.bank) & ~engine.adding):
            m.d.sync += bank.eq(given.bank)
        with m.If(given.is_take):
            m.d.comb += [
                engine.take.valid.eq(self.i.valid & settled),
                self.i.ready.eq(engine.take.ready & settled),
            ]
        with m.Elif(bank == given.bank):
            m.d.comb += [
                engine.events.valid.eq(self.i.valid),
                self.i.ready.eq(engine.events.ready),
            ]
        return m
