"""The documents name every board, and the board that they show can be used."""

import re
from pathlib import Path

import pytest

from nef2hw.boards.registry import ALL_BOARDS, find_board
from nef2hw.build.platform import load_platform

ROOT = Path(__file__).parents[2]
BOARDS = (ROOT / "docs" / "boards.md").read_text()


def names_in(text):
    """Names in code, those that stand for the end of another one completed."""
    found = set(re.findall(r"`(\w+)`", text))
    return found | {f"ulx3s{name}" for name in found if name.startswith("_")}


@pytest.mark.parametrize("text", [BOARDS, (ROOT / "README.md").read_text()], ids=["docs", "README"])
def test_every_board_is_in_the_documents(text):
    assert {board.name for board in ALL_BOARDS} <= names_in(text)


@pytest.mark.parametrize("board", ALL_BOARDS, ids=lambda board: board.name)
def test_a_serial_port_that_needs_an_adapter_is_in_the_documents(board):
    if "adapter" in board.serial:
        section = BOARDS.split("## Serial ports")[1].split("\n## ")[0]
        assert (
            board.title.split(" 3")[0].split(" 7")[0].split(" 25F")[0].split(" 85F")[0] in section
        )


def test_the_board_that_the_documents_show_can_be_used(tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", BOARDS, re.DOTALL)
    (tmp_path / "my_board.py").write_text(block)
    board = find_board(str(tmp_path / "my_board.py"))
    assert load_platform(board).default_clk_frequency == 25e6
