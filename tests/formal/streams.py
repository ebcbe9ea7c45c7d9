"""Harnesses that hold a block to the promises of a stream."""

from amaranth.hdl import Assert, Assume, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In


class StreamProof(wiring.Component):
    """Words pass a block whole, in order, once, and stay while they wait.

    One word that enters, any one, is marked and followed by the number of words ahead of it. What
    offers words keeps them too until they are taken.

    Parameters
    ----------
    dut : a block with streams ``o`` and those named ``sources``, all of one shape
    room : how many words it holds at most
    sources : by default ``i``; of several, words carry the number of theirs in the lowest bit
    """

    def __init__(self, dut, room, sources=("i",)):
        self.dut = dut
        self.room = room
        self.sources = sources
        self.bits = len(dut.o.p.as_value() if hasattr(dut.o.p, "as_value") else dut.o.p)
        super().__init__(
            {
                "ready": In(1),
                "mark": In(1),
                **{f"{name}_valid": In(1) for name in sources},
                **{f"{name}_payload": In(self.bits) for name in sources},
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += dut.o.ready.eq(self.ready)
        taken = [self._offer(m, k, name) for k, name in enumerate(self.sources)]
        enters = Signal()
        given = Signal(self.bits)
        m.d.comb += enters.eq(sum(taken) != 0)
        m.d.comb += Assert(sum(taken) <= 1)
        for name, took in zip(self.sources, taken, strict=True):
            with m.If(took):
                m.d.comb += given.eq(getattr(self, f"{name}_payload"))
        stays(m, dut.o.valid, dut.o.ready, _plain(dut.o.p), Assert, "o")
        self._follow(m, enters, given)
        return m

    def _offer(self, m, number, name):
        port = getattr(self.dut, name)
        valid, payload = getattr(self, f"{name}_valid"), getattr(self, f"{name}_payload")
        m.d.comb += [port.valid.eq(valid), _plain(port.p).eq(payload)]
        stays(m, valid, port.ready, payload, Assume, name)
        if len(self.sources) > 1:
            m.d.comb += Assume(payload[0] == number)
        return valid & port.ready

    def _follow(self, m, enters, given):
        held = Signal(range(self.room + 2))
        ahead = Signal.like(held)
        marked = Signal()
        word = Signal(self.bits)
        out = self.dut.o
        leaves = out.valid & out.ready
        begins = enters & self.mark & ~marked
        m.d.sync += held.eq(held + enters - leaves)
        m.d.comb += [
            Assert(held <= self.room),
            Assert(~leaves | enters | (held != 0)),
            Assert(~marked | (ahead < held)),
            Assert(~(leaves & marked & (ahead == 0)) | (_plain(out.p) == word)),
            Assert(~(leaves & begins & (held == 0)) | (_plain(out.p) == given)),
        ]
        with m.If(begins):
            m.d.sync += [marked.eq(~(leaves & (held == 0))), word.eq(given)]
            m.d.sync += ahead.eq(held - (leaves & (held != 0)))
        with m.Elif(marked & leaves):
            m.d.sync += [marked.eq(ahead != 0), ahead.eq(Mux(ahead == 0, 0, ahead - 1))]


def stays(m, valid, ready, payload, claim, name):
    """Claim that a word once offered stays as it is until it is taken."""
    waits, before = Signal(name=f"{name}_waits"), Signal(len(payload), name=f"{name}_waiting")
    m.d.sync += [waits.eq(valid & ~ready), before.eq(payload)]
    m.d.comb += claim(~waits | (valid & (payload == before)))


def _plain(payload):
    return payload.as_value() if hasattr(payload, "as_value") else payload
