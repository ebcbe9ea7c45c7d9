"""Consistent-overhead byte stuffing: frames without a zero byte, ended by one."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

#: Most data bytes that one code byte introduces.
BLOCK_BYTES = 254

_FULL_CODE = BLOCK_BYTES + 1
_BUFFER_BYTES = 256


class DecodedItem(data.Struct):
    """A byte of a frame, or its end; ``cut`` tells that a block was not complete."""

    data: 8
    end: 1
    cut: 1


class FramedByte(data.Struct):
    """A byte of a frame to send; ``last`` marks the frame's end."""

    data: 8
    last: 1


class CobsDecoder(wiring.Component):
    """Decode one byte per cycle without latency; any zero byte ends a frame.

    Members
    -------
    i : ``In(stream.Signature(8))``
    o : ``Out(stream.Signature(DecodedItem))``, at most one item per byte
    """

    i: In(stream.Signature(8))
    o: Out(stream.Signature(DecodedItem))

    def elaborate(self, platform):
        m = Module()
        code = Signal(8, init=1)  # bytes to come before the next code byte, plus one
        zero_due = Signal()
        delimiter = self.i.payload == 0
        is_code = code == 1

        m.d.comb += [
            self.o.p.data.eq(Mux(is_code, 0, self.i.payload)),
            self.o.p.end.eq(delimiter),
            self.o.p.cut.eq(~is_code),
            self.o.valid.eq(self.i.valid & (delimiter | ~is_code | zero_due)),
            self.i.ready.eq(self.o.ready | ~self.o.valid),
        ]
        with m.If(self.i.valid & self.i.ready):
            with m.If(delimiter):
                m.d.sync += [code.eq(1), zero_due.eq(0)]
            with m.Elif(is_code):
                m.d.sync += [code.eq(self.i.payload), zero_due.eq(self.i.payload != _FULL_CODE)]
            with m.Else():
                m.d.sync += code.eq(code - 1)
        return m


class CobsEncoder(wiring.Component):
    """Encode frames of one byte or more of any length and end each with a zero byte.

    A block of up to 254 bytes is collected at a byte per cycle, then sent at a
    byte per two cycles, during which no input is taken.

    Members
    -------
    i : ``In(stream.Signature(FramedByte))``
    o : ``Out(stream.Signature(8))``
    """

    i: In(stream.Signature(FramedByte))
    o: Out(stream.Signature(8))

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = Memory(shape=8, depth=_BUFFER_BYTES, init=[])
        write = buffer.write_port()
        read = buffer.read_port(transparent_for=[write])
        code = Signal(8, init=1)
        sent = Signal(8)
        ended = Signal()
        zero_ended = Signal()
        m.d.comb += [
            write.addr.eq(code),
            write.data.eq(self.i.p.data),
            read.addr.eq(sent),
            read.en.eq(~write.en),
        ]
        with m.FSM():
            with m.State("COLLECT"):
                self._collect(m, write, code, ended, zero_ended)
            with m.State("CODE"):
                m.d.comb += [self.o.payload.eq(code), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.d.sync += sent.eq(1)
                    m.next = "FETCH"
            with m.State("FETCH"):
                with m.If(sent != code):
                    m.next = "DATA"
                with m.Else():
                    m.d.sync += [code.eq(1), zero_ended.eq(0)]
                    with m.If(zero_ended):
                        m.next = "CODE"
                    with m.Elif(ended):
                        m.next = "DELIMITER"
                    with m.Else():
                        m.next = "COLLECT"
            with m.State("DATA"):
                m.d.comb += [self.o.payload.eq(read.data), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.d.sync += sent.eq(sent + 1)
                    m.next = "FETCH"
            with m.State("DELIMITER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "COLLECT"
        return m

    def _collect(self, m, write, code, ended, zero_ended):
        """Take bytes until the block is full, a zero byte came, or the frame ends."""
        is_zero = self.i.p.data == 0
        m.d.comb += [self.i.ready.eq(1), write.en.eq(self.i.valid & ~is_zero)]
        with m.If(self.i.valid):
            m.d.sync += [ended.eq(self.i.p.last), zero_ended.eq(self.i.p.last & is_zero)]
            with m.If(~is_zero):
                m.d.sync += code.eq(code + 1)
            with m.If(is_zero | self.i.p.last | (code == BLOCK_BYTES)):
                m.next = "CODE"
