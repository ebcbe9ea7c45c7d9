"""Events that count as several."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.layouts import event_layout


class EventRepeat(wiring.Component):
    """Offer each event as often as its count says, without a gap.

    A count is at least 1; an event stays at ``i`` until it was taken for the last time.

    Members
    -------
    i : ``In(stream.Signature(counted_layout(config)))``
    o : ``Out(stream.Signature(event_layout(config)))``
    """

    def __init__(self, config: CoreConfig) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(counted_layout(config))),
                "o": Out(stream.Signature(event_layout(config))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        count = self.i.payload.count
        nth = Signal(count.shape(), init=1)
        final = nth == count
        m.d.comb += [
            self.o.valid.eq(self.i.valid),
            self.o.payload.eq(self.i.payload.event),
            self.i.ready.eq(self.o.ready & final),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += nth.eq(Mux(final, 1, nth + 1))
        return m


def counted_layout(config: CoreConfig) -> data.StructLayout:
    """An event and how often it happens."""
    return data.StructLayout(
        {"event": event_layout(config), "count": unsigned(config.formats.count_bits)}
    )
