"""From a model file to a finished build folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.cache import core_cache
from nef2hw.build.check import Check, check_program
from nef2hw.build.check_input import CheckInput
from nef2hw.build.compiled_model import CompiledModel, compile_model
from nef2hw.build.core import build_core
from nef2hw.build.families.registry import family_of
from nef2hw.build.folder import (
    LOGS,
    MODEL,
    PAGE,
    PROGRAM,
    REPORT,
    VERILOG,
    BuildFolder,
    list_files,
    new_build,
    open_build,
)
from nef2hw.build.generic import write_generic
from nef2hw.build.html import render
from nef2hw.build.options import BuildOptions
from nef2hw.build.pictures.figure import can_draw
from nef2hw.build.pictures.pictures import draw_pictures
from nef2hw.build.place import PlacedDesign
from nef2hw.build.report import assemble_report
from nef2hw.build.stopwatch import Stopwatch
from nef2hw.build.xilinx7.sources import keep_scripts
from nef2hw.compiler.assemble import assemble
from nef2hw.errors import CapacityError, TimingError
from nef2hw.model.semantics import semantics
from nef2hw.program.archive import save_program
from nef2hw.sim.verilog import rtlil_to_verilog, to_rtlil

Notify = Callable[[str], None]

#: Folder in which the tools work, of which nothing is kept that is not moved elsewhere.
PLACE = f"{LOGS}/place"


def make_build(
    model_path: Path,
    board: BoardSpec,
    path: Path,
    options: BuildOptions | None = None,
    check_input: CheckInput | None = None,
    notify: Notify = lambda _: None,
) -> BuildFolder:
    """Compile the model in ``model_path`` for ``board`` into the folder ``path``.

    A core that turns out too large after all makes place for the next smaller one, and the clock
    that a board's cores have by default, if a core does not reach it, for the oscillator's.

    Raises
    ------
    Nef2hwError
        The model, its size, an option, or a tool stands in the way; ``path`` is as it was.
    """
    options = options or BuildOptions()
    watch = Stopwatch(notify)
    compiled = compile_model(model_path, board, options, watch, check_input or CheckInput())
    while True:
        try:
            return _make(compiled, path, options, watch, notify)
        except CapacityError as problem:
            sizing = compiled.sizing.smaller()
            if sizing is None:
                raise
            shape = sizing.chosen.shape
            notify(f"{problem}; trying {shape.lanes} lanes, {shape.neuron_lanes} neuron lanes")
            with watch.stage("assemble"):
                program = assemble(compiled.program.network, shape)
            compiled = replace(compiled, program=program, sizing=sizing)
        except TimingError as problem:
            if options.clock_hz is not None or compiled.clock_hz <= board.clock_hz:
                raise
            notify(f"{problem}; taking the oscillator's {board.clock_hz / 1e6:g} MHz")
            options = replace(options, clock_hz=float(board.clock_hz))
            compiled = compile_model(model_path, board, options, watch, check_input or CheckInput())


def _make(
    compiled: CompiledModel,
    path: Path,
    options: BuildOptions,
    watch: Stopwatch,
    notify: Notify,
) -> BuildFolder:
    """Check, write and place what was compiled; yosys writes Verilog beside the check."""
    with watch.stage("verilog", "writing Verilog"):
        design = to_rtlil(compiled.top())
    comparing = "comparing golden model, float reference" + (" and RTL" * options.bitstream)
    with _verilog_beside(design) as verilog, watch.stage("check", comparing):
        check = check_program(
            compiled.trial,
            compiled.program,
            compiled.chosen.precision,
            prove=options.bitstream,
            notify=notify,
        )
    with new_build(path) as work:
        (work / MODEL).write_bytes(compiled.content)
        save_program(compiled.program, work / PROGRAM)
        with watch.stage("verilog"):
            _write_verilog(compiled, verilog.result(), work)
        placed = None
        if options.bitstream and family_of(compiled.board).flow is not None:
            placed = _place(compiled, options, work, notify)
        scripts = keep_scripts(
            compiled.design, compiled.board, compiled.clock_hz, work, work / PLACE
        )
        shutil.rmtree(work / PLACE, ignore_errors=True)
        _write_reports(work, compiled, check, placed, scripts, watch)
    return open_build(path)


@contextmanager
def _verilog_beside(design: str) -> Iterator[Future[str]]:
    """Have yosys convert ``design`` beside the block; it is stopped where that fails."""
    stop = Event()
    with ThreadPoolExecutor(max_workers=1) as beside:
        try:
            yield beside.submit(rtlil_to_verilog, design, stop.is_set)
        except BaseException:
            stop.set()
            raise


def _write_verilog(compiled: CompiledModel, verilog: str, work: Path) -> None:
    """Write the Verilog that any tool takes, and more where there is no board."""
    (work / VERILOG).mkdir()
    if family_of(compiled.board).flow is None:
        clock_hz, divisor = compiled.clock_hz, compiled.uart_divisor
        write_generic(compiled.program, verilog, divisor, clock_hz, work)
    else:
        (work / VERILOG / "top.v").write_text(verilog, encoding="utf-8")


def _place(
    compiled: CompiledModel, options: BuildOptions, work: Path, notify: Notify
) -> PlacedDesign:
    """Build the bitstream in a folder inside ``work``, and keep what a user wants of it."""
    place = work / PLACE
    placed = build_core(
        compiled.program,
        compiled.design,
        compiled.board,
        place,
        clock_hz=compiled.clock_hz,
        seeds=options.tried_seeds,
        at_once=options.seeds or 1,
        cache=core_cache() if options.cache else None,
        notify=notify,
    )
    for path in filter(None, (placed.bitstream, placed.constraints)):
        shutil.copyfile(path, work / path.name)
    for log in (*placed.logs, *place.glob("*.rpt"), *place.glob("*.tim")):
        log.rename(work / LOGS / log.name)
    return placed


def _write_reports(
    work: Path,
    compiled: CompiledModel,
    check: Check,
    placed: PlacedDesign | None,
    scripts: Mapping[str, str] | None,
    watch: Stopwatch,
) -> None:
    model = {"name": _model_name(compiled.path), "file": compiled.path.name}
    report = assemble_report(
        model=model | {"path": MODEL, "dt_s": compiled.trial.folded.dt_s},
        model_bytes=compiled.content,
        semantics=semantics(compiled.trained),
        board=compiled.board,
        program=compiled.program,
        sizing=compiled.sizing,
        clock_hz=compiled.clock_hz,
        check=check,
        chosen=compiled.chosen,
        placed=placed,
        scripts=scripts,
        seconds=watch.seconds | (dict(placed.seconds) if placed else {}),
    )
    pictures = None
    if can_draw():
        with watch.stage("plot", "plotting"):
            pictures = draw_pictures(
                compiled.trained, compiled.trial, check.golden, compiled.program.network, report
            )
        report["seconds"]["plot"] = round(watch.seconds["plot"], 2)
    report["files"] = list_files(work)
    (work / REPORT).write_text(
        json.dumps(report, indent=2, default=_plain) + "\n", encoding="utf-8"
    )
    (work / PAGE).write_text(render(report, pictures), encoding="utf-8")


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
