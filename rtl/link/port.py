"""Everything between a stream of bytes and the core's streams."""

from collections.abc import Mapping

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import MAX_FLAGS
from nef2hw.program.memory import DIGEST_BYTES, MemoryId, MemoryShape
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.rtl.link.cobs import FramedByte
from nef2hw.rtl.link.commands import Commands
from nef2hw.rtl.link.frames import FRAME_BYTES, FrameReceiver, FrameTransmitter
from nef2hw.rtl.link.totals import Totals
from nef2hw.rtl.stream_register import StreamRegister


class CommandPort(wiring.Component):
    """Frames, checks and commands over any byte link that offers a byte per 10 cycles or slower.

    Parameters
    ----------
    config_digest : bytes
        8 bytes that tell cores apart.
    memories : mapping from MemoryId to MemoryShape
        Memories on the bus; IMAGE_DIGEST is the port's own.
    image_digest : bytes
        8 bytes, zeros when the bitstream holds no image.
    frame_bytes : int
        Size of the receive buffer, a power of two.
    flags : int
        Number of flags that tell which inputs changed.
    total_words : int
        Sums of results that can be kept, a power of two, or 0: the command SUM is unknown then.

    Members
    -------
    i : ``In(stream.Signature(8))``
    o : ``Out(stream.Signature(8))``
    bus, bus_read, run, results : the streams of the core
    busy : ``Out(1)``
    """

    def __init__(
        self,
        config_digest: bytes,
        memories: Mapping[MemoryId, MemoryShape],
        image_digest: bytes = bytes(DIGEST_BYTES),
        frame_bytes: int = FRAME_BYTES,
        flags: int = MAX_FLAGS,
        total_words: int = 0,
        compact: bool = False,
    ) -> None:
        self.total_words = total_words
        self._compact = compact
        self.commands = Commands(
            config_digest, image_digest, memories, frame_bytes, flags, total_words > 0
        )
        self.receiver = FrameReceiver(frame_bytes)
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(8)),
                "bus": Out(stream.Signature(BusRequest)),
                "bus_read": In(stream.Signature(32)),
                "run": Out(stream.Signature(RunRequest)),
                "results": In(stream.Signature(ResultWord)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver = receiver = self.receiver
        m.submodules.commands = commands = self.commands
        m.submodules.answers = answers = StreamRegister(FramedByte)
        m.submodules.transmitter = transmitter = FrameTransmitter()

        wiring.connect(m, wiring.flipped(self.i), receiver.i)
        wiring.connect(m, receiver.o, commands.i)
        wiring.connect(m, commands.o, answers.i)
        wiring.connect(m, answers.o, transmitter.i)
        wiring.connect(m, transmitter.o, wiring.flipped(self.o))

        wiring.connect(m, commands.bus, wiring.flipped(self.bus))
        wiring.connect(m, wiring.flipped(self.bus_read), commands.bus_read)
        wiring.connect(m, commands.run, wiring.flipped(self.run))
        self._connect_results(m, commands)
        m.d.comb += [commands.bad_frames.eq(receiver.bad_frames), self.busy.eq(commands.busy)]
        return m

    def _connect_results(self, m, commands):
        if not self.total_words:
            wiring.connect(m, wiring.flipped(self.results), commands.results)
            return
        m.submodules.totals = totals = Totals(self.total_words, self._compact)
        wiring.connect(m, wiring.flipped(self.results), totals.i)
        wiring.connect(m, totals.o, commands.results)
        m.d.comb += [
            totals.begin.eq(commands.begin_sum),
            totals.window.eq(commands.window),
            totals.active.eq(commands.summing),
            totals.more.eq(commands.more_steps),
        ]
