"""Membranes of variants of a network that lie side by side, in units of the codes.

The same formulas as `nef2hw.sim.golden.neuron_step`, in float64: without any source they
are the float neuron, with all of them every value is the golden model's code.
"""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.unrounded import UnroundedNeurons, UnroundedPopulation
from nef2hw.model.network import FloatArray
from nef2hw.program.network import FRACTION_BITS, Population
from nef2hw.sim.sources import REFRACTORY, SATURATION, VOLTAGE, IndexArray, place_of
from nef2hw.sim.variants_rows import SideBySide, round_rows, round_some

#: A drive that is not positive has nobody fire; this keeps a quotient finite.
LEAST_DRIVE = 1e-9


class Membranes:
    """Voltages, overshoot fractions and refractory counters, (variants, samples, n) each."""

    def __init__(
        self, population: Population, exact: UnroundedPopulation, variants: SideBySide
    ) -> None:
        assert population.neurons is not None
        assert exact.neurons is not None
        kind, place = population.neurons, place_of(population)
        self._kind, self._formats = kind, variants.formats
        self._saturating = variants.switches.rows(SATURATION, place)
        self._rounding = variants.switches.rows(VOLTAGE, place)
        self._timing = variants.switches.rows(REFRACTORY, place)
        self._one = 2.0**self._formats.voltage_frac
        self._lowest = variants.constant(
            exact.neurons.min_voltage, kind.min_voltage_code, self._rounding
        )
        self._decay = variants.constant(exact.neurons.decay, kind.decay_code, self._rounding)
        self._lines = self._decay_lines(exact.neurons, variants)
        self.voltage = variants.neurons(
            exact.voltage_init, population.voltage_init_code, self._rounding
        )
        self._overshoot = variants.neurons(
            exact.overshoot_init, population.overshoot_init_code, self._timing
        )
        counter = np.asarray(population.refractory_init_code, dtype=np.int64)
        self._refractory = np.broadcast_to(counter, variants.shape(population.size)).copy()

    def _decay_lines(
        self, exact: UnroundedNeurons, variants: SideBySide
    ) -> list[tuple[FloatArray, FloatArray]]:
        """Slope and offset of the decay over the overshoot, two steps before the end and one."""
        ratios = zip(exact.ratio, self._kind.ratio_code, strict=True)
        offsets = zip(exact.offset, self._kind.offset_code, strict=True)
        unit = 2.0**-self._formats.ratio_frac
        return [
            (
                variants.constant(*ratio, self._timing) * unit,
                variants.constant(*offset, self._timing),
            )
            for ratio, offset in zip(ratios, offsets, strict=True)
        ]

    def step(self, current: FloatArray) -> FloatArray:
        """Advance by one step with the sums of ``current``, which saturate here; return counts."""
        if self._saturating.size:
            limits = self._formats.current
            rows = self._saturating
            current[rows] = np.clip(current[rows], limits.low, limits.high)
        if self._kind.count:
            return self._count(current)
        if self._kind.integrate:
            self.voltage += current
            round_rows(self.voltage, self._rounding)
        else:
            moved = (current - self.voltage) * self._decay_now() / 2.0**self._formats.decay_frac
            self.voltage += round_rows(moved, self._rounding)
        return self._fire(current)

    def _count(self, current: FloatArray) -> FloatArray:
        self.voltage += np.maximum(current, 0)
        round_rows(self.voltage, self._rounding)
        counts: FloatArray = np.floor(self.voltage / self._one)
        self.voltage -= counts * self._one
        return counts

    def _decay_now(self) -> FloatArray:
        """Fraction of a step's decay that the refractory time leaves."""
        decay = np.broadcast_to(self._decay, self.voltage.shape)
        if not self._refractory.any():
            return decay
        decay = np.where(self._refractory == 0, decay, 0.0)
        for steps_left, (ratio, offset) in zip((2, 1), self._lines, strict=True):
            place = np.nonzero(self._refractory == steps_left)
            line = round_some(
                self._overshoot[place] * ratio[place[0], 0, 0], place[0], self._timing
            )
            line -= offset[place[0], 0, 0]
            decay[place] = np.clip(line, 0, self._decay[place[0], 0, 0])
        return decay

    def _fire(self, current: FloatArray) -> FloatArray:
        fired = self.voltage > self._one
        place = np.nonzero(fired)
        excess = self.voltage[place] - self._one
        np.maximum(self.voltage, self._lowest, out=self.voltage)
        self.voltage[place] = self._left(excess, place[0])
        if not self._kind.integrate and not self._kind.subtract:
            drive = np.maximum(current[place] - self._one, LEAST_DRIVE)
            fraction = excess * 2.0**self._formats.decay_frac / drive
            timed = np.isin(place[0], self._timing)
            top = (1 << FRACTION_BITS) - 1
            fraction[timed] = np.minimum(np.floor(fraction[timed]), top)
            self._overshoot[place] = fraction
        np.maximum(self._refractory - 1, 0, out=self._refractory)
        self._refractory[place] = self._kind.hold_steps
        return fired.astype(np.float64)

    def _left(self, excess: FloatArray, variant: IndexArray) -> FloatArray | float:
        """What a spike leaves of the voltage."""
        if not self._kind.subtract:
            return 0.0
        limited = np.minimum(excess, self._formats.voltage.high)
        left: FloatArray = np.where(np.isin(variant, self._saturating), limited, excess)
        return left
