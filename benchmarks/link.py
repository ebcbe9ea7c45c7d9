"""How much of its serial port's bit rate the link uses, in clock cycles of the simulated board.

    python benchmarks/link.py [--board NAME]... [--bit-cycles N]

Loads the image of the digits classifier, reads it back, and runs it with a new image every step,
on the RTL of each board with its own baud rate. A byte is ten bits; the share is that of the
busier direction. The computer answers at once here: what its USB adds is measured by
``nef2hw link-test``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

import nef2hw
from nef2hw.boards.registry import find_board
from nef2hw.build.clock import core_clock_hz
from nef2hw.build.families.registry import family_of
from nef2hw.build.options import uart_divisor
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.program.memory import IMAGE_MEMORIES
from nef2hw.program.program import Program
from nef2hw.rtl.top import Top
from nef2hw.sim.compiled.lockstep import BITS_PER_BYTE, LockstepBoard
from nef2hw.sim.replay import rows_of

ROOT = Path(__file__).parent.parent
TIMEOUT_S = 0.02
STEPS = 100


def share(board: LockstepBoard, divisor: int, action: Callable[[], object]) -> float:
    """Return the share of the line's bits that ``action`` uses, of the busier direction."""
    cycles, sent, received = board.cycles, board.sent_bytes, board.received_bytes
    action()
    busiest = max(board.sent_bytes - sent, board.received_bytes - received)
    return busiest * BITS_PER_BYTE * divisor / (board.cycles - cycles)


def shares(
    program: Program, divisor: int, frame_bytes: int, steps: int = STEPS
) -> dict[str, float]:
    """Return the share of each kind of long transfer."""
    top = Top(program.config, program.image, uart_divisor=divisor, frame_bytes=frame_bytes)
    board = LockstepBoard(top, divisor)
    device = Device(Link(board, TIMEOUT_S), program)
    device.reset()
    image = program.image.beats
    rng = np.random.default_rng(0)
    codes = {
        p.name: rng.integers(p.low_code, p.high_code + 1, (steps, p.size))
        for p in program.network.inputs
    }
    rows = list(rows_of(codes))

    def write() -> None:
        for memory in IMAGE_MEMORIES:
            device.write_memory(memory, image[memory])

    def read() -> None:
        for memory in IMAGE_MEMORIES:
            device.read_memory(memory, len(image[memory]))

    return {
        "image, written": share(board, divisor, write),
        "image, read back": share(board, divisor, read),
        "run, input new in each step": share(board, divisor, lambda: list(device.run_words(rows))),
        "run, input held": share(
            board, divisor, lambda: list(device.run_words([rows[-1]] * steps))
        ),
    }


@click.command()
@click.option("--board", "boards", multiple=True, default=("ulx3s", "icebreaker"))
@click.option("--bit-cycles", type=int, help="Clock cycles per bit, instead of the board's.")
def main(boards: tuple[str, ...], bit_cycles: int | None) -> None:
    """Measure and print a table, as Markdown."""
    network = nef2hw.load(ROOT / "examples" / "digits" / "model.npz")
    click.echo("| board | cycles per bit | transfer | share of the bit rate |\n|---|---|---|---|")
    for name in boards:
        board = find_board(name)
        divisor = bit_cycles or uart_divisor(board, core_clock_hz(board, None))
        program = nef2hw.compile(network, board=name).program
        for transfer, found in shares(program, divisor, family_of(board).receive_bytes).items():
            click.echo(f"| {board.name} | {divisor} | {transfer} | {found:.0%} |")


if __name__ == "__main__":
    main()
