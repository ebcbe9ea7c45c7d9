"""Loading the platform of a board."""

from dataclasses import replace

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.boards.spec import Pinout
from nef2hw.build.platform import load_platform
from nef2hw.errors import BoardError, ToolError


@pytest.mark.parametrize("platform", ["amaranth_boards.absent:P", "amaranth_boards.ulx3s:Absent"])
def test_a_platform_that_is_not_installed_names_its_package(platform):
    board = replace(find_board("icebreaker"), platform=platform)
    with pytest.raises(ToolError, match=r"is missing from the installed amaranth-boards; pip inst"):
        load_platform(board)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"platform": Pinout({}, clock="P3")}, "its data make no Amaranth platform: Can't instan"),
        ({"uart": ("serial", 1)}, r"its platform lacks serial port serial#1 or its clock \(Res"),
        ({"clock": "clk99"}, r"lacks serial port uart#0 or its clock \(Resource clk99#0"),
        ({"clock_hz": 26_000_000}, r"clock_hz is 26000000, the clock of its platform 2\.5e\+07"),
    ],
)
def test_data_of_a_board_that_do_not_fit_its_platform_are_told(changes, message):
    with pytest.raises(BoardError, match=rf"^icesugar_pro: .*{message}"):
        load_platform(replace(find_board("icesugar_pro"), **changes))
