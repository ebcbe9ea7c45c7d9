"""The synapse engine: adds rows of weights to the accumulators."""

from collections.abc import Sequence
from itertools import pairwise

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.pipeline import adding_stages
from nef2hw.rtl.lane_feed import take_layout, taken
from nef2hw.rtl.lane_sums import LaneSums, addition_layout, lanes_together
from nef2hw.rtl.layouts import Base, event_layout
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.row_walker import RowWalker
from nef2hw.rtl.weight_memory import WeightMemory


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
    taken : ``Out``, ``valid``, ``word``, ``adding_stages(config)`` cycles after the request is
        accepted
    bank : ``In(1)``
    busy : ``Out(1)``, words of rows might come after a word that is asked for two cycles later
    adding : ``Out(1)``, the memories are in use
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
                "adding": Out(1),
                "weights": In(HostPort(shapes[MemoryId.WEIGHTS])),
                "row_map": In(HostPort(shapes[MemoryId.ROW_MAP])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.walker = walker = RowWalker(config, self._row_map_init)
        m.submodules.weights = weights = WeightMemory(config, self._weights_init)
        connect(m, flipped(self.events), walker.events)
        connect(m, flipped(self.row_map), walker.row_map)
        connect(m, flipped(self.weights), weights.host)

        # One word per stage: address of the weights, address of the sums.
        shape, registers = operation_layout(config), adding_stages(config) - 1
        stages = [Signal(shape, name=f"operation_{k}") for k in range(registers)]
        chosen = self._choose(m, walker, stages[0])
        m.d.sync += [after.eq(before) for before, after in pairwise([chosen, *stages])]
        adding = Signal()
        m.d.sync += adding.eq(stages[-1].addition.valid)
        on_their_way = Cat(adding, *(stage.addition.valid for stage in stages)).any()
        m.d.comb += [
            weights.row.eq(walker.o.payload.row),
            weights.silent.eq(stages[-2].silent),
            weights.inverted.eq(stages[-2].addition.subtract),
            # Where words may collide, the last one may have to wait.
            self.busy.eq(walker.busy if config.sum_memory == "block" else walker.lingering),
            self.adding.eq(walker.busy | walker.o.valid | on_their_way),
        ]
        self._add(m, stages[-1], weights.data)
        return m

    def _choose(self, m, walker, before):
        """Choose a requested word if there is one, else the next word of a row."""
        chosen = Signal(operation_layout(self._config))
        take, word = self.take.payload, walker.o.payload
        may_go = Signal()
        addition = chosen.addition
        with m.If(self.take.valid):
            m.d.comb += [
                chosen.taken.eq(1),
                chosen.silent.eq(1),
                addition.address.eq(Cat(take.address, self.bank)),
                addition.base.eq(Mux(take.keep, Base.SUM, Base.ZERO)),
            ]
        with m.Else():
            m.d.comb += [
                chosen.silent.eq(word.silent),
                addition.address.eq(Cat(word.target.accumulator, self.bank ^ word.target.delayed)),
                addition.base.eq(word.base),
                addition.subtract.eq(word.subtract),
            ]
        m.d.comb += [
            may_go.eq(~self._collides(addition, before.addition)),
            addition.valid.eq((self.take.valid | walker.o.valid) & may_go),
            self.take.ready.eq(may_go),
            walker.o.ready.eq(may_go & ~self.take.valid),
        ]
        return chosen

    def _collides(self, chosen, before):
        """Whether a word cannot follow the one before it at once."""
        if self._config.sum_memory == "distributed":
            return Const(0, 1)
        return before.valid & (before.address == chosen.address)

    def _add(self, m, following, weights):
        """Do ``following`` in the next cycle, with the ``weights`` that are there then."""
        config = self._config
        first = 0
        for k, lanes in enumerate(lanes_together(config)):
            m.submodules[f"sums_{k}"] = sums = LaneSums(config, lanes)
            m.d.comb += [
                sums.next.eq(following.addition),
                sums.addends.eq(weights[first * config.formats.weight_bits :]),
                self.taken.word[first * config.formats.accumulator_bits :][: len(sums.before)].eq(
                    sums.before
                ),
            ]
            first += lanes
        m.d.sync += self.taken.valid.eq(following.addition.valid & following.taken)


def operation_layout(config: CoreConfig) -> data.StructLayout:
    """One word on its way to the adders."""
    return data.StructLayout({"addition": addition_layout(config), "taken": 1, "silent": 1})
