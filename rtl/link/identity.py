"""What a board tells about itself, and the digest of its image."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.link_codes import PROTOCOL_VERSION
from nef2hw.program.memory import DIGEST_BYTES
from nef2hw.rtl.link.cobs import FramedByte

# 8 bytes of head, 8 of each digest; counted so that the count ends at all ones.
_HEAD, _CONFIG, _IMAGE = range(1, 4)
_FIRST = _HEAD * DIGEST_BYTES
_LAST = (_IMAGE + 1) * DIGEST_BYTES - 1
_BAD_FRAMES_PLACE, _TOKEN_PLACE = 1, 4


class Identity(wiring.Component):
    """Offer the payload of IDENTIFY over and over; keep the image digest.

    Parameters
    ----------
    config_digest, image_digest : bytes
        8 bytes each; ``image_digest`` is what the bitstream holds at power-up.
    frame_bytes : int
        Size of the receive buffer.

    Members
    -------
    o : ``Out(stream.Signature(FramedByte))``, 24 bytes, the last one marked
    bad_frames : ``In(8)``
    token : ``In(8)``, the next byte of the token to repeat
    next_token : ``Out(1)``, that byte is taken
    clear : ``In(1)``, set the image digest to zero
    store : ``In(1)``, move ``byte`` into it as its last byte; both only between payloads
    byte : ``In(8)``
    """

    def __init__(self, config_digest: bytes, image_digest: bytes, frame_bytes: int) -> None:
        for name, digest in (("config_digest", config_digest), ("image_digest", image_digest)):
            if len(digest) != DIGEST_BYTES:
                raise ValueError(f"{name} has {len(digest)} bytes, expected {DIGEST_BYTES}")
        self.config_digest = config_digest
        self.image_digest = image_digest
        self.frame_bytes = frame_bytes
        super().__init__(
            {
                "o": Out(stream.Signature(FramedByte)),
                "bad_frames": In(8),
                "token": In(8),
                "next_token": Out(1),
                "clear": In(1),
                "store": In(1),
                "byte": In(8),
            }
        )

    def elaborate(self, platform):
        m = Module()
        digest = Signal(
            8 * DIGEST_BYTES, init=int.from_bytes(self.image_digest, "little"), reset_less=True
        )
        index = Signal(range(_LAST + 1), init=_FIRST)
        part, place = index[3:], index[:3]
        head = [PROTOCOL_VERSION, 0, *self.frame_bytes.to_bytes(2, "little"), 0, 0, 0, 0]
        fixed = bytes([*bytes(_FIRST), *head, *self.config_digest])
        rom = Const(int.from_bytes(fixed, "little"), 8 * len(fixed))

        m.d.comb += [self.o.valid.eq(1), self.o.p.last.eq(index == _LAST)]
        with m.If(part == _IMAGE):
            m.d.comb += self.o.p.data.eq(digest[:8])
        with m.Elif((part == _HEAD) & (place == _BAD_FRAMES_PLACE)):
            m.d.comb += self.o.p.data.eq(self.bad_frames)
        with m.Elif((part == _HEAD) & (place >= _TOKEN_PLACE)):
            m.d.comb += [self.o.p.data.eq(self.token), self.next_token.eq(self.o.ready)]
        with m.Else():
            m.d.comb += self.o.p.data.eq(rom.word_select(index, 8))
        with m.If(self.o.ready):
            m.d.sync += index.eq(Mux(self.o.p.last, _FIRST, index + 1))
        # The digest turns once around while it is told.
        with m.If(self.clear):
            m.d.sync += digest.eq(0)
        with m.Elif(self.store | (self.o.ready & (part == _IMAGE))):
            m.d.sync += digest.eq(Cat(digest[8:], Mux(self.store, self.byte, digest[:8])))
        return m
