"""A core behind its serial link, without pins: what every board wraps."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import DIGEST_BYTES, MemoryImage
from nef2hw.rtl.core import Core
from nef2hw.rtl.link.frames import FRAME_BYTES
from nef2hw.rtl.link.port import CommandPort
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter
from nef2hw.rtl.stream_register import StreamRegister


class Top(wiring.Component):
    """UART, command port and core in the domain ``sync``.

    Parameters
    ----------
    config : CoreConfig
        The core to build.
    image : MemoryImage or None
        What the memories hold after configuration.
    uart_divisor : int
        Clock cycles per bit of the UART, at least 4.
    image_digest : str or None
        8 bytes in hexadecimal, told by IDENTIFY; by default those of ``image``, or zeros
        without one.
    frame_bytes : int
        Size of the receive buffer, a power of two.
    core : wiring.Component or None
        Stands in for ``Core(config, image)``: same four streams.

    Members
    -------
    rx : ``In(1)``, asynchronous, idle high
    tx : ``Out(1)``, idle high
    busy : ``Out(1)``, high while a request is acted on
    """

    def __init__(
        self,
        config: CoreConfig,
        image: MemoryImage | None = None,
        *,
        uart_divisor: int,
        image_digest: str | None = None,
        frame_bytes: int = FRAME_BYTES,
        core: wiring.Component | None = None,
    ) -> None:
        if image_digest is None:
            image_digest = bytes(DIGEST_BYTES).hex() if image is None else image.digest
        self.core = Core(config, image) if core is None else core
        self.port = CommandPort(
            bytes.fromhex(config.digest),
            config.memories,
            bytes.fromhex(image_digest),
            frame_bytes,
            config.flags,
            config.total_words,
            config.compact,
        )
        self.uart_divisor = uart_divisor
        self._compact = config.compact
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "busy": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self.uart_divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(self.uart_divisor)
        m.submodules.port = port = self.port
        m.submodules.core = core = self.core

        connect(m, receiver.o, port.i)
        self._send(m, port, transmitter)
        connect(m, port.bus, core.bus)
        connect(m, core.bus_read, port.bus_read)
        connect(m, port.run, core.run)
        connect(m, core.results, port.results)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.busy.eq(port.busy),
        ]
        return m

    def _send(self, m, port, transmitter):
        """Connect port and transmitter, which has a whole byte's time to take the next one."""
        if self._compact:
            connect(m, port.o, transmitter.i)
            return
        m.submodules.leaving = leaving = StreamRegister(8)
        connect(m, port.o, leaving.i)
        connect(m, leaving.o, transmitter.i)
