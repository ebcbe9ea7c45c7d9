"""Proofs about Amaranth components: yosys writes them for a solver of bit vectors.

A component to prove holds the block under test as submodule ``dut``, inputs that may be anything,
and statements ``Assume`` and ``Assert``. Clock and reset are those of domain ``sync``; there is no
reset after the start.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Elaboratable

from nef2hw.tools import find_tool

#: What a memory of the block is, and what is unsaid at power-up, is up to the solver.
_SCRIPT = """
read_rtlil design.il
prep -flatten -top top
memory_map
opt_clean
{freeing}
async2sync
dffunmap
chformal -lower
opt_clean
write_smt2 -stbv -wires design.smt2
"""
_FREE = "setattr -unset init w:dut.*"


@dataclass(frozen=True)
class Model:
    """Functions of a state in SMT-LIB: initial, next, assumed, asserted."""

    text: str

    def _steps(self, count: int, begun: bool) -> list[str]:
        lines = [f"(declare-const s{k} |top_s|)" for k in range(count)]
        lines += [f"(assert (not (|top_n rst| s{k})))" for k in range(count)]
        lines += [f"(assert (and (|top_u| s{k}) (|top_h| s{k})))" for k in range(count)]
        lines += [f"(assert (|top_t| s{k} s{k + 1}))" for k in range(count - 1)]
        return [*lines, *(["(assert (|top_i| s0))"] if begun else [])]

    def holds_for(self, steps: int) -> bool:
        """Whether nothing that is asserted fails in the first ``steps`` cycles."""
        wrong = " ".join(f"(not (|top_a| s{k}))" for k in range(steps))
        return not self._satisfiable([*self._steps(steps, True), f"(assert (or {wrong} false))"])

    def goes_on(self, steps: int, lemma: str = "true") -> bool:
        """Whether what held for ``steps`` cycles, from any state, holds in the next.

        ``lemma`` is asserted too; in it, ``<name>`` stands for the signal of that name.
        """

        def true_in(k: int) -> str:
            return f"(and (|top_a| s{k}) {_in_state(lemma, k)})"

        before = [f"(assert {true_in(k)})" for k in range(steps)]
        goal = f"(assert (not {true_in(steps)}))"
        return not self._satisfiable([*self._steps(steps + 1, False), *before, goal])

    def begins(self, lemma: str) -> bool:
        """Whether ``lemma`` holds in the first cycle."""
        goal = f"(assert (not {_in_state(lemma, 0)}))"
        return not self._satisfiable([*self._steps(1, True), goal])

    def happens(self, condition: str, steps: int) -> bool:
        """Whether ``condition`` can be true in one of the first ``steps`` cycles."""
        some = " ".join(_in_state(condition, k) for k in range(steps))
        return self._satisfiable([*self._steps(steps, True), f"(assert (or {some} false))"])

    def _satisfiable(self, lines: list[str]) -> bool:
        import bitwuzla

        text = "\n".join(["(set-logic QF_BV)", self.text, *lines])
        terms, options = bitwuzla.TermManager(), bitwuzla.Options()
        parser = bitwuzla.Parser(terms, options)
        parser.parse(text, parse_only=True, parse_file=False)
        answer = parser.bitwuzla().check_sat()
        assert answer in (bitwuzla.Result.SAT, bitwuzla.Result.UNSAT)
        return answer == bitwuzla.Result.SAT


def model_of(component: Elaboratable, any_start: bool = False) -> Model:
    """Translate ``component``; with ``any_start``, its block may begin in any state."""
    design = rtlil.convert(component, name="top", emit_src=False)
    yosys = find_tool("yosys")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.il").write_text(design)
        script = _SCRIPT.format(freeing=_FREE if any_start else "")
        (folder / "script.ys").write_text(script)
        subprocess.run(
            [*yosys.command, "-q", "script.ys"], cwd=folder, check=True, capture_output=True
        )
        return Model((folder / "design.smt2").read_text())


def _in_state(condition: str, state: int) -> str:
    """``condition`` with each ``<name>`` as the signal of that name in a state."""
    return re.sub(r"<([\w.]+)>", rf"(|top_n \1| s{state})", condition)
