"""The sums of neurons' biases and compartments."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.rtl.layouts import row_of, update_layout
from nef2hw.rtl.membrane import summed
from nef2hw.rtl.memory import HostPort, ImageMemory
from nef2hw.rtl.pipeline import PassFields, delayed, travelling
from nef2hw.rtl.synaptic_filter import filtered


class CurrentSum(wiring.Component):
    """Add the parts of a row of slots to their neurons' biases or to the sums of earlier passes.

    The row is named at ``next`` two cycles before its addends arrive at
    ``i``, so that what it starts from is at hand in a register; the sums leave
    at ``o`` one cycle later if the pass is the last of its population, and are
    kept for the next pass if not: ``next`` may name them two cycles after their
    addends arrived.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    next : ``In``, the row whose addends come two cycles later
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``addend``
    o : ``Out``, ``valid``, ``opens``, ``final``, ``neuron``, ``total``
    bias : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig, bias_init: Sequence[int] = ()) -> None:
        self._config = config
        self._bias_init = bias_init
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "next": In(travelling(config)),
                "i": In(filtered(config)),
                "o": Out(summed(config)),
                "bias": In(HostPort(config.memories[MemoryId.BIAS])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config, formats = self._config, self._config.formats
        opens = [self.next.opens, delayed(m, self.next.opens, 1, "opens")]
        m.submodules.fields = fields = PassFields(self.parameters, opens, config.neuron_interval)
        m.submodules.biases = biases = ImageMemory(config.memories[MemoryId.BIAS], self._bias_init)
        connect(m, flipped(self.bias), biases.host)
        partial = self._partials(m, fields) if config.partial_words else None
        bias = Signal(row_of(signed(formats.bias_bits), config))
        m.d.comb += [biases.address.eq(self.next.neuron), bias.as_value().eq(biases.data)]
        for lane, total in enumerate(self.o.total):
            before = Signal(signed(formats.sum_bits), reset_less=True)
            m.d.sync += before.eq(bias[lane])
            if partial is not None:
                with m.If(~fields.at(1, "first")):
                    m.d.sync += before.eq(partial[lane])
            rounded = Cat(Const(1, 1), before).as_signed() + self.i.addend[lane]
            m.d.sync += total.eq(rounded >> 1)
        m.d.sync += [
            self.o.valid.eq(self.i.valid & fields.at(2, "last")),
            self.o.opens.eq(self.i.opens & fields.at(2, "last")),
            self.o.final.eq(self.i.final),
            self.o.neuron.eq(self.i.neuron),
        ]
        return m

    def _partials(self, m, fields):
        """Keep the sums of a population of several compartments between its passes."""
        config = self._config
        # A memory of one word has an address of no bits, which not every tool takes.
        m.submodules.partials = partials = memory.Memory(
            shape=self.o.total.shape(), depth=max(2, config.partial_words), init=[]
        )
        read, write = partials.read_port(), partials.write_port()
        place, upcoming = Signal.like(read.addr), Signal.like(read.addr)
        m.d.comb += [
            place.eq(Mux(self.next.opens, 0, upcoming)),
            read.addr.eq(place),
            write.addr.eq(delayed(m, place, 3, "place")),
            write.data.eq(self.o.total),
        ]
        m.d.sync += [
            upcoming.eq(place + self.next.valid),
            write.en.eq(self.i.valid & ~fields.at(2, "last")),
        ]
        return read.data
