"""Board files that define no usable board; a board file is executed, so none is an attack."""

from __future__ import annotations

import os

from tests.hostile.bad import Bad, content

COMPILE = (
    "compile", "{good}/model.npz", "--board", "{bad}", "--no-bitstream", "--lanes", "4",
    "--neuron-lanes", "1",
)  # fmt: skip

HEAD = """
from dataclasses import replace
from nef2hw.boards.devices import ECP5_25
from nef2hw.boards.spec import BoardSpec, Capacity, Pinout, SerialPins

GOOD = BoardSpec(
    name="mine", title="My board", platform=Pinout({"package": "BG381", "speed": "6"}, clock="P3"),
    family="ecp5", device="LFE5U-25F", clock_hz=25_000_000, capacity=ECP5_25,
    programmer=("openFPGALoader",), uart=SerialPins(rx="H18", tx="J17"),
)
"""

#: Files that come to no board.
FILES = {
    "empty": "",
    "not Python": "BOARDS = (",
    "NUL bytes": "BOARDS = ()\x00",
    "not UTF-8": "\udcff\udcfe",
    "deep": "BOARDS = " + "(" * 1000,
    "raises": "raise ValueError('no')",
    "raises without an end": "def f(): f()\nf()",
    "exits": "raise SystemExit(0)",
    "imports nothing": "import there_is_no_such_module",
    "imports a part": "from nef2hw.boards.spec import Nothing",
    "no BOARDS": HEAD,
    "BOARDS of nothing": HEAD + "BOARDS = None",
    "BOARDS empty": HEAD + "BOARDS = ()",
    "BOARDS of numbers": HEAD + "BOARDS = (1, 2)",
    "BOARDS of text": HEAD + "BOARDS = 'mine'",
    "BOARDS is the class": HEAD + "BOARDS = BoardSpec",
    "BOARDS holds None": HEAD + "BOARDS = (GOOD, None)",
    "a field too few": HEAD + "BOARDS = BoardSpec(name='x')",
    "a field unknown": HEAD + "BOARDS = replace(GOOD, colour='red')",
    "two boards": HEAD + "BOARDS = (GOOD, replace(GOOD, name='b'))",
}

#: Fields that are wrong in an otherwise good board.
FIELDS = {
    "path as name": "name='../../victim'",
    "absolute path as name": "name='/etc/passwd'",
    "empty name": "name=''",
    "dots as name": "name='..'",
    "name with a line end": "name='a\\nb'",
    "name with escapes": "name='a\\x1b[2J'",
    "name with a space": "name='a b'",
    "name of a number": "name=7",
    "title of a number": "title=7",
    "title with escapes": "title='a\\x1b]0;b\\x07'",
    "device with a command": "device='$(touch executed)'",
    "device of a number": "device=7",
    "family unknown": "family='asic'",
    "family of a list": "family=[]",
    "no oscillator": "clock_hz=0",
    "oscillator of nan": "clock_hz=float('nan')",
    "oscillator of inf": "clock_hz=float('inf')",
    "oscillator of text": "clock_hz='fast'",
    "oscillator of None": "clock_hz=None",
    "oscillator below zero": "clock_hz=-1",
    "core clock of text": "core_hz='fast'",
    "core clock below zero": "core_hz=-5",
    "core clock of nan": "core_hz=float('nan')",
    "baud rate of nothing": "baud=None",
    "baud rate of zero": "baud=0",
    "baud rate of 1e30": "baud=10**30",
    "capacity of nothing": "capacity=None",
    "capacity of text": "capacity=Capacity('a', 'b', 'c', 'd', 'e')",
    "capacity of zeros": "capacity=Capacity(0, 0, 0, 0, 0)",
    "capacity below zero": "capacity=Capacity(-1, -1, -1, -1, -1)",
    "programmer of text": "programmer='sh -c ls'",
    "programmer of numbers": "programmer=(1, 2)",
    "programmer of None": "programmer=None",
    "uart of text": "uart='x'",
    "uart of three": "uart=('uart', 0, 1)",
    "uart of None": "uart=None",
    "pin with Verilog": "uart=SerialPins(rx='H18\"; endmodule', tx='J17')",
    "pin with a line end": "uart=SerialPins(rx='H18\\nLOCATE', tx='J17')",
    "pin of a number": "uart=SerialPins(rx=7, tx='J17')",
    "pin of the clock with a line end": "platform=Pinout({}, clock='P3\\nx')",
    "platform of a number": "platform=7",
    "platform of no class": "platform='nowhere'",
    "aliases of a number": "aliases=7",
    "notes of a number": "notes=7",
}


def board_cases() -> list[Bad]:
    """Return every bad file of boards."""
    texts = FILES | {
        name: f"{HEAD}BOARDS = replace(GOOD, {change})\n" for name, change in FIELDS.items()
    }
    found = [Bad(f"board: {name}", "board.py", content(t), COMPILE) for name, t in texts.items()]
    chosen = (*COMPILE[:3], "{bad}:absent", *COMPILE[4:])
    return [
        *found,
        Bad("board: a name that is absent", "board.py", content(f"{HEAD}BOARDS = GOOD\n"), chosen),
        Bad("board: a folder", "board.py", lambda path, good: path.mkdir(), COMPILE),
        Bad("board: a pipe", "board.py", lambda path, good: os.mkfifo(path), COMPILE),
    ]
