"""From a model file to a finished build folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.check import Check, CheckInput, check_program
from nef2hw.build.clock import PllSettings, choose_pll
from nef2hw.build.design import BoardDesign
from nef2hw.build.folder import (
    LOGS,
    MODEL,
    PROGRAM,
    REPORT,
    VERILOG,
    BuildFolder,
    new_build,
    open_build,
)
from nef2hw.build.html import render
from nef2hw.build.options import BuildOptions, uart_divisor
from nef2hw.build.place import PlacedDesign, build_bitstream
from nef2hw.build.report import assemble_report
from nef2hw.build.shape import compile_for_board
from nef2hw.build.stopwatch import Stopwatch
from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError
from nef2hw.frontends.files import load_imported
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.semantics import semantics
from nef2hw.program.archive import save_program
from nef2hw.program.config import DIGEST_BYTES
from nef2hw.program.program import Program
from nef2hw.rtl.top import Top
from nef2hw.sim.verilog import to_verilog

Notify = Callable[[str], None]


@dataclass(frozen=True)
class CompiledModel:
    """Everything that is known before a tool runs."""

    path: Path  #: of the model
    board: BoardSpec
    trained: TrainedNetwork
    folded: FoldedNetwork
    program: Program
    clock_hz: float
    pll: PllSettings | None
    uart_divisor: int

    def top(self) -> Top:
        """A fresh top level, the program's image as initial content of its memories.

        Single-port RAM starts without content, so the board must not claim to hold the image.
        """
        config, image = self.program.config, self.program.image
        empty = bytes(DIGEST_BYTES).hex() if config.weight_memory == "huge" else None
        return Top(config, image, uart_divisor=self.uart_divisor, image_digest=empty)


def make_build(
    model_path: Path,
    board: BoardSpec,
    path: Path,
    options: BuildOptions | None = None,
    check_input: CheckInput | None = None,
    notify: Notify = lambda _: None,
) -> BuildFolder:
    """Compile the model in ``model_path`` for ``board`` into the folder ``path``.

    If the user names no number of lanes, a core that turns out too large is tried again with half
    as many.

    Raises
    ------
    Nef2hwError
        The model, its size, an option, or a tool stands in the way; ``path`` is as it was.
    """
    options = options or BuildOptions()
    watch = Stopwatch(notify)
    fitted = options
    while True:
        compiled = compile_model(model_path, board, fitted, watch)
        try:
            return _make(compiled, path, options, check_input or CheckInput(), watch, notify)
        except CapacityError as problem:
            lanes = compiled.program.config.lanes
            if options.lanes is not None or lanes == 1:
                raise
            notify(f"{problem}: {lanes} lanes are too many, trying {lanes // 2}")
            fitted = replace(options, lanes=lanes // 2)


def _make(
    compiled: CompiledModel,
    path: Path,
    options: BuildOptions,
    check_input: CheckInput,
    watch: Stopwatch,
    notify: Notify,
) -> BuildFolder:
    """Check, write and place what was compiled."""
    with watch.stage(
        "check", "comparing golden model, float reference" + (" and RTL" * options.bitstream)
    ):
        check = check_program(
            compiled.folded,
            compiled.program,
            check_input,
            prove=options.bitstream,
            notify=notify,
        )
    with new_build(path) as work:
        shutil.copyfile(compiled.path, work / MODEL)
        save_program(compiled.program, work / PROGRAM)
        with watch.stage("verilog", "writing Verilog"):
            (work / VERILOG).mkdir()
            (work / VERILOG / "top.v").write_text(to_verilog(compiled.top()))
        placed = _place(compiled, options, work, notify) if options.bitstream else None
        _write_reports(work, compiled, check, placed, watch)
    return open_build(path)


def compile_model(
    path: Path, board: BoardSpec, options: BuildOptions, watch: Stopwatch
) -> CompiledModel:
    """Read, fold, quantize and assemble; choose clock and serial rate."""
    clock_hz = options.clock_hz or float(board.clock_hz)
    pll = choose_pll(board, clock_hz)
    clock_hz = pll.output_hz if pll else clock_hz
    divisor = uart_divisor(board, clock_hz)
    with watch.stage("read", f"reading {path}"):
        trained = load_imported(path)
    with watch.stage("fold"):
        folded = fold(trained)
    with watch.stage("quantize", "choosing formats"):
        network = quantize(folded, options.precision)
    with watch.stage("assemble"):
        program = compile_for_board(network, board, options.lanes)
    return CompiledModel(path, board, trained, folded, program, clock_hz, pll, divisor)


def _place(
    compiled: CompiledModel, options: BuildOptions, work: Path, notify: Notify
) -> PlacedDesign:
    """Build the bitstream in a folder inside ``work``, keep what a user wants, drop the rest."""
    design = BoardDesign(compiled.board, compiled.top(), compiled.pll)
    place = work / LOGS / "place"
    placed = build_bitstream(design, compiled.board, place, seed=options.seed, notify=notify)
    for path in (placed.bitstream, placed.constraints):
        path.rename(work / path.name)
    for log in (*placed.logs, *place.glob("*.rpt"), *place.glob("*.tim")):
        log.rename(work / LOGS / log.name)
    shutil.rmtree(place)
    return placed


def _write_reports(
    work: Path,
    compiled: CompiledModel,
    check: Check,
    placed: PlacedDesign | None,
    watch: Stopwatch,
) -> None:
    model = {"name": _model_name(compiled.path), "file": compiled.path.name}
    report = assemble_report(
        model=model | {"path": MODEL, "dt_s": compiled.folded.dt_s},
        model_bytes=compiled.path.read_bytes(),
        semantics=semantics(compiled.trained),
        board=compiled.board,
        program=compiled.program,
        clock_hz=compiled.clock_hz,
        check=check,
        placed=placed,
        seconds=watch.seconds | (dict(placed.seconds) if placed else {}),
    )
    (work / REPORT).write_text(json.dumps(report, indent=2, default=_plain) + "\n")
    (work / "report.html").write_text(render(report))


def _model_name(path: Path) -> str:
    """Name a model by its file, or by its folder when the file is only called model."""
    resolved = path.resolve()
    return resolved.parent.name if resolved.stem == "model" else resolved.stem


def default_folder(model_path: Path, board: BoardSpec) -> Path:
    """Where a build goes when the user names no folder."""
    return Path("build") / f"{_model_name(model_path)}-{board.name}"


def _plain(value: Any) -> Any:
    """Turn NumPy's scalars and arrays into what JSON can hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a report")
