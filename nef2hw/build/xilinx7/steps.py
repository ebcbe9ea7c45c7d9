"""The steps from a netlist to a bitstream with open tools: run by nef2hw, or by a shell script."""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.build.families.family import SEED, TOP
from nef2hw.build.xilinx7.part import Part

#: Folder of prjxray's database, with artix7 and so on in it.
DATABASE = "PRJXRAY_DB_DIR"
#: File with nextpnr-xilinx's database of the chip.
CHIP = "CHIPDB"

#: Lets nextpnr end well when the clock is missed, for the caller to judge.
ALLOW_SLOW = "--timing-allow-fail"

ROUTED = f"{TOP}.fasm"
FRAMES = f"{TOP}.frames"
BITSTREAM = f"{TOP}.bit"


@dataclass(frozen=True)
class Step:
    """One call of a tool; ``${NAME}`` in an argument stands for a variable."""

    stage: str
    tool: str
    arguments: tuple[str, ...]
    makes: tuple[str, ...]


def place_xilinx(part: Part) -> Step:
    """Place and route with nextpnr-xilinx."""
    files = ("--chipdb", f"${{{CHIP}}}", "--xdc", f"{TOP}.xdc", "--json", f"{TOP}.json")
    arguments = (*files, "--fasm", ROUTED, *_common(part))
    return Step("place", "nextpnr-xilinx", arguments, (ROUTED,))


def place_himbaechel(part: Part) -> Step:
    """Place and route with nextpnr-himbaechel."""
    files = ("--device", part.prjxray, "--json", f"{TOP}.json", "-o", f"xdc={TOP}.xdc")
    arguments = (*files, "-o", f"fasm={ROUTED}", *_common(part))
    return Step("place", "nextpnr-himbaechel", arguments, (ROUTED,))


def _common(part: Part) -> tuple[str, ...]:
    clock_mhz = f"{part.clock_hz / 1e6:g}"
    return ("--freq", clock_mhz, "--seed", SEED, ALLOW_SLOW, "--log", f"{TOP}.tim")


def pack_steps(part: Part) -> tuple[Step, ...]:
    """Turn what nextpnr placed into frames, and those into a bitstream."""
    database = f"${{{DATABASE}}}/{part.folder}"
    named = ("--part_file", f"{database}/{part.prjxray}/part.yaml", "--part_name", part.prjxray)
    files = ("--frm_file", FRAMES, "--output_file", BITSTREAM)
    return (
        Step(
            "frames",
            "fasm2frames",
            ("--part", part.prjxray, "--db-root", database, ROUTED, FRAMES),
            (FRAMES,),
        ),
        Step("pack", "xc7frames2bit", (*named, *files), (BITSTREAM,)),
    )
