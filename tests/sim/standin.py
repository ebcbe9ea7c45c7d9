"""A component with the streams of a core and as little as possible behind them."""

from amaranth import C, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest

DEPTH = 16


class StandIn(wiring.Component):
    """One memory of 16 beats on the bus; a step delivers beats 0 to ``changed - 1``.

    With ``hangs`` a run is never answered; with ``fickle`` result words change while they wait.
    """

    bus: In(stream.Signature(BusRequest))
    bus_read: Out(stream.Signature(32))
    run: In(stream.Signature(RunRequest))
    results: Out(stream.Signature(ResultWord))

    def __init__(self, hangs=False, fickle=False):
        self.hangs = hangs
        self.fickle = fickle
        super().__init__()

    def elaborate(self, _platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=32, depth=DEPTH, init=[])
        write = memory.write_port()
        bus_port = memory.read_port(domain="comb")
        step_port = memory.read_port(domain="comb")
        request = self.bus.payload
        m.d.comb += [
            write.addr.eq(request.address),
            write.data.eq(request.data),
            write.en.eq(self.bus.valid & self.bus.ready & request.write),
            bus_port.addr.eq(request.address),
            self.bus_read.payload.eq(bus_port.data),
            self.bus_read.valid.eq(self.bus.valid & ~request.write),
            self.bus.ready.eq(request.write | self.bus_read.ready),
        ]
        self._elaborate_run(m, step_port)
        return m

    def _elaborate_run(self, m, port):
        busy, index, count, cycles = Signal(), Signal(16), Signal(16), Signal(32)
        last = index == count
        m.d.comb += [
            self.run.ready.eq(~busy),
            port.addr.eq(index),
            self.results.valid.eq(busy & C(not self.hangs)),
            self.results.payload.data.eq(Mux(last, cycles, port.data)),
            self.results.payload.last.eq(last),
        ]
        if self.fickle:
            m.d.comb += self.results.payload.data.eq(cycles)
        with m.If(busy):
            with m.If(~last | C(self.fickle)):
                m.d.sync += cycles.eq(cycles + 1)
            with m.If(self.results.valid & self.results.ready):
                m.d.sync += [index.eq(index + 1), busy.eq(~last)]
        with m.Elif(self.run.valid):
            reset = self.run.payload.reset
            m.d.sync += [busy.eq(1), index.eq(0), cycles.eq(0)]
            m.d.sync += count.eq(Mux(reset, 0, self.run.payload.changed))
