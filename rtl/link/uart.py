"""UART, 8 data bits, no parity, one stop bit, with a fixed divisor."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

#: Fewest clock cycles per bit for which mid-bit sampling tolerates 2 % of clock error.
MIN_DIVISOR = 4

_DATA_BITS = 8
_FRAME_BITS = _DATA_BITS + 2


def check_divisor(divisor: int) -> int:
    """Return ``divisor``, or raise ValueError if a bit would be too short to sample."""
    if divisor < MIN_DIVISOR:
        raise ValueError(
            f"UART divisor {divisor} is less than {MIN_DIVISOR} clock cycles per bit; "
            "use a lower baud rate or a faster clock"
        )
    return divisor


class UartReceiver(wiring.Component):
    """Receive bytes; each is offered half a bit after its stop bit begins.

    A byte whose stop bit is low, and a byte that comes while the one before was
    not yet taken, are dropped: the CRC of the frame tells.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit, at least 4.

    Members
    -------
    rx : ``In(1)``, asynchronous, idle high
    o : ``Out(stream.Signature(8))``
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = check_divisor(divisor)
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(_DATA_BITS))})

    def elaborate(self, platform):
        m = Module()
        level = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, level, init=1)

        timer = Signal(range(self.divisor))
        samples = Signal(range(_FRAME_BITS + 1))
        data = Signal(_DATA_BITS)

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(samples == 0):
            m.d.sync += timer.eq(self.divisor // 2 - 1)
            with m.If(~level):
                m.d.sync += samples.eq(_FRAME_BITS)
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [timer.eq(self.divisor - 1), samples.eq(samples - 1)]
            with m.If(samples != 1):
                m.d.sync += data.eq(Cat(data[1:], level))
            with m.Elif(level & ~self.o.valid):
                m.d.sync += [self.o.payload.eq(data), self.o.valid.eq(1)]
            with m.If((samples == _FRAME_BITS) & level):
                m.d.sync += samples.eq(0)
        return m


class UartTransmitter(wiring.Component):
    """Send bytes, one every ``10 * divisor + 1`` clock cycles.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit, at least 4.

    Members
    -------
    i : ``In(stream.Signature(8))``
    tx : ``Out(1)``, idle high
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = check_divisor(divisor)
        super().__init__({"i": In(stream.Signature(_DATA_BITS)), "tx": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()
        timer = Signal(range(self.divisor))
        bits = Signal(range(_FRAME_BITS + 1))
        shift = Signal(_DATA_BITS + 1, init=-1)

        m.d.comb += [self.tx.eq(shift[0]), self.i.ready.eq(bits == 0)]
        with m.If(self.i.ready):
            m.d.sync += timer.eq(self.divisor - 1)
            with m.If(self.i.valid):
                m.d.sync += [shift.eq(Cat(0, self.i.payload)), bits.eq(_FRAME_BITS)]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += timer.eq(self.divisor - 1)
            m.d.sync += [shift.eq(Cat(shift[1:], 1)), bits.eq(bits - 1)]
        return m
