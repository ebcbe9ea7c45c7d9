"""What a build holds where there is no board: Verilog in two forms, and the image as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nef2hw.build.folder import VERILOG
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId, words_to_beats
from nef2hw.program.program import Program
from nef2hw.rtl.plain_core import PlainCore
from nef2hw.sim.verilog import to_verilog
from nef2hw.version import __version__

IMAGE = "image"

_UART = """\
Core behind a serial port: the host programs of nef2hw talk to it.

  clk   clock, made for {clock_mhz:g} MHz
  rst   synchronous reset, active high
  rx    serial in, idle high, {baud:.0f} baud: {divisor} cycles of clk for each bit
  tx    serial out, likewise
  busy  high while a request is acted on

All memories have their initial content; the host may load another image.
"""

_STREAM = """\
Core with plain streams, for a design of your own. In every group, a transfer takes place in a
cycle in which valid and ready are both high; valid never waits for ready.

  clk, rst                       clock; synchronous reset, active high
  run_valid, run_ready           one transfer asks for one time step
    run_reset                    clear all state instead of running a step
    run_changed [{flags}:0]            inputs that changed since the step before, a bit for each
  result_valid, result_ready     what a step gives, in the order of the program
    result_data [31:0]           spike words and readouts; the last word is the cycles of the step
    result_last                  set with that last word
  bus_valid, bus_ready           access to the memories, between steps only
    bus_memory [3:0]             number of the memory, see the folder {image}
    bus_address [23:0]           32-bit beat in it
    bus_write, bus_data [31:0]   1 writes bus_data, 0 reads
  read_valid, read_ready         one transfer for each read, in order
    read_data [31:0]

All memories have their initial content. Before the first step, and to begin again, ask for a
step with run_reset, wait for its result, and write what {image}/initial_state.txt lists. Inputs
are written as bit planes to memory {planes}.
"""


def write_generic(
    program: Program, verilog: str, divisor: int, clock_hz: float, work: Path
) -> None:
    """Write both forms of Verilog and the image into the folder of a build.

    Parameters
    ----------
    verilog : of the core with its serial port
    divisor : cycles of each bit there
    """
    planes = int(MemoryId.PLANES)
    uart = _UART.format(clock_mhz=clock_hz / 1e6, baud=clock_hz / divisor, divisor=divisor)
    stream = _STREAM.format(image=IMAGE, planes=planes, flags=program.config.flags - 1)
    core = PlainCore(program.config, program.image)
    (work / VERILOG / "top.v").write_text(_comment(uart) + verilog, encoding="utf-8")
    (work / VERILOG / "core.v").write_text(
        _comment(stream) + to_verilog(core, "core"), encoding="utf-8"
    )
    _write_image(program, work / IMAGE)


def _comment(text: str) -> str:
    head = f"Made by nef2hw {__version__}. No primitive of any vendor is used.\n\n"
    return "".join(f"// {line}".rstrip() + "\n" for line in (head + text).splitlines()) + "\n"


def _write_image(program: Program, folder: Path) -> None:
    """Write the beats of each memory as hexadecimal text, in the order of the bus.

    Between words of more beats than a power of two lie beats that hold nothing, as zeros.
    """
    folder.mkdir()
    for memory in IMAGE_MEMORIES:
        shape, beats = program.config.memories[memory], program.image.beats[memory]
        unused = "00000000\n" * (shape.stride - shape.beats)
        lines = ("".join(f"{beat:08x}\n" for beat in word) + unused for word in beats)
        (folder / f"{memory.value}_{memory.name.lower()}.hex").write_text(
            "".join(lines), encoding="utf-8"
        )
    (folder / "initial_state.txt").write_text("".join(_initial_state(program)), encoding="utf-8")


def _initial_state(program: Program) -> Iterator[str]:
    """Lines of memory, address and beat, hexadecimal: what is not zero after a reset."""
    for memory, words in program.image.initial_state.items():
        shape = program.config.memories[memory]
        for address, word in words:
            for k, beat in enumerate(words_to_beats([word], shape)[0]):
                yield f"{memory.value:x} {address * shape.stride + k:06x} {beat:08x}\n"
