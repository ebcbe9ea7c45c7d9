"""The neuron engine: runs the compartments of populations, one after the other."""

from collections.abc import Mapping, Sequence

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.pipeline import FIRING, in_flight, settling, spike_latency
from nef2hw.rtl.current_sum import CurrentSum
from nef2hw.rtl.event_repeat import EventRepeat
from nef2hw.rtl.event_split import EventSplit
from nef2hw.rtl.lane_feed import LaneFeed, take_layout, taken
from nef2hw.rtl.layouts import Base, event_layout, update_layout
from nef2hw.rtl.membrane import Membrane
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.pipeline import PassFields, delayed, follow
from nef2hw.rtl.plane_writer import PlaneWriter, rows_per_word, written
from nef2hw.rtl.result_packer import ResultPacker, count_words
from nef2hw.rtl.synaptic_filter import SynapticFilter, driven

#: Stages of the instruction's fields after the sum and after the membrane.
SUMMED, FIRED = 1, 2

#: The engine's memories, by the part that owns them.
OWNED = {
    "filter": (MemoryId.FILTER,),
    "sums": (MemoryId.BIAS,),
    "membrane": (MemoryId.MEMBRANE, MemoryId.OVERSHOOT),
}


class NeuronEngine(wiring.Component):
    """Run UPDATE instructions: filter, sum and, in a population's last pass, fire.

    A row of ``neuron_lanes`` neurons enters every ``neuron_interval`` cycles as
    long as its sums are at hand and there is room for what it may send; once
    entered, nothing stalls it. Passes follow each other without a gap, but for
    three reasons: an instruction is in force until the first row of its pass has
    come to the pipeline's end; a pass of few rows waits for what the one before
    has left of them; and readouts, whose way is shorter, wait for the spikes
    before them. Where rows enter slowly, a pass waits until the one before has
    left the pipeline, whose stages then need no copies of the instruction.
    Rows whose results are several words enter as fast as those leave, and after a row
    that fills a word of values to be relayed the others wait until its planes are written.

    Members
    -------
    update : ``In(stream.Signature(update_layout(config)))``
    clear : ``In(1)``, write zeros for all state and send nothing
    take, taken : words of sums from the synapse engine
    events : ``Out(stream.Signature(event_layout(config)))``, one per spike
    results : ``Out``, ``valid``, ``data``: spike words, counts and readouts, in order
    room : ``In(1)``, at least ``in_flight(config)`` result words can be taken
    relayed : ``Out``, in cores that relay: ``valid``, ``address``, ``data`` of words of planes
    busy : ``Out(1)``, neurons are on their way, or events
    lasting : ``Out(1)``, so it will be in the next cycle
    dividing : ``Out(1)``, overshoots are still to be written
    """

    def __init__(
        self, config: CoreConfig, contents: Mapping[MemoryId, Sequence[int]] | None = None
    ) -> None:
        self._config = config
        self._contents = contents or {}
        shapes = config.memories
        owned = [memory for memories in OWNED.values() for memory in memories]
        super().__init__(
            {
                "update": In(stream.Signature(update_layout(config))),
                "clear": In(1),
                "take": Out(stream.Signature(take_layout(config))),
                "taken": In(taken(config)),
                "events": Out(stream.Signature(event_layout(config))),
                "results": Out(stream.Signature(32, always_ready=True)),
                "room": In(1),
                "busy": Out(1),
                "lasting": Out(1),
                "dividing": Out(1),
                **({"relayed": Out(written(config))} if config.relaying else {}),
                **{name.name.lower(): In(HostPort(shapes[name])) for name in owned},
            }
        )

    def elaborate(self, platform):
        m = Module()
        config, contents = self._config, self._contents
        m.submodules.feed = feed = LaneFeed(config)
        m.submodules.filter = synapses = SynapticFilter(config, contents.get(MemoryId.FILTER, ()))
        m.submodules.sums = sums = CurrentSum(config, contents.get(MemoryId.BIAS, ()))
        m.submodules.membrane = membrane = Membrane(config)
        m.submodules.packer = packer = ResultPacker(config)
        for part, memories in zip((synapses, sums, membrane), OWNED.values(), strict=True):
            for memory in memories:
                name = memory.name.lower()
                connect(m, flipped(getattr(self, name)), getattr(part, name))
        given = Signal(update_layout(config), reset_less=True)
        for part in (synapses, sums, membrane):
            m.d.comb += part.parameters.eq(given)
        opens = [synapses.o.opens, membrane.opening]
        m.submodules.fields = fields = PassFields(given, opens, config.neuron_interval)
        connect(m, feed.take, flipped(self.take))
        connect(m, flipped(self.taken), feed.taken)
        connect(m, synapses.o, sums.i)
        connect(m, packer.o, flipped(self.results))
        m.d.comb += [
            synapses.clear.eq(self.clear),
            membrane.clear.eq(self.clear),
            membrane.early.eq(delayed(m, synapses.next.neuron, 1, "next_neuron")),
            membrane.fetch.eq(synapses.o.neuron),
            membrane.opens.eq(synapses.o.opens),
        ]
        m.d.comb += follow(sums.next, synapses.next)
        self._fan_out(m, fields, sums, membrane, packer)
        has_room, sending, queued = self._send_events(m, given, fields, membrane)
        self._issue(m, given, feed, synapses, membrane, has_room)
        moving = feed.busy | synapses.busy | sums.o.valid | membrane.busy | packer.busy | sending
        if config.relaying:
            moving = moving | self._relay(m, fields, sums, packer)
        several = config.counting and count_words(config.neuron_lanes) > 1
        m.d.comb += [
            self.busy.eq(moving | membrane.o.valid),
            self.lasting.eq(moving | (membrane.o.valid if several else queued)),
        ]
        m.d.sync += self.dividing.eq(membrane.dividing)
        return m

    def _fan_out(self, m, fields, sums, membrane, packer):
        """Send sums of neurons through the membrane, those of readouts to the results."""
        m.d.comb += follow(membrane.i, sums.o)
        m.d.comb += follow(packer.readouts, sums.o)
        m.d.comb += follow(packer.spikes, membrane.o)
        if self._config.counting:
            m.d.comb += packer.tally.eq(fields.at(FIRED, "tally"))
        readout = fields.at(SUMMED, "readout")
        m.d.comb += [
            membrane.i.valid.eq(sums.o.valid & ~readout),
            membrane.i.opens.eq(sums.o.opens & ~readout),
            packer.readouts.valid.eq(sums.o.valid & readout & ~self.clear),
        ]

    def _relay(self, m, fields, sums, packer):
        """Send values to be relayed to the planes, not to the results; return if any are left."""
        m.submodules.writer = writer = PlaneWriter(self._config)
        relay = fields.at(SUMMED, "relay")
        m.d.comb += follow(writer.i, sums.o)
        with m.If(relay):
            m.d.comb += packer.readouts.valid.eq(0)
        m.d.comb += [
            writer.i.valid.eq(sums.o.valid & relay & ~self.clear),
            writer.plane.eq(fields.at(SUMMED, "plane")),
        ]
        connect(m, writer.o, flipped(self.relayed))
        return writer.busy

    def _issue(self, m, given, feed, synapses, membrane, has_room):
        """Enter one row after the other."""
        config, update = self._config, self.update.payload
        issue = Signal()
        turn, spike_turn = self._turns(m)
        m.d.comb += [
            issue.eq(feed.o.valid & feed.o.ready),
            feed.o.ready.eq(turn & has_room & self.room & ~self._must_wait(m, given, feed, issue)),
            feed.passes.valid.eq(self.update.valid),
            feed.passes.payload.accumulator.eq(update.accumulator),
            feed.passes.payload.count.eq(update.count),
            feed.passes.payload.keep.eq(update.held & ~self.clear),
            self.update.ready.eq(feed.passes.ready),
            synapses.fetch.eq(self._count(m, feed, issue, update.slot)),
            membrane.tick.eq(spike_turn),
        ]
        if config.coupled:
            m.d.comb += synapses.partner.eq(self._count(m, feed, issue, update.partner))
        entering = driven(config).create(path=("entering",))
        m.d.sync += [
            entering.valid.eq(issue),
            entering.opens.eq(issue & feed.opens),
            entering.final.eq(feed.final),
            entering.neuron.eq(self._count(m, feed, issue, update.neuron)),
            entering.slot.eq(synapses.fetch),
            entering.drive.eq(feed.o.payload),
        ]
        m.d.comb += follow(synapses.i, entering)
        with m.If(self.update.valid & self.update.ready):
            m.d.sync += given.eq(update)

    def _count(self, m, feed, issue, first):
        """Number of the row that enters next, the first of a pass being ``first``."""
        number, following = Signal.like(first), Signal.like(first)
        m.d.comb += number.eq(Mux(feed.opens, first, following))
        with m.If(issue):
            m.d.sync += following.eq(number + 1)
        return number

    def _must_wait(self, m, given, feed, issue):
        """Whether a row must wait for what is on its way, the first of a pass mostly."""
        latency, lanes = spike_latency(self._config), self._config.neuron_lanes
        in_force, held_up = Signal(range(latency)), Signal()
        early = feed.opens & held_up
        if self._config.neuron_interval > 1:
            enters, wait = issue, latency - 1
        else:
            enters, wait = issue & feed.opens, latency - 2
            early |= feed.opens & self._is_wary(m, given, issue)
        with m.If(enters):
            m.d.sync += [in_force.eq(wait), held_up.eq(1)]
        with m.Elif(held_up):
            m.d.sync += [in_force.eq(in_force - 1), held_up.eq(in_force != 1)]
        if lanes == 1 and not self._config.relaying:
            return early
        return early | self._is_sending(m, given, feed, issue)

    def _is_wary(self, m, given, issue):
        """Whether the pass to come needs what one of the last rows leaves."""
        update, lanes = self.update.payload, self._config.neuron_lanes
        recent = Signal(FIRING + (count_words(lanes) - 1 if self._config.counting else 0))
        lately, wary = Signal(), Signal()
        follows = update.readout & update.last & ~given.readout
        m.d.sync += [
            recent.eq(Cat(issue, recent)),
            lately.eq(Cat(issue, recent[:-1]).any()),
            wary.eq((update.count < settling(self._config)) | follows),
        ]
        return lately & wary

    def _is_sending(self, m, given, feed, issue):
        """Whether the words that the row before makes take the place of the next row's."""
        left = Signal(range(max(self._config.neuron_lanes, self._config.formats.relay_planes + 1)))
        with m.If(issue):
            m.d.sync += left.eq(
                Mux(feed.opens, self._words_after(self.update.payload), self._words_after(given))
            )
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        if self._config.relaying:
            self._let_write(m, given, feed, issue, left)
        return left != 0

    def _let_write(self, m, given, feed, issue, left):
        """Wait for the planes after a row that fills a word of values, and after no other."""
        rows = rows_per_word(self._config.neuron_lanes)
        row = Signal(range(rows))
        with m.If(issue):
            m.d.sync += row.eq(Mux(feed.opens, 1, row + 1))
            with m.If(Mux(feed.opens, self.update.payload.relay, given.relay)):
                fills = ~feed.opens & (row == rows - 1)
                m.d.sync += left.eq(Mux(fills, self._config.formats.relay_planes, 0))

    def _words_after(self, given):
        """Words that a row of a pass makes after its first one."""
        lanes = self._config.neuron_lanes
        counts = count_words(lanes) - 1
        others = Mux(given.tally, counts, 0) if self._config.counting else 0
        return Mux(given.last, Mux(given.readout, lanes - 1, others), 0)

    def _turns(self, m):
        """High once every ``neuron_interval`` cycles: when rows may enter, and have their spikes.

        They are counted from when the engine was idle, as long as anything is on its way.
        """
        interval = self._config.neuron_interval
        if interval == 1:
            return 1, 1
        phase = Signal(range(interval))
        m.d.sync += phase.eq(Mux(self.busy | self.dividing, phase + 1, 0))
        return phase == 0, phase == spike_latency(self._config) % interval

    def _send_events(self, m, given, fields, membrane):
        """Queue the rows of weights of spiking neurons.

        Returns whether there is room for more, whether some are left, and whether more come.
        """
        config, fired = self._config, membrane.o
        event = Signal(event_layout(config))
        row = Signal.like(event.row)
        row_words = fields.at(FIRED, "row_words")
        sent, splitting = self._spread(m)
        queued = [event]
        queued += [fired.spike] if config.neuron_lanes > 1 else []
        queued += [fired.count] if config.counting else []
        depth = 1 << (2 * in_flight(config) - 1).bit_length()
        m.submodules.queue = queue = fifo.SyncFIFOBuffered(width=len(Cat(queued)), depth=depth)
        m.d.comb += [
            event.row.eq(row),
            event.row_words.eq(row_words),
            event.row_map.eq(fields.at(FIRED, "row_map")),
            event.base.eq(Base.SUM),
            queue.w_data.eq(Cat(queued)),
            queue.w_en.eq(fired.valid & fired.spike.any() & fields.at(FIRED, "connected")),
            sent.valid.eq(queue.r_rdy),
            sent.payload.eq(queue.r_data),
            queue.r_en.eq(sent.ready),
        ]
        with m.If(fired.valid):
            m.d.sync += row.eq(row + row_words * config.neuron_lanes)
        with m.If(membrane.opening):
            m.d.sync += row.eq(given.row)
        has_room = Signal()
        m.d.sync += has_room.eq(queue.level <= depth - in_flight(config))
        return has_room, (queue.level != 0) | splitting, queue.w_en

    def _spread(self, m):
        """Return the stream that makes events of what is queued, and whether it is at it."""
        config, sent, splitting = self._config, self.events, 0
        if config.counting:
            m.submodules.repeat = repeat = EventRepeat(config)
            connect(m, repeat.o, flipped(sent))
            sent = repeat.i
        if config.neuron_lanes > 1:
            m.submodules.split = split = EventSplit(config)
            m.d.comb += [sent.valid.eq(split.o.valid), split.o.ready.eq(sent.ready)]
            one = split.o.payload
            m.d.comb += sent.payload.eq(one if config.counting else one.event)
            sent, splitting = split.i, split.busy
        return sent, splitting
