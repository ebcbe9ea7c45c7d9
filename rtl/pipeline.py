"""Registers that carry values along a pipeline."""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import index_bits


def travelling(config: CoreConfig) -> wiring.Signature:
    """Signature of a row of neurons on its way: whether it is the first or final of its pass."""
    return wiring.Signature(
        {
            "valid": Out(1),
            "opens": Out(1),
            "final": Out(1),
            "neuron": Out(index_bits(config.neuron_rows)),
        }
    )


def travel(m: Module, entering, signature: wiring.Signature, stages: int) -> list:
    """Carry the members of ``signature`` on; return ``entering`` and the stages after it."""
    line = [entering]
    for k in range(1, stages):
        stage = signature.create(path=(f"stage_{k}",))
        m.d.sync += [getattr(stage, n).eq(getattr(line[-1], n)) for n in signature.members]
        line.append(stage)
    return line


def delayed(m: Module, value: Value, cycles: int, name: str) -> Value:
    """Return ``value`` as it was ``cycles`` ago."""
    for k in range(cycles):
        later = Signal(value.shape(), name=f"{name}_{k}")
        m.d.sync += later.eq(value)
        value = later
    return value


class PassFields(Elaboratable):
    """Fields of an instruction, as each stage of a pipeline needs them.

    Passes follow each other through the pipeline without a gap. The register of
    a field in stage k changes when the first of a new pass comes to that stage.

    Parameters
    ----------
    given : View of ``update_layout(config)``
        The instruction of the pass that enters; steady until its first is in the last stage.
    opens : sequence of signals, one per stage, high for the first of a pass
    """

    def __init__(self, given, opens: Sequence[Value]) -> None:
        self._given = given
        self._opens = opens
        self._registers: dict[tuple[str, int], Signal] = {}

    def at(self, stage: int, name: str) -> Signal:
        """Field ``name`` for what is in ``stage``, 1 or later; to be asked for in elaboration."""
        key = (name, stage)
        if key not in self._registers:
            shape = getattr(self._given, name).shape()
            self._registers[key] = Signal(shape, name=f"{name}_in_{stage}")
        return self._registers[key]

    def elaborate(self, platform):
        m = Module()
        for (name, stage), register in self._registers.items():
            with m.If(self._opens[stage - 1]):
                m.d.sync += register.eq(getattr(self._given, name))
        return m
