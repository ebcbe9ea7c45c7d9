"""The input engine: delivers an input plane by plane."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.rtl.bit_scan import FAR_BITS, BitScan
from nef2hw.rtl.layouts import deliver_layout, event_layout
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.plane_reader import PlaneReader
from nef2hw.rtl.plane_writer import written
from nef2hw.rtl.skid import Skid


class InputEngine(wiring.Component):
    """Run DELIVER instructions: one event for every bit that is set in a plane.

    A value's planes come most significant first. The first event of a plane
    doubles the sums before it adds or, being the first of all, replaces them; a
    plane without bits sends a silent event where that matters. A plane word
    without bits costs one cycle.

    Members
    -------
    deliver : ``In(stream.Signature(deliver_layout(config)))``
    events : ``Out(stream.Signature(event_layout(config)))``
    busy : ``Out(1)``
    planes : ``In(HostPort)``
    relayed : ``In(written(config))``, in cores that relay: words that the core writes
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "deliver": In(stream.Signature(deliver_layout(config))),
                "events": Out(stream.Signature(event_layout(config))),
                "busy": Out(1),
                "planes": In(HostPort(config.memories[MemoryId.PLANES])),
                **({"relayed": In(written(config))} if config.relaying else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.reader = reader = PlaneReader(self._config)
        m.submodules.scan = scan = BitScan(self._config)
        connect(m, flipped(self.planes), reader.planes)
        if self._config.relaying:
            connect(m, flipped(self.relayed), reader.relayed)
        kept = self._hand_on(m, reader.o, scan.i)
        given = Signal(deliver_layout(self._config))
        self._send(m, given, scan.o)
        m.d.comb += [
            self.busy.eq(reader.busy | kept | scan.busy | self.events.valid),
            self.deliver.ready.eq(~self.busy),
            reader.start.eq(self.deliver.valid & ~self.busy),
            reader.idle.eq(~self.busy),
            reader.offered.eq(self.deliver.payload),
            reader.given.eq(given),
            scan.idle.eq(~self.busy),
            scan.spiking.eq(given.spiking),
            scan.row_words.eq(given.row_words),
        ]
        with m.If(~self.busy):
            m.d.sync += given.eq(self.deliver.payload)
        return m

    def _hand_on(self, m, words, scanned):
        """Connect two streams; return whether a word is between them."""
        if self._config.compact:
            connect(m, words, scanned)
            return 0
        m.submodules.between = between = Skid(words.payload.shape())
        connect(m, words, between.i)
        connect(m, between.o, scanned)
        return between.kept

    def _send(self, m, given, places):
        """Turn a bit into an event for the row of its value."""
        event, found = self.events.payload, places.payload
        m.d.comb += places.ready.eq(~self.events.valid | self.events.ready)
        with m.If(places.ready):
            m.d.sync += [
                self.events.valid.eq(places.valid),
                event.row.eq(found.row + Mux(found.far, given.row_words * FAR_BITS, 0)),
                event.row_words.eq(given.row_words),
                event.row_map.eq(given.row_map),
                event.base.eq(found.base),
                event.subtract.eq(found.subtract),
                event.silent.eq(found.silent),
            ]
