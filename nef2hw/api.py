"""The compiler for those who work in Python instead of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.boards.registry import find_board
from nef2hw.boards.spec import BoardSpec
from nef2hw.build.budget import Budget
from nef2hw.build.calibration import Calibration, calibration_trial
from nef2hw.build.precision import ChosenPrecision, choose_precision
from nef2hw.build.shape import compile_for_board
from nef2hw.build.sizing.demands import Demands
from nef2hw.build.targets import TARGETS, simulate_samples, simulate_target
from nef2hw.compiler.factor import factorings
from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.compiler.precision import Bits, Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError, ProgramError, StimulusError
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.npz import load_model, model_arrays
from nef2hw.model.parse import parse_model
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.stimulus import hold_stimulus, only_input
from nef2hw.trace import Trace


@dataclass(frozen=True)
class CompiledNetwork:
    """A network compiled for a board: what is synthesized, what is loaded, and its float origin."""

    folded: FoldedNetwork
    program: Program
    board: BoardSpec
    chosen: ChosenPrecision | None = None  #: widths, and how a budget was kept

    @property
    def network(self) -> QuantizedNetwork:
        """The network in integers."""
        return self.program.network

    def simulate(
        self,
        x: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        target: str = "golden",
        *,
        steps: int | None = None,
        states: bool = False,
        notify: Callable[[str], None] = lambda _: None,
    ) -> Trace:
        """Run the network on an input.

        Parameters
        ----------
        x
            (steps, size) for the only input, or one such array for each input by name. A single
            row is held for all steps.
        target
            ``reference`` (float), ``golden`` (integers), ``rtl`` (the simulated hardware), or
            ``board`` (the simulated board behind its serial link).
        steps
            Number of steps, by default as many as there are rows.
        states
            Keep the integer states of every step.
        notify
            Is told what takes its time.

        Returns
        -------
        Trace
            ``spikes`` by ensemble, (steps, n); ``probes`` by probe, (steps, size), in the
            model's units; ``states``.

        Raises
        ------
        StimulusError
            ``x`` does not fit the inputs.
        ProgramError
            There is no such target, or the float reference was asked for integer states.
        """
        check_target(target)
        stimulus = hold_stimulus(self._by_name(x), self.folded.inputs, steps)
        return simulate_target(self, stimulus, target, states=states, notify=notify)

    def simulate_batch(
        self,
        x: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        target: str = "golden",
        *,
        steps: int | None = None,
        states: bool = False,
        notify: Callable[[str], None] = lambda _: None,
    ) -> list[Trace]:
        """Run the network on each sample of a data set, each from the initial state.

        The golden model runs them side by side, many times faster than one after the other.

        Parameters
        ----------
        x
            (samples, steps, size) for the only input, or one such array for each input by name.
            A single row, (samples, 1, size), is held for all steps.

        Returns
        -------
        list of Trace
            One for each sample. Other parameters, and errors, are those of `simulate`.
        """
        check_target(target)
        arrays = self._by_name(x)
        for name, rows in arrays.items():
            if rows.ndim != 3 or not len(rows):
                raise StimulusError(
                    f"input {name!r} has shape {rows.shape}, expected (samples, steps, size)"
                )
        if len({len(rows) for rows in arrays.values()}) > 1:
            counts = ", ".join(f"{name!r} has {len(rows)}" for name, rows in arrays.items())
            raise StimulusError(f"the inputs have different numbers of samples: {counts}")
        samples = [
            hold_stimulus(
                {name: rows[k] for name, rows in arrays.items()}, self.folded.inputs, steps
            )
            for k in range(max(map(len, arrays.values()), default=0))
        ]
        return simulate_samples(self, samples, target, states=states, notify=notify)

    def _by_name(
        self, x: npt.ArrayLike | Mapping[str, npt.ArrayLike]
    ) -> dict[str, npt.NDArray[np.float64]]:
        if isinstance(x, Mapping):
            return {name: np.asarray(rows) for name, rows in x.items()}
        return {only_input(self.folded.inputs, "x").name: np.asarray(x)}


def check_target(target: str) -> None:
    """Refuse what no network can be run on.

    Raises
    ------
    ProgramError
        There is no such target.
    """
    if target not in TARGETS:
        raise ProgramError(f"target is {target!r}, expected one of {', '.join(TARGETS)}")


def load(path: str | os.PathLike[str]) -> TrainedNetwork:
    """Read a model file.

    Raises
    ------
    ModelError
        Naming the key, what was found and what is expected.
    """
    return load_model(path)


def compile(
    network: TrainedNetwork,
    board: str = "ulx3s_85f",
    *,
    precision: Precision | Bits | None = None,
    budget: Budget | None = None,
    calibration: Calibration | None = None,
    lanes: int | None = None,
    neuron_lanes: int | None = None,
    target_rate: float | None = None,
    max_luts: int | None = None,
    max_block_rams: int | None = None,
    max_dsps: int | None = None,
    dense: bool = False,
) -> CompiledNetwork:
    """Compile ``network`` for a core that ``board`` can hold; no tool is run.

    The core is as fast as fits, unless it is told otherwise. Numbers have the widths that have
    proven good for all networks, or with a budget the cheapest that keep it.

    Parameters
    ----------
    precision
        Widths of numbers: all of them, or with `Bits` those that shall not be chosen.
    budget
        How much worse than float the integers may be on the calibration data. What was chosen,
        and how well it does, is then found in ``chosen`` of the result.
    calibration
        Data that a budget is kept on; by default noise within the declared ranges.
    lanes, neuron_lanes
        Weights added, and neurons updated, per clock cycle.
    target_rate
        Steps per second at the clock that the board's cores have by default: the smallest core
        that reaches them is taken.
    max_luts, max_block_rams, max_dsps
        Budgets of look-up tables, block RAMs and multipliers.
    dense
        Every connection gets a weight for each pair of neurons, instead of being factored where
        that is less work, or where nothing fits otherwise.

    Raises
    ------
    Nef2hwError
        Something is wrong with the network, it cannot be done in integers of that precision, or
        does not fit the board.
    """
    sound = parse_model(model_arrays(network))
    found = find_board(board)
    demands = Demands(lanes, neuron_lanes, target_rate, max_luts, max_block_rams, max_dsps)

    def forms() -> Iterator[tuple[tuple[FoldedNetwork, ChosenPrecision], QuantizedNetwork]]:
        for factoring in factorings(sound, dense):
            folded = fold(sound, factoring)
            chosen = _choose_formats(folded, precision, budget, calibration)
            yield (folded, chosen), chosen.network

    (folded, chosen), program = compile_for_board(forms(), found, demands)
    return CompiledNetwork(folded, program, found, chosen)


def _choose_formats(
    folded: FoldedNetwork,
    precision: Precision | Bits | None,
    budget: Budget | None,
    calibration: Calibration | None,
) -> ChosenPrecision:
    """Quantize in the widths that are given, or that keep a budget."""
    if budget is None:
        if calibration is not None:
            raise StimulusError("calibration data is what a budget is kept on; give budget too")
        fixed = precision.over(Precision()) if isinstance(precision, Bits) else precision
        fixed = fixed or Precision()
        return ChosenPrecision(fixed, quantize(folded, fixed))
    if isinstance(precision, Precision):
        raise FormatError(
            f"{precision} fixes all widths, and the budget {budget} has nothing to choose; give "
            "Bits of those that shall stay, or no budget"
        )
    return choose_precision(calibration_trial(folded, calibration), precision or Bits(), budget)
