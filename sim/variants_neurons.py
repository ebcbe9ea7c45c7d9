"""Membranes of variants of a network that lie side by side, in units of the codes.

The same formulas as `nef2hw.sim.golden.neuron_step`, in float64: without any source they
are the float neuron, with all of them every value is the golden model's code.
"""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.unrounded import UnroundedPopulation
from nef2hw.model.network import FloatArray
from nef2hw.program.network import FRACTION_BITS, Formats, Population
from nef2hw.sim.sources import REFRACTORY, SATURATION, VOLTAGE, IndexArray, Switches, place_of

#: A drive that is not positive has nobody fire; this keeps a quotient finite.
LEAST_DRIVE = 1e-9


def per_variant(unrounded: float, code: float, rows: IndexArray, variants: int) -> FloatArray:
    """Return a constant for each variant, (variants, 1, 1): its code in ``rows``."""
    values = np.full((variants, 1, 1), unrounded)
    values[rows] = code
    return values


def round_rows(values: FloatArray, rows: IndexArray) -> FloatArray:
    """Round the values of these variants, halves up, in place."""
    if rows.size:
        values[rows] = np.floor(values[rows] + 0.5)
    return values


class Membranes:
    """Voltages, overshoot fractions and refractory counters, (variants, samples, n) each."""

    def __init__(
        self,
        population: Population,
        exact: UnroundedPopulation,
        formats: Formats,
        switches: Switches,
        samples: int,
    ) -> None:
        assert population.neurons is not None
        assert exact.neurons is not None
        self._kind, self._formats, place = population.neurons, formats, place_of(population)
        self._saturating = switches.rows(SATURATION, place)
        self._rounding = switches.rows(VOLTAGE, place)
        self._timing = switches.rows(REFRACTORY, place)
        self._one = 2.0**formats.voltage_frac
        self._lowest = self._constant(
            exact.neurons.min_voltage, self._kind.min_voltage_code, self._rounding, switches
        )
        self._decay = self._constant(
            exact.neurons.decay, self._kind.decay_code, self._rounding, switches
        )
        self._lines = [
            (
                self._constant(ratio, ratio_code, self._timing, switches) / 2.0**formats.ratio_frac,
                self._constant(offset, offset_code, self._timing, switches),
            )
            for ratio, ratio_code, offset, offset_code in zip(
                exact.neurons.ratio,
                self._kind.ratio_code,
                exact.neurons.offset,
                self._kind.offset_code,
                strict=True,
            )
        ]
        shape = (len(switches), samples, population.size)
        self.voltage = _initial(
            exact.voltage_init, population.voltage_init_code, self._rounding, shape
        )
        self._overshoot = _initial(
            exact.overshoot_init, population.overshoot_init_code, self._timing, shape
        )
        counter = population.refractory_init_code
        self._refractory = np.broadcast_to(np.asarray(counter, dtype=np.int64), shape).copy()

    @staticmethod
    def _constant(unrounded: float, code: float, rows: IndexArray, all_: Switches) -> FloatArray:
        return per_variant(unrounded, code, rows, len(all_))

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


def round_some(values: FloatArray, variant: IndexArray, rows: IndexArray) -> FloatArray:
    """Round those of ``values`` (k,) whose ``variant`` is among ``rows``, halves up, in place."""
    chosen = np.isin(variant, rows)
    values[chosen] = np.floor(values[chosen] + 0.5)
    return values


def _initial(
    unrounded: FloatArray, code: object, rows: IndexArray, shape: tuple[int, int, int]
) -> FloatArray:
    values = np.broadcast_to(unrounded, shape).copy()
    values[rows] = np.asarray(code, dtype=np.float64)
    return values
