"""CRC-32 as in zlib, over bytes."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.wiring import In, Out

_BYTE_BITS = 8


class Crc32(wiring.Component):
    """Take a byte every nine cycles; ``crc`` and ``match`` are good while ``i.ready``.

    Bits are fed one by one, least significant first, which equals the reflected
    byte-wide CRC at a third of its logic; a UART byte lasts 40 cycles or more.

    Members
    -------
    clear : ``In(1)``, begin a new CRC; legal while ``i.ready``, no byte may be given with it
    i : ``In(stream.Signature(8))``
    crc : ``Out(32)``, equal to ``zlib.crc32`` of the bytes since ``clear``
    match : ``Out(1)``, the last four bytes are the CRC of those before, low byte first
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "clear": In(1),
                "i": In(stream.Signature(_BYTE_BITS)),
                "crc": Out(32),
                "match": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.processor = processor = CRC32_ISO_HDLC(data_width=1).create()
        shift = Signal(_BYTE_BITS)
        left = Signal(range(_BYTE_BITS + 1))

        m.d.comb += [
            self.i.ready.eq(left == 0),
            processor.start.eq(self.clear),
            processor.valid.eq(left != 0),
            processor.data.eq(shift[0]),
            self.crc.eq(processor.crc),
            self.match.eq(processor.match_detected),
        ]
        m.d.sync += shift.eq(shift >> 1)
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.Elif(self.i.valid):
            m.d.sync += [shift.eq(self.i.payload), left.eq(_BYTE_BITS)]
        return m
