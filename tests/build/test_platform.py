"""Loading the platform of a board."""

from dataclasses import replace

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.platform import load_platform
from nef2hw.errors import ToolError


@pytest.mark.parametrize("platform", ["amaranth_boards.absent:P", "amaranth_boards.ulx3s:Absent"])
def test_a_platform_that_is_not_installed_names_its_package(platform):
    board = replace(find_board("icebreaker"), platform=platform)
    with pytest.raises(ToolError, match=r"is missing from the installed amaranth-boards; pip inst"):
        load_platform(board)
