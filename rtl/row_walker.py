"""From events to the words of their rows."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import index_bits
from nef2hw.rtl.layouts import Base, event_layout, row_map_layout
from nef2hw.rtl.memory import HostPort, ImageMemory


class RowWalker(wiring.Component):
    """Name every word of a row and the accumulator word it is added to.

    One word per cycle, without a gap between events; the first two cycles
    after an event enters.

    Members
    -------
    events : ``In(stream.Signature(event_layout(config)))``
    o : ``Out(stream.Signature(word_layout(config)))``
    busy : ``Out(1)``, words are left besides the one at ``o``
    lingering : ``Out(1)``, so it will be in the next cycle
    row_map : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig, row_map_init: Sequence[int] = ()) -> None:
        self._config = config
        self._row_map_init = row_map_init
        super().__init__(
            {
                "events": In(stream.Signature(event_layout(config))),
                "o": Out(stream.Signature(word_layout(config))),
                "busy": Out(1),
                "lingering": Out(1),
                "row_map": In(HostPort(config.memories[MemoryId.ROW_MAP])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        shape = self._config.memories[MemoryId.ROW_MAP]
        m.submodules.targets = targets = ImageMemory(shape, self._row_map_init)
        connect(m, flipped(self.row_map), targets.host)

        event = Signal(event_layout(self._config))
        leaving = Signal(event_layout(self._config))
        advance, ending = Signal(), Signal()
        word = self.o.payload
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            ending.eq((event.row_words <= 1) & advance),
            self.events.ready.eq((event.row_words == 0) | ending),
            targets.address.eq(event.row_map),
            targets.enable.eq(advance),
            word.target.as_value().eq(targets.data),
            word.row.eq(leaving.row),
            word.base.eq(leaving.base),
            word.subtract.eq(leaving.subtract),
            word.silent.eq(leaving.silent),
            self.busy.eq(event.row_words != 0),
            self.lingering.eq((event.row_words > 1) | (self.busy & ~advance)),
        ]
        with m.If(advance):
            m.d.sync += [self.o.valid.eq(event.row_words != 0), leaving.eq(event)]
            with m.If(event.row_words != 0):
                m.d.sync += [
                    event.row_words.eq(event.row_words - 1),
                    event.row.eq(event.row + 1),
                    event.row_map.eq(event.row_map + 1),
                ]
        with m.If(self.events.valid & self.events.ready):
            m.d.sync += event.eq(self.events.payload)
        return m


def word_layout(config: CoreConfig) -> data.StructLayout:
    """One word of a row."""
    return data.StructLayout(
        {
            "row": index_bits(config.weight_words),
            "target": row_map_layout(config),
            "base": Base,
            "subtract": 1,
            "silent": 1,
        }
    )
