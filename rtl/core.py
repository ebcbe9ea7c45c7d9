"""The core: a small vector processor for spikes."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId, MemoryImage, beats_to_words
from nef2hw.rtl.bus import HostBus
from nef2hw.rtl.event_merge import EventMerge
from nef2hw.rtl.input_engine import InputEngine
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.rtl.neuron_engine import OWNED, NeuronEngine
from nef2hw.rtl.result_queue import ResultQueue
from nef2hw.rtl.sequencer import Sequencer
from nef2hw.rtl.synapse_engine import SynapseEngine


class Core(wiring.Component):
    """Run the network of an image, one step per request.

    The image given here is the content at power-up; the host may load another
    that fits. State is defined after a reset and the loading of the image's
    initial state.

    Members
    -------
    bus : ``In(stream.Signature(BusRequest))``
        Access to the memories, legal while no run is under way.
    bus_read : ``Out(stream.Signature(32))``
        One beat for each read request, in order.
    run : ``In(stream.Signature(RunRequest))``
    results : ``Out(stream.Signature(ResultWord))``
        Spike words and readouts in the order of update, then the cycles the step took.
    """

    bus: In(stream.Signature(BusRequest))
    bus_read: Out(stream.Signature(32))
    run: In(stream.Signature(RunRequest))
    results: Out(stream.Signature(ResultWord))

    def __init__(self, config: CoreConfig, image: MemoryImage | None = None) -> None:
        self.config = config
        self._contents = {
            name: [] if image is None else beats_to_words(image.beats[name])
            for name in IMAGE_MEMORIES
        }
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        config, contents = self.config, self._contents
        m.submodules.bus = bus = HostBus(config.memories, config.compact)
        m.submodules.sequencer = sequencer = Sequencer(config, contents[MemoryId.SCHEDULE])
        m.submodules.inputs = inputs = InputEngine(config)
        m.submodules.neurons = neurons = NeuronEngine(config, contents)
        m.submodules.merge = merge = EventMerge(config)
        m.submodules.synapses = synapses = SynapseEngine(
            config, contents[MemoryId.WEIGHTS], contents[MemoryId.ROW_MAP]
        )
        m.submodules.queue = queue = ResultQueue(config)

        connect(m, flipped(self.bus), bus.requests)
        connect(m, bus.beats, flipped(self.bus_read))
        connect(m, flipped(self.run), sequencer.run)
        connect(m, sequencer.deliver, inputs.deliver)
        connect(m, sequencer.update, neurons.update)
        connect(m, neurons.events, merge.spikes)
        connect(m, inputs.events, merge.inputs)
        connect(m, merge.o, synapses.events)
        connect(m, neurons.take, synapses.take)
        connect(m, synapses.taken, neurons.taken)
        connect(m, neurons.results, queue.words)
        if config.relaying:
            connect(m, neurons.relayed, inputs.relayed)
        connect(m, sequencer.done, queue.done)
        connect(m, queue.o, flipped(self.results))
        m.d.comb += [
            neurons.clear.eq(sequencer.clear),
            neurons.room.eq(queue.room),
            synapses.bank.eq(sequencer.bank),
            sequencer.dividing.eq(neurons.dividing),
            sequencer.quiet.eq(~(neurons.lasting | inputs.busy | merge.o.valid | synapses.busy)),
        ]
        m.d.sync += bus.hold.eq(neurons.dividing | synapses.adding)
        self._connect_memories(m, bus, sequencer, inputs, neurons, synapses)
        return m

    def _connect_memories(self, m, bus, sequencer, inputs, neurons, synapses):
        owners = {
            MemoryId.WEIGHTS: synapses,
            MemoryId.ROW_MAP: synapses,
            MemoryId.SCHEDULE: sequencer,
            MemoryId.PLANES: inputs,
            **{name: neurons for names in OWNED.values() for name in names},
        }
        for name, owner in owners.items():
            port = name.name.lower()
            connect(m, getattr(bus, port), getattr(owner, port))
