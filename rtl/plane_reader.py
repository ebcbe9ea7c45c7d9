"""The words of an input's planes, in order."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import SPIKES_PER_WORD, VALUES_PER_WORD, index_bits
from nef2hw.rtl.layouts import deliver_layout
from nef2hw.rtl.memory import HostPort, ImageMemory
from nef2hw.rtl.plane_writer import written


class PlaneReader(wiring.Component):
    """Read the plane words of one input or relay, one per cycle.

    Members
    -------
    start : ``In(1)``, begin with what is at ``offered``; legal when ``idle``
    idle : ``In(1)``, nothing is on its way here or behind
    offered : ``In``, the DELIVER instruction that comes next
    given : ``In``, the one in force, from the cycle after ``start`` on
    o : ``Out(stream.Signature(plane_word_layout(config)))``
    busy : ``Out(1)``
    planes : ``In(HostPort)``
    relayed : ``In(written(config))``, in cores that relay: words that the core writes
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "start": In(1),
                "idle": In(1),
                "offered": In(deliver_layout(config)),
                "given": In(deliver_layout(config)),
                "o": Out(stream.Signature(plane_word_layout(config))),
                "busy": Out(1),
                "planes": In(HostPort(config.memories[MemoryId.PLANES])),
                **({"relayed": In(written(config))} if config.relaying else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        shape = self._config.memories[MemoryId.PLANES]
        relaying = self._config.relaying
        m.submodules.words = words = ImageMemory(shape, init=(), written=relaying)
        connect(m, flipped(self.planes), words.host)

        given, out = self.given, self.o.payload
        advance = Signal()
        place, left, standing = self._walk(m, advance)
        meta = Signal(standing.shape())
        values = words.data[:VALUES_PER_WORD]
        if relaying:
            values = values & given.mask
            m.d.comb += [
                words.write.eq(self.relayed.valid),
                words.write_address.eq(self.relayed.address),
                words.write_data.eq(self.relayed.data),
            ]
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            words.address.eq(place),
            words.enable.eq(advance),
            out.bits.eq(Mux(given.spiking, words.data, values)),
            out.negative.eq(Mux(given.spiking, 0, words.data[VALUES_PER_WORD:])),
            out.row.eq(meta.row),
            out.first.eq(meta.first),
            out.last.eq(meta.last),
            out.final.eq(meta.final),
            self.busy.eq(left | self.o.valid),
        ]
        with m.If(advance):
            m.d.sync += [self.o.valid.eq(left), meta.eq(standing)]
        return m

    def _walk(self, m, advance):
        """Step through words and planes.

        Returns the address of the next word, whether there is one, and where it stands.
        """
        given, offered = self.given, self.offered
        plane, row = Signal.like(given.plane), Signal.like(given.row)
        planes_left, words_left = Signal.like(given.planes), Signal.like(given.words)
        standing = Signal(data.StructLayout({"first": 1, "last": 1, "final": 1, "row": len(row)}))
        first = Signal()
        row_words = Mux(
            given.spiking, given.row_words * SPIKES_PER_WORD, given.row_words * VALUES_PER_WORD
        )
        m.d.comb += [
            standing.first.eq(first),
            standing.last.eq(words_left == 1),
            standing.final.eq(planes_left == 1),
            standing.row.eq(row),
        ]
        following = plane + 1
        if self._config.relaying:
            moving = advance & (planes_left != 0)
            following = Mux(given.relay, self._in_relay(m, plane, standing.last, moving), following)
        with m.If(advance & (planes_left != 0)):
            m.d.sync += [
                plane.eq(following),
                words_left.eq(words_left - 1),
                row.eq(row + row_words),
                first.eq(0),
            ]
            with m.If(standing.last):
                m.d.sync += planes_left.eq(planes_left - 1)
                m.d.sync += [words_left.eq(given.words), row.eq(given.row), first.eq(1)]
        # Whether it begins is known late: all that can be is taken over before.
        with m.If(self.idle):
            m.d.sync += [
                plane.eq(offered.plane),
                words_left.eq(offered.words),
                row.eq(offered.row),
                first.eq(1),
            ]
        with m.If(self.start):
            m.d.sync += planes_left.eq(offered.planes)
        return plane, planes_left != 0, standing

    def _in_relay(self, m, plane, last, moving):
        """Address of a relay's next word: all planes of a word come before those of the next."""
        below = Signal.like(plane)
        with m.If(self.idle):
            m.d.sync += below.eq(self.offered.plane + 1)
        with m.Elif(moving & last):
            m.d.sync += below.eq(below + 1)
        return Mux(last, below, plane + self._config.formats.relay_planes)


def plane_word_layout(config: CoreConfig) -> data.StructLayout:
    """One word of a plane, and where it stands."""
    return data.StructLayout(
        {
            "bits": SPIKES_PER_WORD,
            "negative": VALUES_PER_WORD,  #: signs of the first values
            "row": index_bits(config.weight_words),  #: row of the first bit
            "first": 1,  #: first word of its plane
            "last": 1,  #: last word of its plane
            "final": 1,  #: a word of the last plane
        }
    )
