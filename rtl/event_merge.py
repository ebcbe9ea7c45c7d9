"""One stream of events from two."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.layouts import event_layout


class EventMerge(wiring.Component):
    """Pass spikes on before input events; both keep their own order.

    Members
    -------
    spikes, inputs : ``In(stream.Signature(event_layout(config)))``
    o : ``Out(stream.Signature(event_layout(config)))``
    """

    def __init__(self, config: CoreConfig) -> None:
        events = stream.Signature(event_layout(config))
        super().__init__({"spikes": In(events), "inputs": In(events), "o": Out(events)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [
            self.o.valid.eq(self.spikes.valid | self.inputs.valid),
            self.spikes.ready.eq(self.o.ready),
            self.inputs.ready.eq(self.o.ready & ~self.spikes.valid),
        ]
        with m.If(self.spikes.valid):
            m.d.comb += self.o.payload.eq(self.spikes.payload)
        with m.Else():
            m.d.comb += self.o.payload.eq(self.inputs.payload)
        return m
