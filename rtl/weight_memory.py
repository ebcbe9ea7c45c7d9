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
#: Slices that share registers of the address and what is done with the data.
SHARING = 8
FLAGS = ("writing", "silent", "inverted")


class WeightMemory(wiring.Component):
    """Read a word of weights; data follow the row's address by ``adding_stages(config)`` cycles.

    A large memory is spread over the device, and far from what it serves. So its words are stored
    in slices, each a memory by itself; a few neighbours share a register that holds the address,
    and the data pass two registers, the first near the memory, the other near the adders. Compact
    cores have but one of them.

    Members
    -------
    row : ``In``, of ``weight_words``
    silent, inverted : ``In(1)``, of the word whose data come in two cycles: zeros are wanted
        instead, or all bits inverted
    data : ``Out(lanes * weight_bits)``
    host : ``In(HostPort)``, its data come three cycles after the address at most
    """

    def __init__(self, config: CoreConfig, init: Sequence[int] = ()) -> None:
        self._shape = config.memories[MemoryId.WEIGHTS]
        self._slice_bits = weight_slice_bits(config)
        self._attrs = {"ram_style": config.weight_memory}
        self._init = init
        self._compact = config.compact
        super().__init__(
            {
                "row": In(index_bits(config.weight_words)),
                "silent": In(1),
                "inverted": In(1),
                "data": Out(self._shape.width),
                "host": In(HostPort(self._shape)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width, share = self._shape.width, self._slice_bits * SHARING
        found = Signal(width, reset_less=True)
        for first in range(0, width, share):
            self._share(m, slice(first, min(width, first + share)), found)
        m.d.comb += self.host.read_data.eq(found)
        return m

    def _share(self, m, here, found):
        """Store the bits ``here`` of all words in slices that share registers."""
        first, host = here.start, self.host
        address = Signal.like(self.row, name=f"row_{first}", attrs=KEEP, reset_less=True)
        flags = [Signal(name=f"{name}_{first}", attrs=KEEP) for name in FLAGS]
        writing, silent, inverted = flags
        m.d.sync += [
            address.eq(Mux(host.select, host.address, self.row)),
            writing.eq(host.write),
            silent.eq(self.silent),
            inverted.eq(self.inverted),
        ]
        for start in range(here.start, here.stop, self._slice_bits):
            part = slice(start, min(here.stop, start + self._slice_bits))
            m.submodules[f"slice_{start // self._slice_bits}"] = cells = self._slice(part)
            read, write = cells.read_port(), cells.write_port()
            m.d.comb += [
                read.addr.eq(address),
                read.en.eq(~writing),
                write.addr.eq(address),
                write.en.eq(writing),
                write.data.eq(host.write_data[part]),
            ]
            m.d["comb" if self._compact else "sync"] += found[part].eq(read.data)
        word = Mux(silent, 0, found[here])
        m.d.sync += self.data[here].eq(word ^ inverted.replicate(here.stop - here.start))

    def _slice(self, here):
        """Return the memory of the bits ``here`` of all words."""
        bits = here.stop - here.start
        return memory.Memory(
            shape=unsigned(bits),
            depth=self._shape.depth,
            init=[word >> here.start & (1 << bits) - 1 for word in self._init],
            attrs=self._attrs,
        )


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
