"""Loading the Amaranth platform of a board."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import ToolError


def load_platform(board: BoardSpec) -> Any:
    """Return a fresh Amaranth platform for ``board``; a platform serves one build.

    Raises
    ------
    ToolError
        The installed amaranth-boards does not have it.
    """
    module, _, name = board.platform.partition(":")
    try:
        return getattr(import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise ToolError(
            f"{board.name}: platform {board.platform} is missing from the installed "
            "amaranth-boards; pip install --upgrade amaranth-boards"
        ) from error
