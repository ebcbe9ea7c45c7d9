"""Memories that answer nonsense when a word is read in the cycle in which it is written."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib.memory import Memory


def spoil_collisions(monkeypatch):
    """Let clocked read ports that promise nothing of collisions answer the old word inverted.

    Ports that ask for the new word (``transparent_for``) and those that follow their address at
    once are left as they are: of theirs, no tool is told that they do not matter.
    """
    original = Memory.elaborate

    def elaborate(memory, platform):
        m = Module()
        ports = [p for p in memory.read_ports if p.domain != "comb" and not p.transparent_for]
        answers = [port.data for port in ports]
        for port in ports:
            port.data = Signal.like(Value.cast(port.data), name="stored")
        m.submodules.cells = original(memory, platform)
        for port, answer in zip(ports, answers, strict=True):
            stored, port.data = port.data, answer
            collided = _collided(m, memory, port)
            m.d.comb += Value.cast(answer).eq(Mux(collided, ~stored, stored))
        return m

    monkeypatch.setattr(Memory, "elaborate", elaborate)


def _collided(m, memory, port):
    """Whether the word that ``port`` read last was written in that cycle."""
    collided = Signal()
    hits = [write.en.any() & (write.addr == port.addr) for write in memory.write_ports]
    with m.If(port.en):
        m.d[port.domain] += collided.eq(sum(hits) != 0)
    return collided
