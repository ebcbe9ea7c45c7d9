"""Sums of results over the steps of a request."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from nef2hw.program.link_codes import ResultKind
from nef2hw.program.words import COUNT_BITS, RESULT_BITS
from nef2hw.rtl.layouts import ResultWord
from nef2hw.rtl.pipeline import delayed


class Window(data.Struct):
    """Which results to sum: ``count`` of them, from result word ``first`` on."""

    count: 16
    first: 14
    kind: ResultKind


class Totals(wiring.Component):
    """Pass results on, or keep their sums over many steps and hand those on in the end.

    While ``active``, all words of a step are taken: one per cycle, those in the window
    and the cycle count one cycle more per result in it. A sum is written some cycles after
    its word was looked at; none is needed again before. After the last step the sums
    leave in order, modulo 2**32, that of the cycle counts last. What is read passes a register
    beside the memory, unless the core is to be compact.

    Parameters
    ----------
    room : int
        Sums that can be kept, that of the cycles among them; a power of two from 2.
    compact : bool

    Members
    -------
    i, o : streams of ``ResultWord``
    begin : ``In(1)``, take ``window`` and forget all sums; only between requests
    window : ``In(Window)``, a count below ``room``
    active : ``In(1)``
    more : ``In(1)``, when the last word of a step is taken: others will follow
    """

    def __init__(self, room: int, compact: bool = False) -> None:
        if room < 2 or room & (room - 1):
            raise ValueError(f"room for {room} sums, expected a power of two from 2")
        self._room = room
        self._late = 0 if compact else 1
        super().__init__(
            {
                "i": In(stream.Signature(ResultWord)),
                "o": Out(stream.Signature(ResultWord)),
                "begin": In(1),
                "window": In(Window),
                "active": In(1),
                "more": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.sums = sums = Memory(shape=RESULT_BITS, depth=self._room, init=[])
        self._write, self._read = sums.write_port(), sums.read_port()
        self._count, self._index, self._next = (Signal(range(self._room)) for _ in range(3))
        self._first, self._skip = Signal(14), Signal(14)
        self._kind = Signal(ResultKind)
        self._word = Signal(RESULT_BITS)
        self._places = Signal(range(RESULT_BITS))  # results left in the word after this one
        self._is_count, self._final, self._fresh = Signal(), Signal(), Signal()
        self._adding = Signal()
        self._before = Signal(RESULT_BITS)
        self._left = Signal(range(self._room))  # sums of the step that are still to come
        found = delayed(m, self._read.data, self._late, "found")
        fresh = delayed(m, self._fresh, self._late, "fresh_then")
        cycles = self._late + 2
        m.d.comb += [
            self._next.eq(self._index),
            self._read.addr.eq(self._index),
            self._write.data.eq(self._before + delayed(m, self._addend(), cycles, "addend")),
            self._write.en.eq(delayed(m, self._adding, cycles, "adding")),
            self._write.addr.eq(delayed(m, self._index, cycles, "place")),
        ]
        m.d.sync += [self._before.eq(Mux(fresh, 0, found)), self._index.eq(self._next)]
        with m.FSM():
            self._take(m)
            self._add(m)
            self._hand_on(m)
        with m.If(self.begin):
            m.d.sync += [
                self._count.eq(self.window.count),
                self._left.eq(self.window.count),
                self._first.eq(self.window.first),
                self._skip.eq(self.window.first),
                self._kind.eq(self.window.kind),
                self._fresh.eq(1),
            ]
        return m

    def _addend(self):
        spike, count = self._word[0], self._word[:COUNT_BITS]
        result = Mux(self._kind == ResultKind.COUNT, count, self._word)
        result = Mux(self._kind == ResultKind.SPIKE, spike, result)
        return Mux(self._is_count, self._word, result)

    def _take(self, m):
        """Take a word; those outside the window go no further."""
        with m.State("TAKE"):
            m.d.sync += [
                self._word.eq(self.i.p.data),
                self._is_count.eq(self.i.p.last),
                self._final.eq(~self.more),
            ]
            with m.Switch(self._kind):
                with m.Case(ResultKind.SPIKE):
                    m.d.sync += self._places.eq(RESULT_BITS - 1)
                with m.Case(ResultKind.COUNT):
                    m.d.sync += self._places.eq(RESULT_BITS // COUNT_BITS - 1)
                with m.Default():
                    m.d.sync += self._places.eq(0)
            with m.If(~self.active):
                wiring.connect(m, wiring.flipped(self.i), wiring.flipped(self.o))
            with m.Else():
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid & self.i.p.last):
                    m.next = "ADD"
                with m.Elif(self.i.valid & (self._skip != 0)):
                    m.d.sync += self._skip.eq(self._skip - 1)
                with m.Elif(self.i.valid & (self._left != 0)):
                    m.next = "ADD"

    def _add(self, m):
        """Add one result of the word per cycle, or the cycle count behind all of them."""
        step = Mux(self._kind == ResultKind.SPIKE, self._word >> 1, self._word >> COUNT_BITS)
        with m.State("ADD"):
            m.d.comb += [self._adding.eq(1), self._next.eq(self._index + 1)]
            m.d.sync += [
                self._word.eq(step),
                self._places.eq(self._places - 1),
                self._left.eq(self._left - 1),
            ]
            with m.If(self._is_count):
                m.next = "END"
            with m.Elif((self._places == 0) | (self._left == 1)):
                m.next = "TAKE"
        with m.State("END"):
            m.d.comb += self._next.eq(0)
            m.d.sync += [
                self._skip.eq(self._first),
                self._left.eq(self._count),
                self._fresh.eq(0),
            ]
            m.next = "TAKE"
            with m.If(self._final):
                m.next = "WRITTEN"
        self._wait(m, "WRITTEN", "FETCH")

    def _wait(self, m, state, following):
        """Let a cycle pass in ``state``, or two, before the ``following`` one."""
        if self._late:
            with m.State(state):
                m.next = f"{state}_LATE"
            state = f"{state}_LATE"
        with m.State(state):
            m.next = following

    def _hand_on(self, m):
        with m.State("FETCH"):
            m.next = "FETCHED"
        self._wait(m, "FETCHED", "HAND_ON")
        with m.State("HAND_ON"):
            m.d.comb += [
                self.o.valid.eq(1),
                self.o.p.data.eq(self._before),
                self.o.p.last.eq(self._index == self._count),
            ]
            with m.If(self.o.ready):
                m.d.comb += self._next.eq(self._index + 1)
                m.next = "FETCH"
                with m.If(self.o.p.last):
                    m.d.comb += self._next.eq(0)
                    m.next = "TAKE"
