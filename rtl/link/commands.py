"""The command interpreter: from checked frames to the streams of the core and back."""

from collections.abc import Mapping

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.link_codes import (
    ANSWER_FLAG,
    ERROR_STATUS,
    Command,
    ErrorCode,
    RunFlag,
)
from nef2hw.program.memory import DIGEST_BYTES, MemoryId, MemoryShape
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.rtl.link.checks import (
    MEMORY_BITS,
    address_bits,
    has_right_length,
    is_known,
    memory_kind,
)
from nef2hw.rtl.link.cobs import FramedByte
from nef2hw.rtl.link.frames import RequestByte
from nef2hw.rtl.link.identity import Identity
from nef2hw.rtl.link.totals import Window

_WORD_BYTES = 4

# What a word of a request is for.
_TARGET, _AMOUNT, _DATA, _WINDOW = range(4)
_COUNT_BITS = 16


class Commands(wiring.Component):
    """Act on one request at a time and answer it; see ``docs/protocol.md``.

    A request is taken byte by byte and always to its end. Memory, length and
    command are checked before anything is done. Bus requests are made only while
    no run is outstanding: the next request is taken when the last answer was handed on.
    A beat is awaited only after the bus took the request for it.

    Parameters
    ----------
    config_digest, image_digest : bytes
        8 bytes each; ``image_digest`` is what the bitstream holds at power-up.
    memories : mapping from MemoryId to MemoryShape
        Memories on the bus; their sizes give the width of the address counter.
    frame_bytes : int
        Size of the receive buffer, told by IDENTIFY.
    flags : int
        Number of flags that tell which inputs changed.
    can_sum : bool
        Whether the command SUM is known.

    Members
    -------
    i : ``In(stream.Signature(RequestByte))``
    o : ``Out(stream.Signature(FramedByte))``
    bus, bus_read, run, results : the streams of the core
    bad_frames : ``In(8)``, told by IDENTIFY
    begin_sum : ``Out(1)``, ``window`` tells what to sum from now on
    window : ``Out(Window)``
    summing : ``Out(1)``, high while the steps of a SUM run and its answer is sent
    more_steps : ``Out(1)``, steps of the request are still to be started
    busy : ``Out(1)``, high from a request's second byte to the last of its answer
    """

    def __init__(
        self,
        config_digest: bytes,
        image_digest: bytes,
        memories: Mapping[MemoryId, MemoryShape],
        frame_bytes: int,
        flags: int,
        can_sum: bool = False,
    ) -> None:
        self.can_sum = can_sum
        self.memories = memories
        self.flags = flags
        self.identity = Identity(config_digest, image_digest, frame_bytes)
        super().__init__(
            {
                "i": In(stream.Signature(RequestByte)),
                "o": Out(stream.Signature(FramedByte)),
                "bus": Out(stream.Signature(BusRequest)),
                "bus_read": In(stream.Signature(32)),
                "run": Out(stream.Signature(RunRequest)),
                "results": In(stream.Signature(ResultWord)),
                "bad_frames": In(8),
                "begin_sum": Out(1),
                "window": Out(Window),
                "summing": Out(1),
                "more_steps": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.identity = self.identity
        self._make_registers()
        m.d.comb += [
            self.bus.p.memory.eq(self._memory),
            self.bus.p.address.eq(self._address),
            self.bus.p.data.eq(self._word),
            self.identity.bad_frames.eq(self.bad_frames),
            self.identity.byte.eq(self.i.p.data),
            self.identity.token.eq(self._word[:8]),
            self.run.p.reset.eq(self._reset),
            self.run.p.changed.eq(self._changed),
            self.window.as_value().eq(self._word),
            self.summing.eq(self._summing),
            self.more_steps.eq(self._count != 0),
        ]
        self._move_data(m)
        with m.FSM() as fsm:
            self._take_head(m)
            self._take_words(m)
            self._answer(m)
            self._start_steps(m)
            self._fetch_words(m)
            self._send_words(m)
            m.d.comb += self.busy.eq(~fsm.ongoing("SESSION"))
        return m

    def _make_registers(self):
        self._session = Signal(8)
        self._stranger = Signal()
        self._sequence = Signal(8)
        self._accepted = Signal(8)  # number of the last request accepted
        self._any_before = Signal()
        self._repeated = Signal()
        self._command = Signal(3)
        self._known = Signal()
        self._fits = Signal()  # its length is right
        self._error = Signal(3)
        self._place = Signal(2)
        self._memory = Signal(MEMORY_BITS)
        self._reset = Signal()
        self._at_end = Signal()
        self._address = Signal(address_bits(self.memories))
        self._count = Signal(_COUNT_BITS)
        self._changed = Signal(self.flags)
        self._word = Signal(8 * _WORD_BYTES)
        self._lane = Signal(range(_WORD_BYTES))
        self._last = Signal()
        # What the states ask of the registers.
        self._shift = Signal()
        self._load = Signal()
        self._aim = Signal()
        self._advance = Signal()
        self._set_count = Signal()
        self._count_down = Signal()
        # RUN and SUM are the commands with that bit.
        self._running = self._command[2]
        self._summing = (self._command == Command.SUM) if self.can_sum else Const(0)
        self._identifying = self._command == Command.IDENTIFY
        self._writing = self._command == Command.WRITE
        self._to_digest = self._memory == MemoryId.IMAGE_DIGEST

    def _move_data(self, m):
        """Each register's one way to take a new value; the states say when."""
        fetched = Mux(self._running, self.results.p.data, self.bus_read.payload)
        shifted = Cat(self._word[8:], self.i.p.data)
        with m.If(self._shift | self._load):
            m.d.sync += self._word.eq(Mux(self._load, fetched, shifted))
        with m.If(self._shift):
            m.d.sync += self._lane.eq(self._lane + 1)
        with m.If(self._aim | self._advance):
            m.d.sync += self._address.eq(Mux(self._aim, self._word[8:], self._address + 1))
        with m.If(self._set_count | self._count_down):
            m.d.sync += self._count.eq(
                Mux(self._set_count, self._word[:_COUNT_BITS], self._count - 1)
            )

    def _take_head(self, m):
        """Session, sequence number and command; a refused request is skipped to its end."""
        with m.State("SESSION"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += self._stranger.eq(self.i.p.data != self._session)
            with m.If(self.i.valid):
                m.next = "SEQUENCE"
        with m.State("SEQUENCE"):
            m.d.comb += self.i.ready.eq(1)
            ahead = (self.i.p.data - self._accepted)[:8]
            m.d.sync += [
                self._sequence.eq(self.i.p.data),
                self._repeated.eq(self._any_before & ((ahead == 0) | ahead[-1])),
                self._error.eq(0),
                self._lane.eq(0),
                self._place.eq(_TARGET),
            ]
            with m.If(self.i.valid):
                m.next = "COMMAND"
        with m.State("COMMAND"):
            m.d.comb += self.i.ready.eq(1)
            command, left = self.i.p.data, self.i.p.left
            m.d.sync += [
                self._command.eq(command),
                self._known.eq(is_known(command, self.can_sum)),
                self._fits.eq(has_right_length(command, left)),
                self._last.eq(left == 0),
            ]
            with m.If(self.i.valid):
                m.next = "CHECK"
        with m.State("CHECK"):
            self._check_command(m)
        with m.State("SKIP"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid & (self.i.p.left == 0)):
                m.next = "ANSWER"

    def _check_command(self, m):
        m.next = "SKIP"
        with m.If(self._last):
            m.next = "ANSWER"
        with m.If(self._stranger & ~(self._known & self._identifying)):
            m.d.sync += self._error.eq(ErrorCode.OTHER_SESSION)
        with m.Elif(self._repeated & ~self._stranger):
            m.d.sync += self._error.eq(ErrorCode.REPEATED)
        with m.Elif(~self._known):
            m.d.sync += self._error.eq(ErrorCode.UNKNOWN_COMMAND)
        with m.Elif(~self._fits):
            m.d.sync += self._error.eq(ErrorCode.WRONG_LENGTH)
        with m.Else():
            m.d.sync += [self._accepted.eq(self._sequence), self._any_before.eq(1)]
            m.next = "TAKE"

    def _take_words(self, m):
        """Words, lowest byte first, each used as soon as it is whole."""
        with m.State("TAKE"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += self._last.eq(self.i.p.left == 0)
            with m.If(self.i.valid):
                m.d.comb += [
                    self._shift.eq(1),
                    self.identity.store.eq(self._to_digest & (self._place == _DATA)),
                ]
                with m.If(self._lane == _WORD_BYTES - 1):
                    m.next = "USE"
        with m.State("USE"), m.Switch(self._place):
            with m.Case(_TARGET):
                self._use_target(m)
            with m.Case(_AMOUNT):
                m.d.comb += self._set_count.eq(1)
                m.d.sync += [
                    self._changed.eq(self._word[16:]),
                    self._place.eq(Mux(self._summing, _WINDOW, _DATA)),
                ]
                self._take_next(m)
            with m.Case(_WINDOW):
                m.d.comb += self.begin_sum.eq(1)
                m.d.sync += self._place.eq(_DATA)
                self._take_next(m)
            with m.Default():
                m.d.comb += [self.bus.valid.eq(~self._to_digest), self.bus.p.write.eq(1)]
                with m.If(self.bus.ready | self._to_digest):
                    m.d.comb += self._advance.eq(1)
                    self._take_next(m)

    def _take_next(self, m):
        m.next = "TAKE"
        with m.If(self._last):
            m.next = "ANSWER"
            with m.If(self._running):
                m.next = "START"

    def _use_target(self, m):
        """Take memory and address; for a run, flags and the address of its planes; or a token."""
        kind = memory_kind(self._word[:8], self.memories)
        to_digest = kind.is_digest & self._writing
        m.d.sync += [
            self._memory.eq(Mux(self._running, int(MemoryId.PLANES), self._word[:MEMORY_BITS])),
            self._reset.eq((self._word[:8] & RunFlag.RESET).any()),
            self._at_end.eq(self._summing | (self._word[:8] & RunFlag.LAST).any()),
        ]
        m.d.comb += self._aim.eq(1)
        with m.If(self._identifying):
            m.d.sync += self._session.eq(self._word[:8])
            m.next = "ANSWER"
        with m.Elif(self.i.valid):
            m.d.sync += self._place.eq(Mux(self._writing, _DATA, _AMOUNT))
            m.next = "TAKE"
            with m.If(to_digest & (self.i.p.left != DIGEST_BYTES - 1)):
                m.d.sync += self._error.eq(ErrorCode.WRONG_LENGTH)
                m.next = "SKIP"
            with m.If(~self._running & ~to_digest & ~kind.on_bus):
                m.d.sync += self._error.eq(ErrorCode.BAD_MEMORY)
                m.next = "SKIP"
        with m.If(self._writing & kind.in_image):
            m.d.comb += self.identity.clear.eq(1)

    def _answer(self, m):
        """Sequence number, status and, for an error or a run, a third byte."""
        failed = self._error != 0
        with m.State("ANSWER"):
            m.d.comb += [self.o.p.data.eq(self._sequence), self.o.valid.eq(1)]
            with m.If(self.o.ready):
                m.next = "STATUS"
        with m.State("STATUS"):
            m.d.comb += [
                self.o.p.data.eq(Mux(failed, ERROR_STATUS, ANSWER_FLAG | self._command)),
                self.o.p.last.eq(self._writing & ~failed),
                self.o.valid.eq(1),
            ]
            with m.If(self.o.ready):
                with m.Switch(self._command):
                    with m.Case(Command.IDENTIFY):
                        m.next = "IDENTITY"
                    with m.Case(Command.READ):
                        m.next = "ASK"
                    with m.Case(Command.RUN, Command.SUM):
                        m.next = "DETAIL"
                    with m.Default():
                        m.next = "SESSION"
                with m.If(failed):
                    m.next = "DETAIL"
        with m.State("IDENTITY"):
            m.d.comb += [
                self.o.payload.eq(self.identity.o.payload),
                self.o.valid.eq(self.identity.o.valid),
                self.identity.o.ready.eq(self.o.ready),
                self._shift.eq(self.identity.next_token),
            ]
            with m.If(self.o.ready & self.o.p.last):
                m.next = "SESSION"
        with m.State("DETAIL"):
            m.d.comb += [
                self.o.p.data.eq(Mux(failed, self._error, self._count[:8])),
                self.o.p.last.eq(failed),
                self.o.valid.eq(1),
            ]
            with m.If(self.o.ready):
                m.next = "FETCH"
                with m.If(failed):
                    m.next = "SESSION"

    def _start_steps(self, m):
        """Start a step; where only the end is answered, drop the words of those before it."""
        with m.State("START"):
            m.d.comb += self.run.valid.eq(1)
            with m.If(self.run.ready):
                m.d.sync += self._changed.eq(0)
                m.d.comb += self._count_down.eq(1)
                m.next = "ANSWER"
                with m.If(self._at_end):
                    m.next = "DROP"
        with m.State("DROP"):
            with m.If(self._count == 0):
                m.next = "ANSWER"
            with m.Elif(self._summing):
                m.next = "START"
            with m.Else():
                m.d.comb += self.results.ready.eq(1)
                with m.If(self.results.valid & self.results.p.last):
                    m.next = "START"

    def _fetch_words(self, m):
        """Ask for a beat, if the answer has beats; fetch each word of the answer."""
        with m.State("ASK"):
            m.d.comb += self.bus.valid.eq(1)
            with m.If(self.bus.ready):
                m.d.comb += [self._advance.eq(1), self._count_down.eq(1)]
                m.next = "FETCH"
        with m.State("FETCH"):
            m.d.comb += [
                self.results.ready.eq(self._running),
                self.bus_read.ready.eq(~self._running),
            ]
            m.d.comb += self._load.eq(1)
            m.d.sync += self._last.eq(Mux(self._running, self.results.p.last, self._count == 0))
            with m.If(Mux(self._running, self.results.valid, self.bus_read.valid)):
                m.next = "SEND"

    def _send_words(self, m):
        """Hand on a word's bytes; the next step starts while the last of its frame is sent."""
        with m.State("SEND"):
            m.d.comb += [
                self.o.p.data.eq(self._word[:8]),
                self.o.p.last.eq(self._last & (self._lane == _WORD_BYTES - 1)),
                self.o.valid.eq(1),
            ]
            with m.If(self.o.ready):
                m.d.comb += self._shift.eq(1)
                with m.If(self._lane == _WORD_BYTES - 1):
                    m.next = "ASK"
                    with m.If(self._running):
                        m.next = "FETCH"
                    with m.If(self._last):
                        m.next = "SESSION"
                        with m.If(self._running & (self._count != 0)):
                            m.next = "START"
