"""The sum of a neuron's bias and compartments."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import index_bits
from nef2hw.rtl.layouts import update_layout
from nef2hw.rtl.membrane import summed
from nef2hw.rtl.memory import HostPort, ImageMemory
from nef2hw.rtl.synaptic_filter import filtered


class CurrentSum(wiring.Component):
    """Add a slot's part to its neuron's bias or to the sum of earlier passes.

    The neuron is named at ``fetch`` one cycle before its addend arrives at
    ``i``; the sum leaves at ``o`` one cycle later if the pass is the last of
    its population, and is kept for the next pass if not.

    Members
    -------
    parameters : ``In``, the UPDATE instruction in force
    fetch : ``In(index)``, the neuron whose addend comes next
    i : ``In``, ``valid``, ``final``, ``neuron``, ``addend``
    o : ``Out``, ``valid``, ``final``, ``neuron``, ``total``
    bias : ``In(HostPort)``
    """

    LATENCY = 1

    def __init__(self, config: CoreConfig, bias_init: Sequence[int] = ()) -> None:
        self._config = config
        self._bias_init = bias_init
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "fetch": In(index_bits(config.neurons)),
                "i": In(filtered(config)),
                "o": Out(summed(config)),
                "bias": In(HostPort(config.memories[MemoryId.BIAS])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config, given = self._config, self.parameters
        formats = config.formats
        m.submodules.biases = biases = ImageMemory(config.memories[MemoryId.BIAS], self._bias_init)
        connect(m, flipped(self.bias), biases.host)
        partial = self._partials(m)
        bias = Signal(signed(formats.bias_bits))
        m.d.comb += [biases.address.eq(self.fetch), bias.eq(biases.data)]
        before = Signal(signed(formats.sum_bits))
        m.d.comb += before.eq(Mux(given.first, bias, partial))
        rounded = Cat(Const(1, 1), before).as_signed() + self.i.addend
        m.d.sync += [
            self.o.valid.eq(self.i.valid & given.last),
            self.o.final.eq(self.i.final),
            self.o.neuron.eq(self.i.neuron),
            self.o.total.eq(rounded >> 1),
        ]
        return m

    def _partials(self, m):
        """Keep the sums of a population of several compartments between its passes."""
        config, given = self._config, self.parameters
        m.submodules.partials = partials = memory.Memory(
            shape=signed(config.formats.sum_bits), depth=config.partial_words, init=[]
        )
        read, write = partials.read_port(), partials.write_port()
        unfinished = Signal()
        m.d.sync += unfinished.eq(self.i.valid & ~given.last)
        m.d.comb += [
            read.addr.eq(self.fetch - given.neuron),
            write.addr.eq(self.o.neuron - given.neuron),
            write.data.eq(self.o.total),
            write.en.eq(unfinished),
        ]
        return read.data
