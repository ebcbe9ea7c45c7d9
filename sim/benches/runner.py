"""Builds a component for Icarus or Verilator and runs a cocotb bench on it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from amaranth.lib import wiring
from cocotb_tools.runner import get_runner

from nef2hw.errors import ToolError
from nef2hw.sim.compiled.cache import cached_folder
from nef2hw.sim.verilog import to_verilog
from nef2hw.tools import LOG_TAIL_LINES, Tool, find_tool, has_tool

#: Chooses the simulator when the caller does not: ``icarus`` or ``verilator``.
SIMULATOR_VARIABLE = "NEF2HW_SIMULATOR"

_TOOL_NAMES = {"icarus": "iverilog", "verilator": "verilator"}
_BUILD_ARGUMENTS = {
    "icarus": (),
    "verilator": ("-Wno-lint", "-Wno-fatal"),
}

#: Benches write their own messages; rewriting assertions would load every pytest plugin there is.
_QUIET_BENCH = {"COCOTB_REWRITE_ASSERTION_FILES": "", "COCOTB_ANSI_OUTPUT": "0"}


@dataclass(frozen=True)
class BenchReport:
    """What a run of a bench found."""

    simulator: str
    tests: tuple[str, ...]
    failures: tuple[str, ...]  #: one message per failed test
    log: Path


def available_simulators() -> tuple[str, ...]:
    """Simulators that are installed, the one that starts quickest first."""
    return tuple(name for name, tool in _TOOL_NAMES.items() if has_tool(tool))


def choose_simulator() -> str:
    """Name of the simulator to use: by environment, else the quickest to start.

    Raises
    ------
    ToolError
        None is installed, or the environment names one that is unknown.
    """
    chosen = os.environ.get(SIMULATOR_VARIABLE)
    if chosen is not None and chosen not in _TOOL_NAMES:
        known = " or ".join(_TOOL_NAMES)
        raise ToolError(f"{SIMULATOR_VARIABLE} is {chosen!r}; say {known}, or unset it")
    found = (chosen,) if chosen else available_simulators()
    if not found:
        raise ToolError("no Verilog simulator was found; apt install iverilog")
    return found[0]


def run_bench(
    component: wiring.Component,
    bench: str,
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    simulator: str | None = None,
) -> BenchReport:
    """Simulate ``component`` under the cocotb tests of module ``bench``.

    Builds are kept in the user's cache, found by the Verilog and the simulator.

    Parameters
    ----------
    component
        Top level of the simulation; it must be driven by domain ``sync`` only.
    bench
        Importable name of the module with the cocotb tests.
    folder
        Receives log, results and whatever the bench writes; the bench runs in it.
    settings
        Environment variables for the bench.
    simulator
        ``"icarus"`` or ``"verilator"``; by default :func:`choose_simulator`.

    Raises
    ------
    ToolError
        The simulator is missing, refuses the design or stops before the bench has ended.
    """
    name = simulator or choose_simulator()
    tool = find_tool(_TOOL_NAMES[name])
    folder.mkdir(parents=True, exist_ok=True)
    build = _built(to_verilog(component), name, tool)
    log, results = folder / f"{name}.log", (folder / "results.xml").absolute()
    runner = get_runner(name)
    runner.build_dir = build
    variables = {**tool.environment, **_QUIET_BENCH, **(settings or {})}
    with _environment(variables), _as_tool_error(tool, log):
        runner.test(
            bench,
            hdl_toplevel="top",
            hdl_toplevel_lang="verilog",
            build_dir=build,
            test_dir=folder,
            results_xml=str(results),
            log_file=str(log.absolute()),
        )
    return _read_report(name, results, log, tool)


def _waking_combinational_blocks(verilog: str) -> str:
    """Make every ``always @*`` run at time 0.

    Yosys writes a register into each sensitivity list for this, but Icarus may set its initial
    value before the blocks wait for it; a change within time 0 is always seen.
    """
    pattern = r"^  reg (\\\$auto\$verilog_backend\S+)  = 0;$"
    return re.sub(pattern, r"  reg \1  = 0;\n  initial #0 \1  = 1;", verilog, flags=re.MULTILINE)


def _built(verilog: str, name: str, tool: Tool) -> Path:
    if name == "icarus":
        verilog = _waking_combinational_blocks(verilog)
    made_from = "\0".join([verilog, *tool.command, tool.version, *_BUILD_ARGUMENTS[name]])
    digest = hashlib.sha256(made_from.encode()).hexdigest()[:32]

    def make(folder: Path) -> None:
        (folder / "top.v").write_text(verilog, encoding="utf-8")
        log = folder / "build.log"
        runner = get_runner(name)
        with _environment(tool.environment), _as_tool_error(tool, log):
            runner.build(
                sources=[folder / "top.v"],
                hdl_toplevel="top",
                build_dir=folder,
                build_args=list(_BUILD_ARGUMENTS[name]),
                timescale=("1ns", "1ps"),
                log_file=str(log),
            )

    return cached_folder(f"benches-{name}", digest, make)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while; cocotb's runner hands its own environment down."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _as_tool_error(tool: Tool, log: Path) -> Iterator[None]:
    """Turn how cocotb's runner fails into a ToolError that quotes the log.

    Under pytest the runner exits when a test fails; the results file tells of those.
    """
    try:
        yield
    except RuntimeError as error:
        raise _failure(tool, str(error), log) from error
    except SystemExit:
        return


def _failure(tool: Tool, what: str, log: Path) -> ToolError:
    tail = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-LOG_TAIL_LINES:]
    quoted = "\n".join(tail) if tail else "(it printed nothing)"
    return ToolError(f"{tool.name} ({tool.command[0]}, {tool.version}): {what}\n{quoted}")


def _read_report(name: str, results: Path, log: Path, tool: Tool) -> BenchReport:
    if not results.is_file():
        raise _failure(tool, f"the simulation stopped before its end; log: {log}", log)
    cases: list[Any] = list(ElementTree.parse(results).getroot().iter("testcase"))
    if not cases:
        raise _failure(tool, f"the bench has no tests; log: {log}", log)
    failures = tuple(
        f"{case.get('name')}: {_message(problem)}"
        for case in cases
        for problem in (*case.findall("failure"), *case.findall("error"))
    )
    shutil.copyfile(results, log.with_suffix(".xml"))
    return BenchReport(name, tuple(case.get("name") for case in cases), failures, log)


def _message(problem: Any) -> str:
    return problem.get("error_msg") or problem.get("message") or problem.text or "failed"
