"""What is made of a model before any tool runs: its integers, and the core that suits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.check_input import CheckInput
from nef2hw.build.clock import choose_pll, core_clock_hz
from nef2hw.build.design import BoardDesign, Content, program_top
from nef2hw.build.families.registry import family_of
from nef2hw.build.model_file import read_model_file
from nef2hw.build.options import BuildOptions, uart_divisor
from nef2hw.build.pll.settings import PllSettings
from nef2hw.build.precision import ChosenPrecision, choose_precision
from nef2hw.build.sizing.choice import Sizing, Weighing, first_that_fits, weigh_cores
from nef2hw.build.sizing.explain import explain
from nef2hw.build.standard import standard_core, standard_sizing
from nef2hw.build.stopwatch import Stopwatch
from nef2hw.build.trial import Trial, make_trial
from nef2hw.compiler.assemble import assemble, assemble_for
from nef2hw.compiler.factor import Factoring, factorings
from nef2hw.compiler.fold import fold
from nef2hw.model.network import TrainedNetwork
from nef2hw.program.network import Formats
from nef2hw.program.program import Program
from nef2hw.rtl.top import Top

Notify = Callable[[str], None]


@dataclass(frozen=True)
class CompiledModel:
    """Everything that is known before a tool runs."""

    path: Path  #: of the model
    content: bytes  #: of that file
    board: BoardSpec
    trained: TrainedNetwork
    trial: Trial  #: float network and stimulus
    chosen: ChosenPrecision
    program: Program
    sizing: Sizing
    clock_hz: float
    pll: PllSettings | None
    uart_divisor: int

    def top(self, content: Content | None = None) -> Top:
        """A fresh top level; by default with the program's image in its memories."""
        receive_bytes = family_of(self.board).receive_bytes
        return program_top(self.program, self.uart_divisor, receive_bytes, content)

    def design(self, content: Content | None = None) -> BoardDesign:
        """That top level on the board, a fresh one too."""
        return BoardDesign(self.board, self.top(content), self.pll)


def explain_model(
    path: Path,
    board: BoardSpec,
    options: BuildOptions,
    check_input: CheckInput | None = None,
    notify: Notify = lambda _: None,
) -> dict[str, Any]:
    """Describe the cores that are weighed for the model in ``path``, and which is chosen."""
    watch = Stopwatch(notify)
    trained, _ = _read(path, watch)
    clock_hz, _ = _clock(board, options)
    _, weighing = _weigh(trained, board, clock_hz, options, watch, check_input or CheckInput())
    return explain(weighing)


def compile_model(
    path: Path,
    board: BoardSpec,
    options: BuildOptions,
    watch: Stopwatch,
    check_input: CheckInput,
) -> CompiledModel:
    """Read, fold, quantize, size and assemble; choose clock and serial rate."""
    clock_hz, pll = _clock(board, options)
    divisor = uart_divisor(board, clock_hz)
    trained, content = _read(path, watch)
    if options.standard_core:
        core = standard_core(board)
        # It relays no values within a step: nothing is factored.
        found = _quantize(trained, Factoring.NEVER, options, check_input, watch, core.formats)
        with watch.stage("size", "choosing a core"):
            sizing = standard_sizing(found.chosen.network, core, board, clock_hz)
        with watch.stage("assemble"):
            program = assemble_for(found.chosen.network, core)
    else:
        found, weighing = _weigh(trained, board, clock_hz, options, watch, check_input)
        with watch.stage("size"):
            sizing = weighing.choose()
        with watch.stage("assemble"):
            program = assemble(found.chosen.network, sizing.chosen.shape)
    return CompiledModel(
        path=path,
        content=content,
        board=board,
        trained=trained,
        trial=found.trial,
        chosen=found.chosen,
        program=program,
        sizing=sizing,
        clock_hz=clock_hz,
        pll=pll,
        uart_divisor=divisor,
    )


def _clock(board: BoardSpec, options: BuildOptions) -> tuple[float, PllSettings | None]:
    """Return the clock of the core, and what makes it if the oscillator does not."""
    clock_hz = core_clock_hz(board, options.clock_hz)
    pll = choose_pll(board, clock_hz)
    return (pll.output_hz if pll else clock_hz), pll


def _read(path: Path, watch: Stopwatch) -> tuple[TrainedNetwork, bytes]:
    with watch.stage("read", f"reading {path}"):
        return read_model_file(path)


@dataclass(frozen=True)
class _Quantized:
    """A model in float and in integers."""

    trial: Trial
    chosen: ChosenPrecision


def _quantize(
    trained: TrainedNetwork,
    factoring: Factoring,
    options: BuildOptions,
    check_input: CheckInput,
    watch: Stopwatch,
    formats: Formats | None = None,
) -> _Quantized:
    """Fold and quantize."""
    with watch.stage("fold"):
        trial = make_trial(fold(trained, factoring), check_input)
    with watch.stage("quantize", "choosing formats"):
        return _Quantized(trial, choose_precision(trial, options.bits, options.budget, formats))


def _weigh(
    trained: TrainedNetwork,
    board: BoardSpec,
    clock_hz: float,
    options: BuildOptions,
    watch: Stopwatch,
    check_input: CheckInput,
) -> tuple[_Quantized, Weighing]:
    """Weigh cores for the network factored in one way after the other, until one fits."""

    def weighed() -> Iterator[tuple[_Quantized, Weighing]]:
        for factoring in factorings(trained, options.dense):
            found = _quantize(trained, factoring, options, check_input, watch)
            with watch.stage("size", "choosing a core"):
                network = found.chosen.network
                weighing = weigh_cores(network, board, options.demands, clock_hz)
            yield found, weighing

    return first_that_fits(weighed())
