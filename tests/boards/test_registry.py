"""Finding boards by name."""

import pytest

from nef2hw.boards.registry import ALL_BOARDS, UnknownBoardError, find_board


def test_a_board_is_found_by_its_name():
    assert find_board("icebreaker").device == "iCE40UP5K"


def test_ulx3s_without_a_size_is_the_85f():
    assert find_board("ulx3s").name == "ulx3s_85f"


@pytest.mark.parametrize("spelling", ["ULX3S_85F", "ulx3s-85f", "Ulx3s_85f"])
def test_case_and_hyphens_do_not_matter(spelling):
    assert find_board(spelling).name == "ulx3s_85f"


def test_a_misspelt_board_is_answered_with_names_that_come_close():
    with pytest.raises(UnknownBoardError, match="'icebraker' is not known: did you mean ice"):
        find_board("icebraker")


def test_a_board_unlike_any_is_answered_with_all_names():
    with pytest.raises(UnknownBoardError, match=r"known are ulx3s_12f, .*icebreaker"):
        find_board("zzz")


def test_no_two_boards_share_a_name_or_alias():
    names = [name for board in ALL_BOARDS for name in (board.name, *board.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("arty_a7", "arty"),
        ("Nexys-A7", "nexys4ddr"),
        ("orangecrab", "orangecrab_25f"),
        ("ecpix5", "ecpix5_85f"),
        ("tangnano9k", "tang_nano_9k"),
        ("generic", "verilog"),
    ],
)
def test_boards_are_found_by_what_people_call_them(alias, name):
    assert find_board(alias).name == name


@pytest.mark.parametrize("board", ALL_BOARDS, ids=lambda board: board.name)
def test_a_device_holds_something_unless_it_is_the_users_own(board):
    held = (board.capacity.lut, board.capacity.ff, board.capacity.block_rams, board.capacity.dsp)
    assert all(held) == board.capacity.limited == (board.name != "verilog")
