"""A build appears whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from nef2hw.build import folder as folder_module
from nef2hw.build.folder import FORMAT, list_files, new_build, open_build, report_of
from nef2hw.errors import ProgramError, ToolError

BITSTREAM = {"bitstream": None, "scripts": None}


def write_report(folder, **entries):
    board = {"title": "iCEBreaker", "programmer": ["openFPGALoader", "-b", "ice40_generic"]}
    entries = {"format": FORMAT, "board": board, "baud": 9600, **BITSTREAM, **entries}
    (folder / "report.json").write_text(json.dumps(entries))


def fail_to_build(path):
    with new_build(path) as work:
        (work / "tool.log").write_text("why")
        raise ToolError(f"tool failed; log: {work / 'tool.log'}")


def test_a_build_appears_under_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "deep" / "build"
    with new_build(path) as work:
        write_report(work)
        assert not path.exists()
    assert open_build(path).title == "iCEBreaker"
    assert [entry.name for entry in path.parent.iterdir()] == ["build"]


def test_a_new_build_takes_the_place_of_an_old_one(tmp_path):
    for number in (1, 2):
        with new_build(tmp_path / "build") as work:
            write_report(work, number=number)
            (work / f"file{number}").touch()
    assert open_build(tmp_path / "build").report["number"] == 2
    assert not (tmp_path / "build" / "file1").exists()


def test_what_a_user_put_into_a_build_stays_and_what_is_stale_goes(tmp_path):
    path = tmp_path / "build"
    for number in (1, 2):
        with new_build(path) as work:
            (work / f"top{number}.bit").touch()
            (work / "rtl").mkdir()
            (work / "rtl" / "top.v").touch()
            (work / "logs").mkdir()
            write_report(work, files=list_files(work))
        for name in ("trace.npz", "waves.vcd", "top.dfu"):
            (path / name).write_text(str(number)) if number == 1 else None
        (path / "mine").mkdir(exist_ok=True)
    assert {entry.name for entry in path.iterdir()} == {
        "report.json", "rtl", "logs", "top2.bit", "trace.npz", "mine",
    }  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir()] == ["build"]


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit, OSError])
def test_a_build_stays_when_another_is_interrupted_while_it_takes_its_place(
    tmp_path, monkeypatch, signal
):
    with new_build(tmp_path / "build") as work:
        write_report(work)
    rename = Path.rename

    def interrupted(place, target):
        if place.name.startswith(".build-") and target.name == "build":
            raise signal
        return rename(place, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(signal), new_build(tmp_path / "build") as work:
        write_report(work, number=2)
    assert "number" not in open_build(tmp_path / "build").report
    assert [entry.name for entry in tmp_path.iterdir()] == ["build"]


def test_what_a_user_put_into_a_build_outlives_a_signal(tmp_path, monkeypatch):
    path = tmp_path / "build"
    with new_build(path) as work:
        write_report(work, files=list_files(work))
    (path / "trace.npz").touch()
    rename = Path.rename

    def interrupted(place, target):
        rename(place, target)
        if target == path:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), new_build(path) as work:
        write_report(work, number=2, files=list_files(work))
    assert (path / "trace.npz").exists()


def test_a_failed_build_leaves_the_old_one_and_keeps_its_logs_apart(tmp_path):
    with new_build(tmp_path / "build") as work:
        write_report(work)
    with pytest.raises(ToolError, match=r"failed; log: .*/build\.failed/tool\.log"):
        fail_to_build(tmp_path / "build")
    assert open_build(tmp_path / "build")
    assert (tmp_path / "build.failed" / "tool.log").read_text() == "why"
    assert {entry.name for entry in tmp_path.iterdir()} == {"build", "build.failed"}


def test_what_a_failure_left_goes_with_the_next_build(tmp_path):
    for _ in range(2):
        with pytest.raises(ToolError):
            fail_to_build(tmp_path / "build")
    left = tmp_path / "build.failed"
    assert [entry.name for entry in tmp_path.iterdir()] == ["build.failed"]
    assert (left / "error.txt").read_text() == f"tool failed; log: {left / 'tool.log'}\n"
    with new_build(tmp_path / "build") as work:
        write_report(work)
    assert not left.exists()


def test_a_folder_of_that_name_that_is_the_users_is_left_alone(tmp_path):
    mine = tmp_path / "build.failed" / "thesis.tex"
    mine.parent.mkdir()
    mine.write_text("years of work")
    with pytest.raises(ToolError, match=r"log: .*/build\.failed-\w+/tool\.log") as failure:
        fail_to_build(tmp_path / "build")
    assert Path(str(failure.value).split("log: ")[1]).read_text() == "why"
    with new_build(tmp_path / "build") as work:
        write_report(work)
    assert mine.exists()


def test_a_folder_with_another_report_is_no_build(tmp_path):
    (tmp_path / "report.json").write_text('{"format": "thesis-1"}')
    with pytest.raises(ProgramError, match="holds files that are not a build"), new_build(tmp_path):
        pass
    (tmp_path / "report.json").write_text('{"format": "nef2hw-build-0"}')
    with new_build(tmp_path) as work:
        write_report(work)
    assert open_build(tmp_path)


@pytest.mark.parametrize(
    "scripts",
    [
        ["x"],
        {"makes": "/etc/hostname", "open": "open.sh", "vivado": "vivado.tcl"},
        {"makes": "top.bit", "open": "../open.sh", "vivado": "vivado.tcl"},
        {"makes": "top.bit"},
    ],
)
def test_scripts_of_a_build_lie_in_it(tmp_path, scripts):
    with new_build(tmp_path / "build") as work:
        write_report(work, bitstream=None, scripts=scripts)
    with pytest.raises(ProgramError, match=r"scripts is .*, expected null, or files in the build"):
        open_build(tmp_path / "build").bitstream  # noqa: B018


def test_an_interrupted_build_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_build(tmp_path / "build"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(ProgramError, match=r"holds files that are not a build .* -o"),
        new_build(tmp_path),
    ):
        pass
    assert (tmp_path / "thesis.tex").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "build").touch()
    with (
        pytest.raises(ProgramError, match="is a file; name a folder"),
        new_build(tmp_path / "build"),
    ):
        pass


def test_a_folder_without_a_report_is_no_build(tmp_path):
    with pytest.raises(ProgramError, match=r"is not a build: it has no report\.json; make one"):
        open_build(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_report_is_refused(tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(ProgramError, match=r"report\.json is damaged .*compile again"):
        open_build(tmp_path)


def test_a_build_of_another_version_is_refused(tmp_path):
    write_report(tmp_path, format="nef2hw-build-9")
    with pytest.raises(ProgramError, match="has format 'nef2hw-build-9', this version reads"):
        open_build(tmp_path)


def test_a_build_without_a_bitstream_says_how_to_get_one(tmp_path):
    write_report(tmp_path)
    with pytest.raises(ProgramError, match="has no bitstream; compile again without"):
        _ = open_build(tmp_path).bitstream


def test_a_build_knows_its_board_without_looking_for_it(tmp_path):
    write_report(tmp_path)
    build = open_build(tmp_path)
    assert build.baud == 9600
    assert build.programmer == ("openFPGALoader", "-b", "ice40_generic")


def test_a_bitstream_that_a_script_made_is_found(tmp_path):
    write_report(tmp_path, scripts={"open": "a.sh", "vivado": "b.tcl", "makes": "x/top.bit"})
    with pytest.raises(ProgramError, match=r"no bitstream; run .*a\.sh or .*b\.tcl, which make"):
        _ = open_build(tmp_path).bitstream
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "top.bit").touch()
    assert open_build(tmp_path).bitstream == tmp_path / "x" / "top.bit"


@pytest.mark.parametrize(
    ("entries", "take", "message"),
    [
        ({"baud": "fast"}, "baud", "baud is 'fast', expected a whole number from 1 to 1e9"),
        ({"baud": -1}, "baud", "baud is -1, expected"),
        ({"baud": True}, "baud", "baud is True, expected"),
        ({"board": 3}, "title", "board/title is missing, expected a text"),
        ({"board": {"title": "a\x1b[2J"}}, "title", r"board/title is 'a\\x1b\[2J', expected a te"),
        ({"board": {"programmer": "sh"}}, "programmer", "board/programmer is 'sh', expected texts"),
        ({"board": {"notes": [1]}}, "notes", r"board/notes is \[1\], expected texts"),
        ({}, "clock_hz", "clock_mhz/asked is missing, expected a number above 0 and at most 1e4"),
        ({"clock_mhz": {"asked": float("nan")}}, "clock_hz", "clock_mhz/asked is nan, expected"),
        (
            {"bitstream": "../../x"},
            "bitstream",
            r"bitstream is '../../x', expected null, or a file",
        ),
        ({"bitstream": "/etc/passwd"}, "bitstream", "bitstream is '/etc/passwd', expected null"),
    ],
)
def test_what_is_used_of_a_report_is_checked(tmp_path, entries, take, message):
    write_report(tmp_path, **entries)
    with pytest.raises(ProgramError, match=rf"report\.json is damaged: {message}.*"):
        getattr(open_build(tmp_path), take)


def test_a_report_that_is_no_file_or_too_large_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "report.json")
    with pytest.raises(ProgramError, match=r"report\.json is not a file; compile again"):
        open_build(tmp_path)
    (tmp_path / "report.json").unlink()
    write_report(tmp_path)
    monkeypatch.setattr(folder_module, "MAX_REPORT_BYTES", 10)
    with pytest.raises(ProgramError, match=r"report\.json has \d+ bytes, the limit is 10; compile"):
        open_build(tmp_path)


@pytest.mark.parametrize("fails", [lambda: {}["a"], lambda: None + 1, lambda: int("x")])
def test_what_fails_on_the_content_of_a_report_is_told(tmp_path, fails):
    with (
        pytest.raises(ProgramError, match=r"report\.json is damaged \(\w+Error: .*compile again"),
        report_of(tmp_path),
    ):
        fails()


def test_a_link_to_nothing_is_not_replaced_by_a_build(tmp_path):
    (tmp_path / "build").symlink_to(tmp_path / "nothing")
    with (
        pytest.raises(ProgramError, match="is a file; name a folder"),
        new_build(tmp_path / "build"),
    ):
        pass
