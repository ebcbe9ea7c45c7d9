"""Registers that carry values along a pipeline.

What is marked as valid elsewhere needs no reset, which would have to reach thousands of registers.
"""

from collections.abc import Sequence

from amaranth.hdl import Elaboratable, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import index_bits

#: Attribute of a register that synthesis leaves alone, though another one holds the same.
KEEP = {"keep": "true"}
#: Bits of the operands that one multiplier takes, on devices with wide ones.
MULTIPLIER_BITS = 18
#: Bits of the lower part of a wider operand, which the multipliers of all devices take.
LOW_BITS = 16


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


class Carrier:
    """Carries what belongs to a row from stage to stage.

    Rows enter ``interval`` cycles apart at least, so a value stays in one register for as many
    stages.

    Parameters
    ----------
    interval : int
    valids : sequence of signals, one per stage, high while a row is in it
    """

    def __init__(self, interval: int, valids: Sequence[Value]) -> None:
        self._interval = interval
        self._valids = valids

    def load(self, m: Module, value: Value, stage: int, name: str) -> Signal:
        """Return a register of the next stage for ``value``, which belongs to ``stage``."""
        register = Signal(value.shape(), name=f"{name}_{stage + 1}", reset_less=True)
        with m.If(self._valids[stage]):
            m.d.sync += register.eq(value)
        return register

    def carry(self, m: Module, register: Value, first: int, last: int, name: str) -> Value:
        """Return a register of stage ``first``, made by `load`, as it is for stage ``last``."""
        for stage in range(first + self._interval, last + 1, self._interval):
            register = self.load(m, register, stage - 1, name)
        return register


def follow(target, source) -> list:
    """Return what drives each member of an interface by the one of that name of another, if any."""
    names = [name for name in target.signature.members if name in source.signature.members]
    return [getattr(target, name).eq(getattr(source, name)) for name in names]


def travel(m: Module, entering, signature: wiring.Signature, stages: int, interval: int) -> list:
    """Carry the members of ``signature`` on; return ``entering`` and the stages after it."""
    line = [entering]
    for k in range(1, stages):
        stage = signature.create(path=(f"stage_{k}",))
        m.d.sync += [stage.valid.eq(line[-1].valid), stage.opens.eq(line[-1].opens)]
        line.append(stage)
    carrier = Carrier(interval, [stage.valid for stage in line])
    for name in [name for name in signature.members if name not in ("valid", "opens")]:
        register = carrier.load(m, getattr(entering, name), 0, name)
        for k in range(1, stages):
            if k > 1 and (k - 1) % interval == 0:
                register = carrier.load(m, register, k - 1, name)
            m.d.comb += getattr(line[k], name).eq(register)
    return line


def delayed(m: Module, value: Value, cycles: int, name: str) -> Value:
    """Return ``value`` as it was ``cycles`` ago."""
    for k in range(cycles):
        later = Signal(value.shape(), name=f"{name}_{k}")
        m.d.sync += later.eq(value)
        value = later
    return value


def multiplied(m: Module, value: Value, factor: Value, name: str) -> Value:
    """Return ``value * factor`` as it was a cycle ago, signed times unsigned.

    What is wider than a multiplier is the sum of two products, added behind their registers:
    multipliers lie far from each other.
    """
    if len(value) <= MULTIPLIER_BITS:
        product = Signal(signed(len(value) + len(factor)), name=name, reset_less=True)
        m.d.sync += product.eq(value * factor)
        return product
    low = Signal(LOW_BITS + len(factor), name=f"{name}_low", reset_less=True)
    high_shape = signed(len(value) - LOW_BITS + len(factor))
    high = Signal(high_shape, name=f"{name}_high", reset_less=True)
    m.d.sync += [
        low.eq(value[:LOW_BITS] * factor),
        high.eq(value[LOW_BITS:].as_signed() * factor),
    ]
    return (high << LOW_BITS) + low


class PassFields(Elaboratable):
    """Fields of an instruction, as each stage of a pipeline needs them.

    Where rows enter in every cycle, passes follow each other through the pipeline without a gap.
    The register of a field in stage k changes when the first of a new pass comes to that stage.
    Where they enter slowly, a pass waits until the one before has left, and all stages look
    at the instruction itself.

    Parameters
    ----------
    given : View of ``update_layout(config)``
        The instruction of the pass that enters; steady until its first, or where rows enter slowly
        its last, is in the last stage.
    opens : sequence of signals, one per stage, high for the first of a pass
    interval : int
        Cycles between rows.
    """

    def __init__(self, given, opens: Sequence[Value], interval: int) -> None:
        self._given = given
        self._opens = opens
        self._interval = interval
        self._registers: dict[tuple[str, int], Signal] = {}

    def at(self, stage: int, name: str) -> Value:
        """Field ``name`` for what is in ``stage``, 1 or later; to be asked for in elaboration."""
        if self._interval > 1:
            return getattr(self._given, name)
        key = (name, stage)
        if key not in self._registers:
            shape = getattr(self._given, name).shape()
            self._registers[key] = Signal(shape, name=f"{name}_in_{stage}", reset_less=True)
        return self._registers[key]

    def elaborate(self, platform):
        m = Module()
        for (name, stage), register in self._registers.items():
            with m.If(self._opens[stage - 1]):
                m.d.sync += register.eq(getattr(self._given, name))
        return m
