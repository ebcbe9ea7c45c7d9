"""Memories that the core works on and the host can reach."""

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.memory import MemoryShape
from nef2hw.program.words import index_bits


class HostPort(wiring.Signature):
    """Access of the host to one memory.

    While ``select`` is high the memory follows the host's address; data read
    appear one to three cycles after the address and stay.
    """

    def __init__(self, shape: MemoryShape) -> None:
        super().__init__(
            {
                "select": Out(1),
                "address": Out(index_bits(shape.depth)),
                "write": Out(1),
                "write_data": Out(shape.width),
                "read_data": In(shape.width),
            }
        )


class ImageMemory(wiring.Component):
    """A memory that the core only reads; data follow their address by one cycle.

    One address serves reading and writing, so that single-port memories fit.
    ``enable`` low keeps the data that were read last. With ``written``, the core writes
    too, at an address of its own.
    """

    def __init__(
        self,
        shape: MemoryShape,
        init: Sequence[int],
        *,
        written: bool = False,
    ) -> None:
        self._written = written
        writing = {
            "write": In(1),
            "write_address": In(index_bits(shape.depth)),
            "write_data": In(shape.width),
        }
        self._shape = shape
        self._init = init
        super().__init__(
            {
                "address": In(index_bits(shape.depth)),
                "enable": In(1, init=1),
                "data": Out(shape.width),
                "host": In(HostPort(shape)),
                **(writing if written else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        host, address = self.host, Signal.like(self.address)
        m.d.comb += [
            address.eq(Mux(host.select, host.address, self.address)),
            host.read_data.eq(self.data),
        ]
        m.submodules.cells = cells = memory.Memory(
            shape=unsigned(self._shape.width), depth=self._shape.depth, init=self._init
        )
        read, write = cells.read_port(), cells.write_port()
        m.d.comb += [
            read.addr.eq(address),
            read.en.eq((self.enable | host.select) & ~host.write),
            write.addr.eq(address),
            write.en.eq(host.write),
            write.data.eq(host.write_data),
            self.data.eq(read.data),
        ]
        if self._written:
            with m.If(~host.select):
                m.d.comb += [
                    write.addr.eq(self.write_address),
                    write.en.eq(self.write),
                    write.data.eq(self.write_data),
                ]
        return m


class StateMemory(wiring.Component):
    """A memory that the core reads and writes; data follow their address by one cycle.

    With ``paired``, the core reads a second word at the same time, at ``pair_address``. Each of
    the ``parts`` of a word is written where its bit of ``write`` is set.
    """

    def __init__(
        self,
        shape: MemoryShape,
        init: Sequence[int] = (),
        *,
        paired: bool = False,
        parts: int = 1,
    ) -> None:
        self._shape = shape
        self._init = init
        self._paired = paired
        self._parts = parts
        address = index_bits(shape.depth)
        super().__init__(
            {
                "read_address": In(address),
                "read_data": Out(shape.width),
                "write": In(parts),
                "write_address": In(address),
                "write_data": In(shape.width),
                "host": In(HostPort(shape)),
                **({"pair_address": In(address), "pair_data": Out(shape.width)} if paired else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.cells = cells = memory.Memory(
            shape=unsigned(self._shape.width), depth=self._shape.depth, init=self._init
        )
        read = cells.read_port()
        write = cells.write_port(granularity=self._shape.width // self._parts)
        host = self.host
        m.d.comb += [
            read.addr.eq(Mux(host.select, host.address, self.read_address)),
            write.addr.eq(Mux(host.select, host.address, self.write_address)),
            write.data.eq(Mux(host.select, host.write_data, self.write_data)),
            write.en.eq(Mux(host.select, host.write.replicate(self._parts), self.write)),
            self.read_data.eq(read.data),
            host.read_data.eq(read.data),
        ]
        if self._paired:
            second = cells.read_port()
            m.d.comb += [second.addr.eq(self.pair_address), self.pair_data.eq(second.data)]
        return m
