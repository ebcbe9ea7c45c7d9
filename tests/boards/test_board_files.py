"""Boards in files of the user's and in other packages."""

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from nef2hw.boards import installed
from nef2hw.boards.checks import board_problem
from nef2hw.boards.registry import ALL_BOARDS, UnknownBoardError, find_board, known_boards
from nef2hw.errors import BoardError

BOARD = """
from nef2hw.boards.devices import ECP5_25
from nef2hw.boards.spec import BoardSpec, Pinout, SerialPins

BOARDS = (
    BoardSpec(
        name="mine",
        title="My board",
        platform=Pinout({"package": "BG381", "speed": "6"}, clock="P3"),
        family="ecp5",
        device="LFE5U-25F",
        clock_hz=25_000_000,
        capacity=ECP5_25,
        programmer=("openFPGALoader", "-c", "ft232"),
        uart=SerialPins(rx="H18", tx="J17"),
    ),
)
"""

TWO = BOARD + "from dataclasses import replace\nBOARDS += (replace(BOARDS[0], name='other'),)\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "board.py"
        path.write_text(text)
        return str(path)

    return write


def test_a_board_in_a_file_is_found_by_its_path(write):
    assert find_board(write(BOARD)).title == "My board"


def test_one_of_several_boards_in_a_file_is_chosen_by_its_name(write):
    path = write(TWO)
    assert find_board(f"{path}:other").name == "other"
    with pytest.raises(BoardError, match=r"has 2 boards; choose one: .*NAME of mine, other"):
        find_board(path)
    with pytest.raises(BoardError, match=r"has no board 'third'; it has mine, other"):
        find_board(f"{path}:third")


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(BoardError, match=r"absent\.py: there is no such file of boards"):
        find_board("absent.py")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 +", r"board\.py failed: SyntaxError: "),
        ("import no_such_module", r"failed: ModuleNotFoundError: .*no_such_module"),
        ("x = 1", r"board\.py defines no BOARDS, a tuple of BoardSpec"),
        ("BOARDS = 5", r"BOARDS is a int, not a tuple of BoardSpec"),
        ("BOARDS = ()", r"BOARDS is empty"),
        ("BOARDS = ('icebreaker',)", r"BOARDS holds a str, not a BoardSpec"),
        (
            BOARD.replace('"ecp5"', '"nexus"'),
            r"board 'mine' has family 'nexus'; known are ecp5, ice40",
        ),
        (BOARD.replace("25_000_000", "0"), r"board 'mine' has clock_hz 0; it must be positive"),
        (
            BOARD.replace('Pinout({"package": "BG381", "speed": "6"}, clock="P3")', '"ulx3s"'),
            r"has platform 'ulx3s'; expected 'module:Class' or a Pinout",
        ),
        (
            BOARD.replace('("openFPGALoader", "-c", "ft232")', '"ft232"'),
            r"has programmer 'ft232'; expected a tuple, as \('openFPGALoader'",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_place(write, text, message):
    with pytest.raises(BoardError, match=message):
        find_board(write(text))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("name='../victim'", r"board '../victim' has name '../victim'; expected letters, digits"),
        ("title='a\\x1b[2J'", r"has title 'a\\x1b\[2J'; expected a text without control char"),
        ("device='$(id)'", r"has device '\$\(id\)'; expected letters, .*, or '/'"),
        ("clock_hz=float('nan')", r"has clock_hz nan; it must be positive and finite"),
        ("core_hz='fast'", r"has core_hz 'fast'; it must be positive and finite, or None"),
        ("capacity=None", r"has capacity None; expected a Capacity of whole numbers from 0"),
        ("uart=('uart',)", r"has uart \('uart',\); expected a resource, as \('uart', 0\), or Ser"),
        ("uart=SerialPins('a;b', 'c')", r"has uart SerialPins.*; expected a resource"),
        ("platform=Pinout({}, clock='P3 x')", r"has platform Pinout.*; expected 'module:Class'"),
        ("baud=1.5", r"has baud 1.5; it must be positive, a whole number"),
        ("clock='a b'", r"has clock 'a b'; expected letters"),
        ("aliases=7", r"has aliases 7; expected a tuple of names"),
        ("notes='x\\n'", r"has notes 'x\\n'; expected a tuple of texts without"),
        ("serial=None", r"has serial None; expected a text"),
    ],
)
def test_a_wrong_field_is_told_with_its_value(write, change, message):
    changed = f"from dataclasses import replace\nBOARDS = (replace(BOARDS[0], {change}),)\n"
    with pytest.raises(BoardError, match=message):
        find_board(write(BOARD + changed))


@pytest.mark.parametrize("board", ALL_BOARDS, ids=lambda board: board.name)
def test_the_boards_that_come_along_keep_the_rules(board):
    assert board_problem(board) is None


@pytest.fixture
def packages(monkeypatch):
    """Let the entry points be objects of this module."""

    def install(*names):
        points = [
            EntryPoint(name, f"tests.boards.test_board_files:{name}", installed.GROUP)
            for name in names
        ]
        monkeypatch.setattr(installed, "entry_points", lambda group: points)

    return install


GOOD = replace(find_board("icebreaker"), name="good", aliases=("fine",))
TAKEN = replace(find_board("icebreaker"), name="sound", aliases=("ulx3s",))
WRONG = ("icebreaker",)


def test_boards_of_other_packages_are_found_by_name_and_alias(packages):
    packages("GOOD")
    assert find_board("fine").name == "good"
    assert GOOD in known_boards()[0]


def test_a_package_that_fails_is_left_out_and_told(packages):
    packages("GOOD", "ABSENT", "WRONG", "TAKEN")
    boards, problems = known_boards()
    assert [board.name for board in boards][-1] == "good"
    assert find_board("icebreaker").name == "icebreaker"
    assert len(problems) == 3
    assert "ABSENT failed: AttributeError" in problems[0]
    assert "BOARDS holds a str, not a BoardSpec" in problems[1]
    assert "board 'sound' of" in problems[2]
    assert "the name is taken" in problems[2]


def test_the_problems_of_packages_are_told_when_a_board_is_not_found(packages):
    packages("WRONG")
    with pytest.raises(UnknownBoardError, match=r"'god' is not .*holds a str, not a B"):
        find_board("god")
