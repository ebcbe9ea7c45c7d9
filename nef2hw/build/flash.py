"""Loading a bitstream onto a board."""

from __future__ import annotations

from collections.abc import Callable

from nef2hw.build.folder import LOGS, BuildFolder
from nef2hw.tools import find_tool, run_tool


def flash(build: BuildFolder, notify: Callable[[str], None] = lambda _: None) -> None:
    """Load the bitstream of ``build`` with openFPGALoader.

    Raises
    ------
    ProgramError
        The build has no bitstream.
    ToolError
        The tool is missing, or found no such board.
    """
    bitstream = build.bitstream
    tool = find_tool("openFPGALoader")
    notify(f"loading {bitstream} onto {build.board.title}")
    run_tool(
        tool,
        ["-b", build.board.programmer, bitstream.name],
        cwd=build.path,
        log=build.path / LOGS / "program.log",
        notify=notify,
    )
