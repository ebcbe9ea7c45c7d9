"""What a command works on: a model file, or the folder of a build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nef2hw.boards.registry import find_board
from nef2hw.build.folder import MODEL, PROGRAM, open_build
from nef2hw.build.shape import compile_for_board
from nef2hw.compiler.factor import factorings
from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError
from nef2hw.frontends.files import load_imported
from nef2hw.model.network import TrainedNetwork
from nef2hw.program.archive import load_program
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program

#: Board whose core a model runs on in simulation, when no build names one.
DEFAULT_BOARD = "ulx3s_85f"


@dataclass(frozen=True)
class Source:
    """A model, and the program of its build if there is one."""

    model_path: Path
    program_path: Path | None = None

    @cached_property
    def _trained(self) -> TrainedNetwork:
        return load_imported(self.model_path)

    @cached_property
    def folded(self) -> FoldedNetwork:
        """The network in float."""
        return fold(self._trained)

    @cached_property
    def program(self) -> Program:
        """The build's program; for a bare model, compiled with default options."""
        if self.program_path is not None:
            return load_program(self.program_path)
        try:
            return compile_for_board(self._forms(), find_board(DEFAULT_BOARD))[1]
        except CapacityError as problem:
            raise CapacityError(
                f"{self.model_path} without a build runs on the core of {problem}; or compile it "
                "for a board that holds it, and simulate the build"
            ) from problem

    @cached_property
    def network(self) -> QuantizedNetwork:
        """The network in integers, of whatever size."""
        if self.program_path is not None:
            return self.program.network
        return quantize(self.folded)

    def _forms(self) -> Iterator[tuple[None, QuantizedNetwork]]:
        """Integers of the model, factored in one way after the other."""
        for factoring in factorings(self._trained):
            yield None, quantize(fold(self._trained, factoring))


def load_source(path: Path) -> Source:
    """Return the model in the file, or the build in the folder ``path``.

    Raises
    ------
    ProgramError
        The folder is no build, or holds the model or program of another one.
    """
    if not path.is_dir():
        return Source(path)
    build = open_build(path)
    build.check_files(MODEL, PROGRAM)
    return Source(build.model_path, build.program_path)
