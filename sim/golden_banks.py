"""Compartments of a population of the golden model over a block of steps.

Those that are advanced in one way lie side by side in one array, a bank: a step costs as
many operations for all of them as for one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Compartment, Formats, Population
from nef2hw.sim.golden import filter_step
from nef2hw.sim.golden_sums import constants

#: Widest product of a state and what a step keeps of it.
PRODUCT_BITS = 62


class Slot:
    """Place of one compartment in a bank."""

    def __init__(self, bank: Bank, lanes: slice, delay: int) -> None:
        self._bank, self._lanes, self._delay = bank, lanes, delay

    @property
    def filtered(self) -> CodeArray:
        """State after every step of the block, (steps, lanes)."""
        return self._bank.filtered[:, self._lanes]

    def deliver(self, sums: CodeArray) -> None:
        """Add what a source delivers in each step of the block, (steps, lanes)."""
        self._bank.drive[self._delay : self._delay + len(sums), self._lanes] += sums

    def row(self, step: int) -> CodeArray:
        """Where to add what is delivered in ``step`` of the block, (lanes,)."""
        row: CodeArray = self._bank.drive[step + self._delay, self._lanes]
        return row


class Bank(ABC):
    """Compartments of one population that are advanced in the same way.

    Parameters
    ----------
    compartments : by their index in the population
    lanes : number of neurons of each, those of all samples of a batch together
    stepped : whether they are advanced one step after the other, not a block at once
    """

    def __init__(
        self, compartments: Mapping[int, Compartment], formats: Formats, lanes: int, stepped: bool
    ) -> None:
        self.stepped = stepped
        self.size = len(compartments) * lanes
        self._parts = [slice(first, first + lanes) for first in range(0, self.size, lanes)]
        self.slots = {
            k: Slot(self, part, compartment.delay)
            for part, (k, compartment) in zip(self._parts, compartments.items(), strict=True)
        }
        #: What arrives for each step of a block, and in the last row for the one after it.
        self.drive: CodeArray = np.zeros((1, self.size), dtype=np.int64)
        members = compartments.values()
        guard = [0 if member.held else formats.guard_bits for member in members]
        self._guard = np.repeat(np.array(guard), lanes)
        shifts = [member.shift_code for member in members]
        self._rise = formats.align_bits - np.hstack([np.resize(shift, lanes) for shift in shifts])

    def begin(self, steps: int) -> None:
        """Make room for a block of ``steps``; what a delay has kept comes first."""
        late = self.drive[-1]
        self.drive = np.zeros((steps + 1, self.size), dtype=np.int64)
        self.drive[0] = late

    @property
    @abstractmethod
    def filtered(self) -> CodeArray:
        """State after every step of the block, (steps, lanes of all slots)."""

    @abstractmethod
    def advance(self, step: int, total: CodeArray) -> None:
        """Do one step of the block; add the parts of all slots to ``total`` (lanes,)."""

    def advance_block(self, total: CodeArray) -> None:
        """Do all steps of the block; add the parts of all slots to ``total`` (steps, lanes)."""
        for step, row in enumerate(total):
            self.advance(step, row)

    def _add(self, parts: CodeArray, total: CodeArray) -> None:
        for lanes in self._parts:
            np.add(total, parts[..., lanes], total)


class Alignment:
    """Shifts values to the left, each by its own number, or to the right with rounding."""

    def __init__(self, left: CodeArray) -> None:
        self._left, self._right = np.maximum(left, 0), np.maximum(-left, 0)
        self._half = (np.int64(1) << self._right) >> 1
        self._raises, self._lowers = bool(self._left.any()), bool(self._right.any())

    def __call__(self, values: CodeArray) -> CodeArray:
        """Return the values shifted, (..., n)."""
        if self._raises:
            values = np.left_shift(values, self._left)
        if self._lowers:
            values = np.add(values, self._half)
            np.right_shift(values, self._right, values)
        return values


class MemorylessBank(Bank):
    """Compartments without a filter."""

    def __init__(
        self, compartments: Mapping[int, Compartment], formats: Formats, lanes: int, stepped: bool
    ) -> None:
        super().__init__(compartments, formats, lanes, stepped)
        self._align = Alignment(self._guard + self._rise)

    @property
    def filtered(self) -> CodeArray:
        """What has arrived."""
        arrived: CodeArray = self.drive[:-1] << self._guard
        return arrived

    def advance(self, step: int, total: CodeArray) -> None:
        """Add what has arrived for a step."""
        self._add(self._align(self.drive[step]), total)

    def advance_block(self, total: CodeArray) -> None:
        """Add what has arrived for all steps."""
        self._add(self._align(self.drive[:-1]), total)


class FilterBank(Bank):
    """Compartments that have a state."""

    def __init__(
        self, compartments: Mapping[int, Compartment], formats: Formats, lanes: int, stepped: bool
    ) -> None:
        super().__init__(compartments, formats, lanes, stepped)
        self._align = Alignment(self._rise)
        self._filtered: CodeArray = np.zeros((1, self.size), dtype=np.int64)
        self._state = self._filtered[-1]  #: after the last step done

    @property
    def filtered(self) -> CodeArray:
        """State after every step of the block."""
        return self._filtered

    def begin(self, steps: int) -> None:
        """Make room for a block of ``steps``."""
        super().begin(steps)
        self._filtered = np.empty((steps, self.size), dtype=np.int64)


class FirstOrderBank(FilterBank):
    """Filters of first order whose products are narrow enough.

    They do as `nef2hw.sim.golden.filter_step` does, in place: to take away what is lost,
    halves rounded up, is to keep the rest, halves rounded down.
    """

    def __init__(
        self, compartments: Mapping[int, Compartment], formats: Formats, lanes: int, stepped: bool
    ) -> None:
        super().__init__(compartments, formats, lanes, stepped)
        whole = 1 << formats.leak_frac
        keep = [whole - (member.leak_code or 0) for member in compartments.values()]
        self._keep = np.repeat(np.array(keep), lanes)
        self._above = self._guard + formats.leak_frac
        self._less_than_half, self._leak_frac = constants((whole >> 1) - 1, formats.leak_frac)

    def advance(self, step: int, total: CodeArray) -> None:
        """Filter what has arrived for a step."""
        filtered = self._filtered[step]
        self._decay(self._above_point(self.drive[step]), filtered)
        self._add(self._align(filtered), total)

    def advance_block(self, total: CodeArray) -> None:
        """Filter what has arrived for all steps."""
        arrived = self._above_point(self.drive[:-1])
        for row, filtered in zip(arrived, self._filtered, strict=True):
            self._decay(row, filtered)
        self._add(self._align(self._filtered), total)

    def _above_point(self, drive: CodeArray) -> CodeArray:
        """Shift what is delivered above the binary point of the leak, and add what rounds."""
        arrived: CodeArray = np.left_shift(drive, self._above)
        np.add(arrived, self._less_than_half, arrived)
        return arrived

    def _decay(self, arrived: CodeArray, filtered: CodeArray) -> None:
        np.multiply(self._state, self._keep, filtered)
        np.add(filtered, arrived, filtered)
        np.right_shift(filtered, self._leak_frac, filtered)
        self._state = filtered


class SpecifiedBank(FilterBank):
    """Filters of second order, and those with wide products: step by step as specified."""

    def __init__(
        self, compartments: Mapping[int, Compartment], formats: Formats, lanes: int, stepped: bool
    ) -> None:
        super().__init__(compartments, formats, lanes, stepped)
        self._formats = formats
        self._members = {
            k: (part, compartment)
            for part, (k, compartment) in zip(self._parts, compartments.items(), strict=True)
        }

    def advance(self, step: int, total: CodeArray) -> None:
        """Filter what has arrived for a step; a partner that comes first has been advanced."""
        state = self._state.copy()
        for lanes, compartment in self._members.values():
            coupling, partner = compartment.coupling, None
            if coupling is not None:
                partner = state[self._members[coupling.partner][0]]
            drive = self.drive[step, lanes]
            state[lanes] = filter_step(state[lanes], drive, compartment, self._formats, partner)
        self._filtered[step] = self._state = state
        self._add(self._align(state), total)


def banks_of(
    population: Population, formats: Formats, lanes: int, group: Collection[str]
) -> list[Bank]:
    """Sort the compartments of a population into banks.

    Parameters
    ----------
    lanes : number of neurons, those of all samples of a batch together
    group : sources that are stepped together with the population
    """
    compartments = dict(enumerate(population.compartments))
    coupled = {k for k, one in compartments.items() if one.coupling is not None}
    coupled |= {one.coupling.partner for one in compartments.values() if one.coupling is not None}
    inside = {k for k, one in compartments.items() if any(p.pre in group for p in one.projections)}
    plain = {k for k, one in compartments.items() if one.leak_code is None}
    narrow = compartments.keys() - coupled - plain if products_fit(formats) else set()
    kinds: tuple[tuple[type[Bank], set[int]], ...] = (
        (MemorylessBank, plain - inside),
        (MemorylessBank, plain & inside),
        (FirstOrderBank, narrow),
        (SpecifiedBank, compartments.keys() - plain - narrow),
    )
    return [
        kind({k: compartments[k] for k in sorted(some)}, formats, lanes, bool(some & inside))
        for kind, some in kinds
        if some
    ]


def products_fit(formats: Formats) -> bool:
    """Whether a state times what a step keeps of it is narrow enough.

    It is not with time constants of many thousand steps.
    """
    return formats.filter_bits + formats.leak_frac <= PRODUCT_BITS
