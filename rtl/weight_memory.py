"""The weights: the largest memory of a core."""

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.program.words import index_bits
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.pipeline import KEEP

#: Widths of a block RAM of ECP5 by its depth.
BLOCK_WIDTHS = {512: 36, 1024: 18, 2048: 9, 4096: 4, 8192: 2, 16384: 1}
#: Slices that share a register of the address.
SHARING = 8


class WeightMemory(wiring.Component):
    """Read a word of weights; data follow the row's address by three cycles.

    A large memory is spread over the device, and far from what it serves. So its words are stored
    in slices, each a memory by itself; a few neighbours share a register that holds the address,
    and the data pass a register too.

    Members
    -------
    row : ``In``, of ``weight_words``
    silent : ``In(1)``, zeros are wanted instead of the word whose row was named two cycles ago
    data : ``Out(lanes * weight_bits)``
    host : ``In(HostPort)``, its data come three cycles after the address
    """

    def __init__(self, config: CoreConfig, init: Sequence[int] = ()) -> None:
        self._shape = config.memories[MemoryId.WEIGHTS]
        self._slice_bits = weight_slice_bits(config)
        self._attrs = {"ram_style": config.weight_memory}
        self._init = init
        super().__init__(
            {
                "row": In(index_bits(config.weight_words)),
                "silent": In(1),
                "data": Out(self._shape.width),
                "host": In(HostPort(self._shape)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width, bits = self._shape.width, self._slice_bits
        words, address, writing = Signal(width), Signal.like(self.row), Signal()
        wanted = Mux(self.host.select, self.host.address, self.row)
        for k, first in enumerate(range(0, width, bits)):
            if k % SHARING == 0:
                address = Signal.like(self.row, name=f"row_{k}", attrs=KEEP, reset_less=True)
                writing = Signal(name=f"writing_{k}", attrs=KEEP)
                m.d.sync += [address.eq(wanted), writing.eq(self.host.write)]
            here = slice(first, min(width, first + bits))
            m.submodules[f"slice_{k}"] = self._slice(m, here, address, writing, words)
        m.d.sync += self.data.eq(words)
        with m.If(self.silent & ~self.host.select):
            m.d.sync += self.data.eq(0)
        m.d.comb += self.host.read_data.eq(self.data)
        return m

    def _slice(self, m, here, address, writing, words):
        """Return the memory of the bits ``here`` of all words, connected."""
        bits = here.stop - here.start
        cells = memory.Memory(
            shape=unsigned(bits),
            depth=self._shape.depth,
            init=[word >> here.start & (1 << bits) - 1 for word in self._init],
            attrs=self._attrs,
        )
        read, write = cells.read_port(), cells.write_port()
        m.d.comb += [
            read.addr.eq(address),
            read.en.eq(~writing),
            write.addr.eq(address),
            write.en.eq(writing),
            write.data.eq(self.host.write_data[here]),
            words[here].eq(read.data),
        ]
        return cells


def weight_slice_bits(config: CoreConfig) -> int:
    """Width of the slices in which words of weights are stored."""
    shape = config.memories[MemoryId.WEIGHTS]
    deep = one_deep(shape) if config.weight_memory == "block" else None
    return deep or shape.width


def one_deep(shape: MemoryShape) -> int | None:
    """Width of the slices in which ``shape`` needs but one block RAM behind the other.

    Several, as tools choose them to save a few, make a multiplexer of every bit of a large memory
    and spread it over the device. None where it would take more than a seventh more of them.
    """
    blocks = {
        width: -(-shape.depth // depth) * -(-shape.width // width)
        for depth, width in BLOCK_WIDTHS.items()
    }
    fitting = [width for depth, width in BLOCK_WIDTHS.items() if shape.depth <= depth]
    if not fitting or 7 * blocks[fitting[0]] > 8 * min(blocks.values()):
        return None
    return fitting[0]
