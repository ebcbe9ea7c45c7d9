"""The synapse engine: adds rows of weights to the accumulators."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import index_bits
from nef2hw.rtl.lane_feed import take_layout, taken
from nef2hw.rtl.layouts import Base, event_layout
from nef2hw.rtl.memory import HostPort, ImageMemory
from nef2hw.rtl.row_walker import RowWalker


class SynapseEngine(wiring.Component):
    """Add one word of ``lanes`` weights to the accumulators per cycle.

    The accumulators have two banks. Updates read the current ``bank``; rows
    with a delay go into the other one, immediate rows into the current one.
    A word that the neuron engine takes comes before the next word of a row,
    and is set to zero unless it is kept. Sums in block RAM are read a cycle
    before they are written, so that the same word cannot be added to in two
    cycles that follow each other: the second one waits for a cycle.

    Members
    -------
    events : ``In(stream.Signature(event_layout(config)))``
    take : ``In(stream.Signature(take_layout(config)))``
    taken : ``Out``, ``valid``, ``word``, three cycles after the request is accepted
    bank : ``In(1)``
    busy : ``Out(1)``
    weights, row_map : ``In(HostPort)``
    """

    def __init__(
        self,
        config: CoreConfig,
        weights_init: Sequence[int] = (),
        row_map_init: Sequence[int] = (),
    ) -> None:
        self._config = config
        self._weights_init = weights_init
        self._row_map_init = row_map_init
        shapes = config.memories
        super().__init__(
            {
                "events": In(stream.Signature(event_layout(config))),
                "take": In(stream.Signature(take_layout(config))),
                "taken": Out(taken(config)),
                "bank": In(1),
                "busy": Out(1),
                "weights": In(HostPort(shapes[MemoryId.WEIGHTS])),
                "row_map": In(HostPort(shapes[MemoryId.ROW_MAP])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.walker = walker = RowWalker(config, self._row_map_init)
        m.submodules.weights = weights = ImageMemory(
            config.memories[MemoryId.WEIGHTS],
            self._weights_init,
            attrs={"ram_style": config.weight_memory},
        )
        connect(m, flipped(self.events), walker.events)
        connect(m, flipped(self.row_map), walker.row_map)
        connect(m, flipped(self.weights), weights.host)

        # One word per stage: address of the weights, address of the sums, addition.
        stages = [Signal(operation_layout(config), name=f"operation_{k}") for k in range(3)]
        m.d.sync += [stages[1].eq(stages[0]), stages[2].eq(stages[1])]
        chosen = self._choose(m, walker, stages[0])
        m.d.sync += stages[0].eq(chosen)
        m.d.comb += [
            weights.address.eq(stages[0].row),
            self.busy.eq(walker.busy | stages[0].valid | stages[1].valid | stages[2].valid),
        ]
        addends = Signal(config.lanes * config.formats.weight_bits)
        inverted = stages[1].subtract.replicate(len(addends))
        m.d.sync += addends.eq(Mux(stages[1].silent, 0, weights.data ^ inverted))
        self._add(m, stages[1], stages[2], addends)
        return m

    def _choose(self, m, walker, before):
        """Choose a requested word if there is one, else the next word of a row."""
        chosen = Signal(operation_layout(self._config))
        take, word = self.take.payload, walker.o.payload
        may_go = Signal()
        with m.If(self.take.valid):
            m.d.comb += [
                chosen.taken.eq(1),
                chosen.address.eq(Cat(take.address, self.bank)),
                chosen.base.eq(Mux(take.keep, Base.SUM, Base.ZERO)),
                chosen.silent.eq(1),
            ]
        with m.Else():
            m.d.comb += [
                chosen.row.eq(word.row),
                chosen.address.eq(Cat(word.target.accumulator, self.bank ^ word.target.delayed)),
                chosen.base.eq(word.base),
                chosen.subtract.eq(word.subtract),
                chosen.silent.eq(word.silent),
            ]
        m.d.comb += [
            may_go.eq(~self._collides(chosen, before)),
            chosen.valid.eq((self.take.valid | walker.o.valid) & may_go),
            self.take.ready.eq(may_go),
            walker.o.ready.eq(may_go & ~self.take.valid),
        ]
        return chosen

    def _collides(self, chosen, before):
        """Whether a word cannot follow the one before it at once."""
        if self._config.sum_memory == "distributed":
            return Const(0, 1)
        return before.valid & (before.address == chosen.address)

    def _add(self, m, reading, adding, addends):
        """Read sums for ``reading``, then write them back increased for ``adding``."""
        config = self._config
        bits, weight_bits = config.formats.accumulator_bits, config.formats.weight_bits
        at_once = config.sum_memory == "distributed"
        m.submodules.sums = sums = memory.Memory(
            shape=unsigned(config.lanes * bits),
            depth=2 << index_bits(config.accumulator_words),
            init=[],
            attrs={} if at_once else {"ram_style": "block"},
        )
        write = sums.write_port()
        read = sums.read_port(domain="comb" if at_once else "sync")
        m.d.comb += [
            read.addr.eq(adding.address if at_once else reading.address),
            write.addr.eq(adding.address),
            write.en.eq(adding.valid),
            self.taken.valid.eq(adding.valid & adding.taken),
            self.taken.word.eq(read.data),
        ]
        for lane in range(config.lanes):
            before = read.data[lane * bits :][:bits].as_signed()
            base = Signal(signed(bits), name=f"base_{lane}")
            with m.Switch(adding.base):
                with m.Case(Base.DOUBLE):
                    m.d.comb += base.eq(before << 1)
                with m.Case(Base.ZERO):
                    m.d.comb += base.eq(0)
                with m.Default():
                    m.d.comb += base.eq(before)
            addend = addends[lane * weight_bits :][:weight_bits].as_signed()
            # The inverted addend and a carry below the last bit subtract.
            carry = adding.subtract
            total = Cat(carry, base).as_signed() + Cat(carry, addend).as_signed()
            m.d.comb += write.data[lane * bits :][:bits].eq(total >> 1)


def operation_layout(config: CoreConfig) -> data.StructLayout:
    """One word on its way through the adders."""
    return data.StructLayout(
        {
            "valid": 1,
            "taken": 1,
            "row": unsigned(index_bits(config.weight_words)),
            "address": unsigned(index_bits(config.accumulator_words) + 1),
            "base": Base,
            "subtract": 1,
            "silent": 1,
        }
    )
