"""Only frames with a right CRC are handed on, and no bytes keep the receiver from the next.

The CRC itself is proven bit by bit; beside the receiver it is replaced by one that says at will
whether it matches.
"""

import zlib

import pytest
from amaranth.hdl import Assert, Assume, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.link_codes import CRC_BYTES, MIN_REQUEST_BYTES
from nef2hw.rtl.link import crc, frames
from tests.formal.prover import model_of
from tests.formal.streams import stays
from tests.sim.mutation import mutate

pytest.importorskip("bitwuzla")

POLYNOMIAL, RESIDUE = 0xEDB88320, 0xDEBB20E3
#: Cycles after which a byte is taken, whatever the receiver does.
PATIENCE = 16


class AnyCrc(wiring.Component):
    """In the place of a CRC: matches whenever it is told to."""

    clear: In(1)
    i: In(stream.Signature(8))
    crc: Out(32)
    match: Out(1)

    says: Signal

    def elaborate(self, _platform):
        m = Module()
        m.d.comb += [self.i.ready.eq(1), self.match.eq(AnyCrc.says)]
        return m


class CrcProof(wiring.Component):
    """A byte that enters leads from any register to what dividing it bit by bit leads to."""

    byte: In(8)
    clear: In(1)

    def __init__(self):
        super().__init__()
        self.dut = crc.Crc32()

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        time = Signal(range(12))
        begun = time == 1
        before = Signal(32)
        byte = Signal(8)
        m.d.sync += time.eq(Mux(time == 11, time, time + 1))
        m.d.comb += [
            dut.i.valid.eq(begun),
            dut.i.payload.eq(self.byte),
            dut.clear.eq((time == 0) & self.clear),
            Assume((time != 0) | dut.i.ready),
            Assert((time != 1) | dut.i.ready),
        ]
        cleared = Signal()
        with m.If(time == 0):
            m.d.sync += cleared.eq(self.clear)
        with m.If(begun):
            m.d.sync += [before.eq(~dut.crc), byte.eq(self.byte)]
        m.d.comb += Assert(~begun | ~cleared | (dut.crc == zlib.crc32(b"")))
        value = before ^ byte
        for _ in range(8):
            value = Mux(value[0], (value >> 1) ^ POLYNOMIAL, value >> 1)
        done = time == 10
        m.d.comb += [
            Assert(~done | dut.i.ready),
            Assert(~done | (dut.crc == (~value)[:32])),
            Assert(~done | (dut.match == (value == RESIDUE))),
        ]
        return m


class ReceiverProof(wiring.Component):
    """Frames that were handed on, counted beside those that ended rightly."""

    valid: In(1)
    byte: In(8)
    ready: In(1)
    match: In(1)

    def __init__(self, frame_bytes=16):
        super().__init__()
        self.dut = frames.FrameReceiver(frame_bytes)
        AnyCrc.says = self.match

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += [
            dut.i.valid.eq(self.valid),
            dut.i.payload.eq(self.byte),
            dut.o.ready.eq(self.ready),
        ]
        stays(m, self.valid, dut.i.ready, self.byte, Assume, "i")
        stays(m, dut.o.valid, self.ready, dut.o.p.as_value(), Assert, "o")
        self._count(m, dut)
        self._wait(m, dut)
        return m

    def _count(self, m, dut):
        """No byte is offered but of a frame whose CRC matched at some end of a frame."""
        right, begun, inside = Signal(6), Signal(6), Signal()
        ended = Signal(2)  # a delimiter came a cycle or two ago, and is looked at now
        bytes_in, payload = Signal(6), Signal(6)
        takes = self.valid & dut.i.ready
        m.d.sync += ended.eq((ended << 1) | (takes & (self.byte == 0)))
        with m.If(takes):
            m.d.sync += bytes_in.eq(Mux(self.byte == 0, 0, bytes_in + 1))
        with m.If(takes & (self.byte == 0)):
            m.d.sync += payload.eq(bytes_in)
        legal = payload >= MIN_REQUEST_BYTES + CRC_BYTES + 1
        with m.If((ended != 0) & self.match & legal):
            m.d.sync += right.eq(right + 1)
        with m.If(dut.o.valid & self.ready):
            m.d.sync += inside.eq(dut.o.p.left != 0)
            with m.If(~inside):
                m.d.sync += begun.eq(begun + 1)
        following = Signal(8)
        with m.If(dut.o.valid & self.ready):
            m.d.sync += following.eq(dut.o.p.left - 1)
        m.d.comb += [
            Assert(~dut.o.valid | inside | (begun < right)),
            Assert(~dut.o.valid | ~inside | (dut.o.p.left == following)),
        ]

    def _wait(self, m, dut):
        """A byte that is offered is taken before long, whether or not what it has is taken."""
        waited = Signal(range(PATIENCE + 2))
        m.d.sync += waited.eq(Mux(self.valid & ~dut.i.ready, waited + 1, 0))
        m.d.comb += Assert(waited < PATIENCE)


