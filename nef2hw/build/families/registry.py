"""All families, by name."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.ecp5 import ECP5
from nef2hw.build.families.family import Family
from nef2hw.build.families.gowin import GOWIN
from nef2hw.build.families.ice40 import ICE40
from nef2hw.build.families.verilog import VERILOG
from nef2hw.build.families.xilinx7 import XILINX7

FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (ECP5, ICE40, GOWIN, XILINX7, VERILOG)
}


def family_of(board: BoardSpec) -> Family:
    """The family of ``board``'s device."""
    return FAMILIES[board.family]
