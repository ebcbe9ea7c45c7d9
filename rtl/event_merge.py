"""One stream of events from two."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.layouts import event_layout
from nef2hw.rtl.skid import Skid


class EventMerge(wiring.Component):
    """Pass spikes on before input events; both keep their own order.

    A spike that comes while an input's event waits takes its place before the skid, which
    looks at what it is given in the cycle alone in which it takes it.

    Members
    -------
    spikes, inputs : ``In(stream.Signature(event_layout(config)))``
    o : ``Out(stream.Signature(event_layout(config)))``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._shape = event_layout(config)
        events = stream.Signature(self._shape)
        super().__init__({"spikes": In(events), "inputs": In(events), "o": Out(events)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.skid = skid = Skid(self._shape)
        connect(m, skid.o, flipped(self.o))
        m.d.comb += [
            skid.i.valid.eq(self.spikes.valid | self.inputs.valid),
            self.spikes.ready.eq(skid.i.ready),
            self.inputs.ready.eq(skid.i.ready & ~self.spikes.valid),
        ]
        with m.If(self.spikes.valid):
            m.d.comb += skid.i.payload.eq(self.spikes.payload)
        with m.Else():
            m.d.comb += skid.i.payload.eq(self.inputs.payload)
        return m
