"""Compartments of the golden model over a block of steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Compartment, Formats
from nef2hw.sim.golden import filter_step
from nef2hw.sim.golden_sums import Weights, constants

#: Widest product of a state and what a step keeps of it.
PRODUCT_BITS = 62


def decays_in_place(compartment: Compartment, formats: Formats) -> bool:
    """Whether a compartment has a filter of first order whose products are narrow enough.

    They are not if its time constant is of many thousand steps.
    """
    return (
        compartment.leak_code is not None
        and compartment.coupling is None
        and formats.filter_bits + formats.leak_frac <= PRODUCT_BITS
    )


@dataclass(frozen=True)
class Feed:
    """What one source delivers to a compartment."""

    pre: str
    weights: Weights
    held: bool  #: the source holds its values for many steps


class Slot:
    """One compartment of a population.

    Parameters
    ----------
    compartment : Compartment
    feeds : sources outside the group of populations that are stepped together
    stepped : whether it is advanced one step after the other, not a block at once
    lanes : number of neurons, those of all samples of a batch together
    """

    def __init__(
        self,
        compartment: Compartment,
        formats: Formats,
        feeds: tuple[Feed, ...],
        stepped: bool,
        lanes: int,
    ) -> None:
        self.compartment = compartment
        self.feeds = feeds
        self.stepped = stepped
        self.state: CodeArray = np.zeros(lanes, dtype=np.int64)
        self.filtered: CodeArray = np.zeros((0, lanes), dtype=np.int64)  #: of each step of a block
        self.drive: CodeArray = np.zeros((compartment.delay, lanes), dtype=np.int64)
        self._formats = formats
        self._decays_in_place = decays_in_place(compartment, formats)
        guard = 0 if compartment.held else formats.guard_bits
        half = (1 << formats.leak_frac) >> 1
        self._guard, self._above = constants(guard, guard + formats.leak_frac)
        self._keep, self._less_than_half = constants(
            (1 << formats.leak_frac) - (compartment.leak_code or 0), half - 1
        )
        self._leak_frac, self._align = constants(formats.leak_frac, formats.align_bits)
        self._shift = np.tile(compartment.shift_code, lanes // len(compartment.shift_code))
        self._shift_half = (np.int64(1) << self._shift) >> 1

    def begin(self, steps: int) -> None:
        """Make room for a block of ``steps``; what a delay has kept comes first.

        Row n of ``drive`` is what arrives for step n of the block.
        """
        delay = self.compartment.delay
        late = self.drive[len(self.drive) - delay :]
        self.drive = np.zeros((steps + delay, self.state.size), dtype=np.int64)
        self.drive[:delay] = late
        self.filtered = np.empty((steps, self.state.size), dtype=np.int64)

    def deliver(self, sums: CodeArray) -> None:
        """Add what a source delivers in each step of the block, (steps, lanes)."""
        self.drive[self.compartment.delay :] += sums

    def row(self, step: int) -> CodeArray:
        """Where to add what is delivered in ``step`` of the block."""
        row: CodeArray = self.drive[step + self.compartment.delay]
        return row

    def advance_block(self) -> CodeArray:
        """Filter all steps of the block; return their part in the sum, (steps, lanes)."""
        steps = len(self.filtered)
        if self.compartment.leak_code is None:
            self.filtered = self.drive[:steps] << self._guard
        else:
            arrived = self._above_point(self.drive[:steps])
            for row, filtered in zip(arrived, self.filtered, strict=True):
                self._decay(row, filtered)
        return self._contribution(self.filtered)

    def advance(self, step: int, partner: CodeArray | None) -> CodeArray:
        """Filter one step of the block; return its part in the sum, (lanes,)."""
        drive = self.drive[step]
        if self._decays_in_place:
            self._decay(self._above_point(drive), self.filtered[step])
        else:
            state = filter_step(self.state, drive, self.compartment, self._formats, partner)
            self.filtered[step] = self.state = state
        return self._contribution(self.state)

    def _above_point(self, drive: CodeArray) -> CodeArray:
        """Shift what is delivered above the binary point of the leak, and add what rounds."""
        arrived: CodeArray = np.left_shift(drive, self._above)
        np.add(arrived, self._less_than_half, arrived)
        return arrived

    def _decay(self, arrived: CodeArray, filtered: CodeArray) -> None:
        """Do as `nef2hw.sim.golden.filter_step` does, in place.

        To take away what is lost, halves rounded up, is to keep the rest, halves rounded down.
        """
        np.multiply(self.state, self._keep, filtered)
        np.add(filtered, arrived, filtered)
        np.right_shift(filtered, self._leak_frac, filtered)
        self.state = filtered

    def _contribution(self, filtered: CodeArray) -> CodeArray:
        """Do as `nef2hw.sim.golden.contribution` does, in place."""
        part: CodeArray = np.left_shift(filtered, self._align)
        np.add(part, self._shift_half, part)
        np.right_shift(part, self._shift, part)
        return part
