"""A place for one word beside a stream."""

from amaranth.hdl import Module, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Skid(wiring.Component):
    """Hand words on at once, and keep one that is not taken at once.

    So nothing before it has to know in the same cycle whether a word was taken.

    Members
    -------
    i : ``In(stream.Signature(shape))``, ready unless a word is kept
    o : ``Out(stream.Signature(shape))``, without delay
    kept : ``Out(1)``
    """

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__(
            {"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape)), "kept": Out(1)}
        )

    def elaborate(self, platform):
        m = Module()
        word = Signal(self.i.payload.shape(), reset_less=True)
        m.d.comb += [
            self.i.ready.eq(~self.kept),
            self.o.valid.eq(self.kept | self.i.valid),
            self.o.payload.eq(self.i.payload),
        ]
        m.d.sync += self.kept.eq(self.o.valid & ~self.o.ready)
        with m.If(self.kept):
            m.d.comb += self.o.payload.eq(word)
        with m.Else():
            m.d.sync += word.eq(self.i.payload)
        return m
