"""A small design that needs all that a device has."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class SmallTop(wiring.Component):
    """A memory, a multiplier and a wide sum between the pins of a serial port."""

    def __init__(self, ram_style, depth):
        self._ram_style = ram_style
        self._depth = depth
        super().__init__({"rx": In(1), "tx": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.weights = weights = Memory(
            shape=16, depth=self._depth, init=[], attrs={"ram_style": self._ram_style}
        )
        m.submodules.table = table = Memory(
            shape=16, depth=256, init=range(256), attrs={"ram_style": "block"}
        )
        shift, total = Signal(48), Signal(48)
        writing = shift[-1]
        read, write = weights.read_port(), weights.write_port()
        m.d.sync += [
            shift.eq(Cat(self.rx, shift)),
            total.eq(total + read.data * table_read(m, table, shift)),
        ]
        m.d.comb += [
            read.addr.eq(shift), write.addr.eq(shift), write.data.eq(shift[8:]),
            write.en.eq(writing), read.en.eq(~writing), self.tx.eq(total[-1]),
        ]  # fmt: skip
        return m


def table_read(m, table, address):
    port, write = table.read_port(), table.write_port()
    m.d.comb += [port.addr.eq(address), write.addr.eq(address), write.en.eq(address[20])]
    m.d.comb += write.data.eq(address[12:])
    return port.data
