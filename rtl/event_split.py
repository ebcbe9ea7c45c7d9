"""One event per spike from the spikes of a row."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.event_repeat import counted_layout
from nef2hw.rtl.layouts import row_of


class EventSplit(wiring.Component):
    """Offer the event of each neuron that spiked, the lowest first, without a gap.

    Members
    -------
    i : ``In(stream.Signature(spikes_layout(config)))``, with one spike at least
    o : ``Out(stream.Signature(counted_layout(config)))``, two cycles later
    busy : ``Out(1)``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "i": In(stream.Signature(spikes_layout(config))),
                "o": Out(stream.Signature(counted_layout(config))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        given, event = self.i.payload, self.o.payload.event
        sent, waiting = Signal.like(given.spike), Signal.like(given.spike)
        others = Signal.like(given.spike)
        lowest, place = (Signal(range(self._config.neuron_lanes), name=n) for n in ("lowest", "at"))
        found, found_valid = Signal(counted_layout(self._config)), Signal()
        free, found_free = Signal(), Signal()
        for lane in reversed(range(self._config.neuron_lanes)):
            with m.If(waiting[lane]):
                m.d.comb += lowest.eq(lane)
        m.d.comb += [
            waiting.eq(given.spike & ~sent),
            others.eq(waiting & (waiting - 1)),
            free.eq(~self.o.valid | self.o.ready),
            found_free.eq(~found_valid | free),
            self.i.ready.eq(found_free & (others == 0)),
            self.busy.eq(found_valid | self.o.valid),
        ]
        with m.If(found_free):
            m.d.sync += [
                found_valid.eq(self.i.valid),
                found.event.eq(given.event),
                found.count.eq(given.count[lowest] if self._config.counting else 1),
                place.eq(lowest),
            ]
            with m.If(self.i.valid):
                m.d.sync += sent.eq(~others & given.spike)
                with m.If(others == 0):
                    m.d.sync += sent.eq(0)
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(found_valid),
                self.o.payload.eq(found),
                event.row.eq(found.event.row + place * found.event.row_words),
            ]
        return m


def spikes_layout(config: CoreConfig) -> data.StructLayout:
    """The spikes of a row, and the event of its first neuron; counts in cores that count."""
    one = counted_layout(config)
    return data.StructLayout(
        {
            "event": one["event"].shape,
            "spike": unsigned(config.neuron_lanes),
            **({"count": row_of(one["count"].shape, config)} if config.counting else {}),
        }
    )