class RecoveryProof(wiring.Component):
    """Any bytes, a delimiter, then a right frame: its bytes are handed on, with its real CRC."""

    byte: In(8)

    def __init__(self, junk, cycles):
        super().__init__()
        self.dut = frames.FrameReceiver(32)
        self.junk, self.cycles = junk, cycles
        body = bytes(range(7, 7 + MIN_REQUEST_BYTES))
        sent = body + zlib.crc32(body).to_bytes(4, "little")
        assert 0 not in sent
        self.body, self.frame = body, bytes([0, len(sent) + 1]) + sent + bytes([0])

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        sent, time = Signal(6), Signal(range(self.cycles + 2))
        given = Signal(8)
        m.d.sync += time.eq(Mux(time == self.cycles, time, time + 1))
        with m.If(sent < self.junk):
            m.d.comb += given.eq(self.byte)
        for k, byte in enumerate(self.frame):
            with m.If(sent == self.junk + k):
                m.d.comb += given.eq(byte)
        m.d.comb += [
            dut.i.valid.eq(sent < self.junk + len(self.frame)),
            dut.i.payload.eq(given),
            dut.o.ready.eq(1),
        ]
        before, waits = Signal(8), Signal()
        m.d.sync += [waits.eq(dut.i.valid & ~dut.i.ready), before.eq(given)]
        m.d.comb += Assume(~waits | (given == before))
        m.d.sync += sent.eq(sent + (dut.i.valid & dut.i.ready))
        got = Signal(len(self.body))
        with m.If(dut.o.valid & (sent == self.junk + len(self.frame))):
            for k, byte in enumerate(self.body):
                with m.If((dut.o.p.left == len(self.body) - 1 - k) & (dut.o.p.data == byte)):
                    m.d.sync += got[k].eq(1)
        m.d.comb += Assert((time != self.cycles) | got.all())
        return m


@pytest.fixture
def any_crc(monkeypatch):
    monkeypatch.setattr(frames, "Crc32", AnyCrc)


@pytest.mark.formal
def test_a_crc_register_takes_a_byte_as_division_does():
    assert model_of(CrcProof(), any_start=True).holds_for(12)


def test_only_frames_with_a_matching_crc_are_handed_on_and_all_bytes_are_taken(any_crc):
    model = model_of(ReceiverProof())
    assert model.happens("<dut.o__valid>", 24)
    assert model.holds_for(28)


@pytest.mark.formal
def test_the_same_of_two_frames(any_crc):
    assert model_of(ReceiverProof()).holds_for(40)


@pytest.mark.formal
@pytest.mark.parametrize("junk", [1, 2])
def test_after_any_bytes_and_a_delimiter_a_right_frame_is_handed_on(junk):
    proof = RecoveryProof(junk, 10 * (junk + 12) + 20)
    assert model_of(proof).holds_for(proof.cycles + 1)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("crc.match & legal", "legal"),
        ("crc.match & legal & ~items.p.cut", "crc.match & ~items.p.cut"),
        ("self.o.valid.eq(~in_crc)", "self.o.valid.eq(1)"),
        ("items.ready.eq(crc.i.ready)", "items.ready.eq(crc.i.ready & self.o.ready)"),
    ],
)
def test_a_broken_receiver_is_found_out(right, wrong, monkeypatch):
    mutate(monkeypatch, "link.frames", right, wrong)
    monkeypatch.setitem(frames.FrameReceiver.elaborate.__globals__, "Crc32", AnyCrc)
    assert not model_of(ReceiverProof()).holds_for(36)
