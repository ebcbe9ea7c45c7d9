"""Work that is killed, or finds no room, leaves nothing that is taken for good."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nef2hw.build.cache import CoreCache
from nef2hw.build.folder import open_build
from nef2hw.program.archive import load_program
from nef2hw.sim.compiled.cache import cached_folder
from tests.hostile.corpus import write_good

#: Size of each file that the writers below write.
PIECE = 200_000

#: Writes into the caches for ever: content is known by the name.
WRITER = f"""
import sys
from pathlib import Path
from nef2hw.build.cache import CoreCache
from nef2hw.sim.compiled.cache import cached_folder

def make(folder):
    for name in "abcd":
        (folder / name).write_text(name * {PIECE})

work, first = Path(sys.argv[1]), int(sys.argv[2])
work.mkdir(exist_ok=True)
make(work)
print("ready", flush=True)
for number in range(first, first + 100_000):
    cached_folder("models", f"{{number:032}}", make)
    CoreCache(Path(sys.argv[3])).save(f"{{number % 7}}", work, "abcd", print)
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    write_good(folder)
    return folder


def start(*arguments, **options):
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "nef2hw", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def compile_arguments(good, output):
    return (
        "compile", good / "model.npz", "--board", "ulx3s", "--lanes", 4, "--neuron-lanes", 1,
        "--no-bitstream", "-o", output,
    )  # fmt: skip


def assert_whole(build, good):
    """Check that a build is complete, and of the same image as one made undisturbed."""
    opened = open_build(build)
    program = load_program(opened.program_path)
    assert program.image.digest == load_program(good / "build" / "program.npz").image.digest
    assert opened.model_path.read_bytes() == (good / "model.npz").read_bytes()
    for path in (good / "build" / "rtl").iterdir():
        assert (build / "rtl" / path.name).read_bytes()[-20:] == path.read_bytes()[-20:]


def kill_at(process, seconds):
    """Kill a process after some time, if it has not ended; return whether it was killed."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode == -signal.SIGKILL


def test_a_compile_that_is_killed_leaves_a_whole_build_or_none(good, tmp_path):
    start_s = time.monotonic()
    assert not kill_at(start(*compile_arguments(good, tmp_path / "whole")), 120)
    lasts_s = time.monotonic() - start_s
    chance = random.Random(5)
    shutil.copytree(good / "build", tmp_path / "again")
    for turn, part in enumerate((0.9, 0.95)):
        output = tmp_path / ("again" if turn % 2 else f"new{turn}")
        kill_at(start(*compile_arguments(good, output)), lasts_s * (part + chance.random() / 20))
        if output.exists():
            assert_whole(output, good)
    assert_whole(tmp_path / "whole", good)


def test_two_compiles_into_one_folder_leave_a_whole_build(good, tmp_path):
    started = [start(*compile_arguments(good, tmp_path / "build")) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert 0 in [process.returncode for process in started], said
    assert "Traceback" not in "".join(said)
    assert_whole(tmp_path / "build", good)


def test_writers_of_caches_that_are_killed_leave_whole_entries(tmp_path, monkeypatch):
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path / "cache"))
    script, cores = tmp_path / "writer.py", tmp_path / "cores"
    script.write_text(WRITER)
    chance = random.Random(6)
    for turn in range(4):
        # Two at a time, about the same entries.
        writers = [
            subprocess.Popen(
                [sys.executable, script, tmp_path / f"work{k}", str(1000 * turn), cores],
                stdout=subprocess.PIPE,
            )
            for k in range(2)
        ]
        for writer in writers:
            assert writer.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.01, 0.2))
        for writer in writers:
            writer.kill()
            writer.communicate()
    entries = [path.name for path in (tmp_path / "cache" / "models").glob("[0-9]*")]
    assert len(entries) > 4
    for name in entries:
        folder = cached_folder("models", name, fail)
        assert all((folder / each).read_text() == each * PIECE for each in "abcd")
    for path in cores.glob("*.core"):
        assert CoreCache(cores).load(path.stem, tmp_path / "loaded", fail)
        assert (tmp_path / "loaded" / "d").read_text() == "d" * PIECE


def fail(told):
    raise AssertionError(f"an entry is not whole: {told}")


def small_files() -> None:
    """Let a process write no more than a little into a file, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))


@pytest.mark.parametrize("command", ["compile", "simulate", "import"])
def test_a_full_disk_is_told_and_leaves_nothing(good, tmp_path, command):
    arguments = {
        "compile": compile_arguments(good, tmp_path / "out"),
        "simulate": ("simulate", good / "model.npz", "--input", good / "row.npz", "--steps", 400,
                     "-o", tmp_path / "out"),
        "import": ("import", good / "model.npz", "-o", tmp_path / "out"),
    }  # fmt: skip
    process = start(*arguments[command], preexec_fn=small_files)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    assert said.startswith("nef2hw: ")
    assert "File too large" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_core_that_finds_no_room_is_not_kept_and_told(tmp_path):
    (tmp_path / "made").write_text("x" * PIECE)
    script = (
        "from nef2hw.build.cache import CoreCache; from pathlib import Path; import os;"
        f"CoreCache(Path({str(tmp_path / 'cache')!r})).save('k', Path({str(tmp_path)!r}),"
        "['made'], print)"
    )
    (tmp_path / "made").write_bytes(random.Random(7).randbytes(PIECE))
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=small_files,
    )
    assert "the placed core is not kept: [Errno 27] File too large" in ended.stdout
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_told(good, tmp_path):
    tmp_path.chmod(0o555)
    _, said = (process := start(*compile_arguments(good, tmp_path / "out"))).communicate()
    tmp_path.chmod(0o755)
    assert process.returncode == 1
    assert "Permission denied" in said


def test_a_place_where_nobody_can_write_is_told(good):
    process = start(*compile_arguments(good, "/proc/self/out"))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.startswith("nef2hw: /proc/self")


SLOW_TOOL = """#!/bin/sh
case "$1" in --version) echo "Tool 0.99"; exit;; esac
sleep 300 &
echo $! > {place}.tmp
mv {place}.tmp {place}
wait
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_tools_end_with_the_command_that_is_told_to_end(good, tmp_path, number):
    tool, place = tmp_path / "yosys", tmp_path / "pid"
    tool.write_text(SLOW_TOOL.format(place=place))
    tool.chmod(0o755)
    cache = tmp_path / "cache"
    variables = {"NEF2HW_YOSYS": str(tool), "NEF2HW_CACHE_DIR": str(cache)}
    process = start("load", good / "build", "--port", "sim", env=os.environ | variables)
    wait_for(place.exists)
    pid = int(place.read_text())
    assert runs(pid)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    wait_for(lambda: not runs(pid))
    assert list((cache / "models").iterdir()) == []


def wait_for(condition):
    """Wait until ``condition()`` holds, half a minute at most."""
    end_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
