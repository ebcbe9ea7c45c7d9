"""What neurons without leak, counting neurons and reset by subtraction do otherwise."""

from amaranth.hdl import Mux, Signal, Value

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.pipeline import PassFields


class NeuronModes:
    """The parts of a membrane's step that depend on the mode of its population.

    Each gives what a leaky neuron with reset to zero does where the core has no
    other, so that a mode costs nothing in cores without it.

    Parameters
    ----------
    config : CoreConfig
    fields : PassFields
        Of the UPDATE instruction; stage 0 of the membrane is that of the sum.
    """

    def __init__(self, config: CoreConfig, fields: PassFields) -> None:
        self._config = config
        self._at = fields.at
        self._frac = config.formats.voltage_frac
        self._one = 1 << self._frac

    def start(self, voltage: Signal, current: Signal) -> Value:
        """Voltage that the decay starts from: without leak, the current is added to it first.

        For cores that have such neurons.
        Neurons that count take no negative current.
        """
        taken = self._at(3, "integrate")
        if self._config.counting:
            taken &= ~(self._at(3, "tally") & (current < 0))
        return voltage + Mux(taken, current, 0)

    def stop_decay(self, m, decay: Signal) -> None:
        """Keep the voltage of neurons without leak from decaying."""
        if self._config.integrating:
            with m.If(self._at(2, "integrate")):
                m.d.sync += decay.eq(0)

    def fires(self, moved: Signal, above: Value) -> Value:
        """Whether the moved voltage, ``above`` 1 or not, makes a spike, or several."""
        if not self._config.counting:
            return above
        return Mux(self._at(5, "tally"), self._whole(moved) != 0, above)

    def count(self, moved: Signal) -> Value:
        """How many spikes it makes if it does; for cores that count."""
        return Mux(self._at(5, "tally"), self._whole(moved), 1)

    def left(self, moved: Signal) -> Value | int:
        """Voltage that a spike leaves."""
        if not self._config.subtracting:
            return 0
        rest = moved - self._one
        high = self._config.formats.voltage.high
        return Mux(self._at(5, "subtract"), Mux(rest > high, high, rest), 0)

    def divides(self, spike: Value) -> Value:
        """Whether a spike's overshoot is divided: not where there is no refractory time."""
        if self._config.integrating:
            spike &= ~self._at(5, "integrate")
        if self._config.subtracting:
            spike &= ~self._at(5, "subtract")
        return spike

    def keep_rest(self, m, moved: Signal, voltage: Value) -> None:
        """Let counting neurons keep what is left of the voltage below 1."""
        if self._config.counting:
            with m.If(self._at(5, "tally")):
                m.d.comb += voltage.eq(moved[: self._frac])

    def _whole(self, moved: Signal) -> Value:
        return moved[self._frac :][: self._config.formats.count_bits]
