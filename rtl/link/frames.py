"""Frames with a CRC-32: a receiver that forwards only whole, right ones, and a transmitter."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from nef2hw.program.link_codes import CRC_BYTES, MIN_REQUEST_BYTES
from nef2hw.rtl.link.cobs import CobsDecoder, CobsEncoder, DecodedItem, FramedByte
from nef2hw.rtl.link.crc import Crc32
from nef2hw.rtl.stream_register import StreamRegister

#: Default size of the receive buffer in bytes: one block RAM of an iCE40.
FRAME_BYTES = 512

_LENGTH_BITS = 9
_BEFORE_FIRST = (1 << _LENGTH_BITS) - CRC_BYTES - 1


class RequestByte(data.Struct):
    """A byte of a received frame; ``left`` bytes of it follow."""

    data: 8
    left: 8


class FrameReceiver(wiring.Component):
    """Store frames and hand them on, without their CRC, once that is known to be right.

    Frames that wait share a ring of ``frame_bytes`` bytes; one of n bytes takes
    n + 5 of it (length and CRC), and ``frame_bytes - 1`` can be in use. A frame that is
    cut, damaged, shorter than 3 or longer than 256 bytes, or finds no room, is dropped
    and counted; empty frames are ignored. Nine cycles per byte received and three per
    byte handed on; the input is never held up by an unread frame.

    Parameters
    ----------
    frame_bytes : int
        Size of the ring, a power of two from 16.

    Members
    -------
    i : ``In(stream.Signature(8))``, COBS with delimiters
    o : ``Out(stream.Signature(RequestByte))``
    bad_frames : ``Out(8)``, number of frames dropped, modulo 256
    """

    def __init__(self, frame_bytes: int = FRAME_BYTES) -> None:
        if frame_bytes < 16 or frame_bytes & (frame_bytes - 1):
            raise ValueError(f"frame_bytes is {frame_bytes}, expected a power of two from 16")
        self.frame_bytes = frame_bytes
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(RequestByte)),
                "bad_frames": Out(8),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = decoder = CobsDecoder()
        m.submodules.items = items = StreamRegister(DecodedItem)
        m.submodules.crc = crc = Crc32()
        m.submodules.ring = ring = Memory(shape=8, depth=self.frame_bytes, init=[])
        wiring.connect(m, wiring.flipped(self.i), decoder.i)
        wiring.connect(m, decoder.o, items.i)
        committed = Signal(range(self.frame_bytes))
        read = Signal(range(self.frame_bytes))
        write_port = ring.write_port()
        read_port = ring.read_port(transparent_for=[write_port])
        # Ports that exclude each other need no logic around a block RAM.
        writing = self._store(m, write_port, items.o, crc, committed, read)
        m.d.comb += read_port.en.eq(~writing)
        self._forward(m, read_port, committed, read)
        return m

    def _store(self, m, port, items, crc, committed, read):
        """Write frames behind ``committed``; move that only past a right one.

        ``length`` starts below zero by the CRC and one, so that it ends as the
        number of bytes after the first, which the ring keeps in front of them.
        Returns whether a byte may be written.
        """
        write = Signal.like(committed)
        length_bits = max(_LENGTH_BITS, len(committed))
        length = Signal(length_bits, init=-(CRC_BYTES + 1) % (1 << length_bits))
        dropped, writing = Signal(), Signal()
        m.d.comb += [
            port.addr.eq(write),
            port.data.eq(items.p.data),
            crc.i.payload.eq(items.p.data),
        ]
        with m.FSM():
            with m.State("GAP"):
                m.d.comb += [crc.clear.eq(1), items.ready.eq(items.p.end)]
                m.d.sync += [length.eq(length.init), dropped.eq(0)]
                with m.If(items.valid & ~items.p.end):
                    m.d.sync += write.eq(write + 1)
                    m.next = "BODY"
                with m.Elif(items.valid & items.p.cut):
                    self._count_bad(m)
            with m.State("BODY"):
                stop = dropped | (write == read)
                m.d.comb += items.ready.eq(crc.i.ready)
                with m.If(items.valid & crc.i.ready):
                    m.d.comb += writing.eq(1)
                    with m.If(items.p.end):
                        legal = (length[8:] == 0) & (length[:8] >= MIN_REQUEST_BYTES - 1)
                        m.d.sync += write.eq(committed)
                        m.next = "GAP"
                        with m.If(crc.match & legal & ~items.p.cut & ~stop):
                            m.d.sync += committed.eq(write)
                            m.next = "HEADER"
                        with m.Else():
                            self._count_bad(m)
                    with m.Else():
                        m.d.comb += [crc.i.valid.eq(1), port.en.eq(~stop)]
                        m.d.sync += [
                            dropped.eq(stop),
                            write.eq(write + 1),
                            length.eq(length + 1),
                        ]
            with m.State("HEADER"):
                m.d.comb += [writing.eq(1), port.en.eq(1), port.data.eq(length)]
                m.d.sync += write.eq(committed)
                m.next = "GAP"
        return writing

    def _count_bad(self, m):
        m.d.sync += self.bad_frames.eq(self.bad_frames + 1)

    def _forward(self, m, port, committed, read):
        """Hand on the frames up to ``committed``, skipping the CRC of each.

        ``left`` goes on counting below zero while the CRC is skipped.
        """
        left = Signal(_LENGTH_BITS)
        in_crc = left[-1]
        waiting = Signal()
        m.d.sync += waiting.eq(read != committed)
        m.d.comb += [port.addr.eq(read), self.o.p.left.eq(left)]

        with m.FSM():
            with m.State("WAIT"), m.If(waiting & port.en):
                m.d.sync += read.eq(read + 1)
                m.next = "LENGTH"
            with m.State("LENGTH"), m.If(port.en):
                m.d.sync += left.eq(port.data)
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.sync += self.o.p.data.eq(port.data)
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(~in_crc)
                with m.If(self.o.ready | in_crc):
                    m.d.sync += [read.eq(read + 1), left.eq(left - 1)]
                    m.next = "FETCH"
            with m.State("FETCH"):
                with m.If(left == _BEFORE_FIRST):
                    m.next = "WAIT"
                with m.Elif(port.en):
                    m.next = "TAKE"


class FrameTransmitter(wiring.Component):
    """Append the CRC-32, encode with COBS and end with a zero byte.

    Nine cycles per byte, as long as the output is taken.

    Members
    -------
    i : ``In(stream.Signature(FramedByte))``, frames of one byte or more
    o : ``Out(stream.Signature(8))``
    """

    i: In(stream.Signature(FramedByte))
    o: Out(stream.Signature(8))

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = Crc32()
        m.submodules.framed = framed = StreamRegister(FramedByte)
        m.submodules.encoder = encoder = CobsEncoder()
        wiring.connect(m, framed.o, encoder.i)
        wiring.connect(m, encoder.o, wiring.flipped(self.o))
        index = Signal(range(CRC_BYTES))

        ready = framed.i.ready & crc.i.ready
        m.d.comb += [framed.i.p.data.eq(self.i.p.data), crc.i.payload.eq(self.i.p.data)]
        with m.FSM():
            with m.State("BODY"):
                m.d.comb += [
                    crc.i.valid.eq(self.i.valid & framed.i.ready),
                    framed.i.valid.eq(self.i.valid & crc.i.ready),
                    self.i.ready.eq(ready),
                ]
                with m.If(self.i.valid & ready & self.i.p.last):
                    m.next = "CRC"
            with m.State("CRC"):
                # Fed with what its register holds, a CRC does nothing but shift.
                m.d.comb += [
                    crc.i.payload.eq(~crc.crc[:8]),
                    crc.i.valid.eq(framed.i.ready),
                    framed.i.p.data.eq(crc.crc[:8]),
                    framed.i.p.last.eq(index == CRC_BYTES - 1),
                    framed.i.valid.eq(crc.i.ready),
                ]
                with m.If(ready):
                    m.d.sync += index.eq(index + 1)
                    with m.If(framed.i.p.last):
                        m.next = "CLEAR"
            with m.State("CLEAR"):
                m.d.comb += crc.clear.eq(crc.i.ready)
                with m.If(crc.i.ready):
                    m.next = "BODY"
        return m
