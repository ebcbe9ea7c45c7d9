"""What nef2hw knows of a family of devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nef2hw.build.contents.routed import Refilling
from nef2hw.build.pll.settings import Pll

#: Name of the top module, and of the files that the tools make of it.
TOP = "top"
STATISTICS = f"{TOP}.stat.json"
REPORT = f"{TOP}.pnr.json"

#: Stands in the command of a placer for the seed.
SEED = "{seed}"
#: Likewise, for the options of the router.
ROUTER = "{router}"
#: Options of nextpnr.
PLACEMENT = f"--report {REPORT} --timing-allow-fail --seed {SEED}"

#: No word is read for use in the cycle in which it is written (a test holds that). Without this,
#: yosys adds registers and a comparator to every block RAM to give what was there before.
ANY_DATA_AT_COLLISION = (
    "setparam -set COLLISION_X_MASK 1'1 t:$memrd_v2 r:TRANSPARENCY_MASK=1'0 %i r:CLK_ENABLE=1 %i"
)

#: Registers that are marked so are left alone, though others hold the same.
KEEP_COPIES = "setattr -set keep 1 a:keep %ci1 t:$*dff* %i"
#: Commands of yosys between reading and synthesis.
AFTER_READ = f"{ANY_DATA_AT_COLLISION}\n{KEEP_COPIES}"

Toolchain = Literal["nextpnr", "xilinx7"]


def unchanged(platform: type) -> type:
    """Return Amaranth's platform as it is."""
    return platform


@dataclass(frozen=True)
class Flow:
    """The files and tools between a design and its bitstream."""

    synthesis: Mapping[str, str]  #: overrides of the platform's synthesis, by name
    constraints: str  #: constraint file that the platform writes
    netlist: str
    tools: tuple[str, ...]  #: synthesis, placement, packing
    routed: str = ""
    placed: str = f"{TOP}.placed.json"  #: the netlist, with the place of each cell
    bitstream: str = f"{TOP}.bit"
    placement: str = PLACEMENT  #: options of the placer
    routers: tuple[str, ...] = ("",)  #: its options at `ROUTER`, others if a route has no end
    toolchain: Toolchain = "nextpnr"
    placers: tuple[tuple[str, ...], ...] = ()  #: other tools after synthesis, any of these sets

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """Sets of tools of which each makes a bitstream, the preferred one first."""
        return tuple((*self.tools, *placer) for placer in self.placers) or (self.tools,)


@dataclass(frozen=True)
class Family:
    """One family of devices."""

    name: str
    title: str
    platform: str  #: "module:Class" of Amaranth's platform for boards that have none of their own
    cells: Mapping[str, Mapping[str, int]]  #: cells that count for a resource; * ends a prefix
    flow: Flow | None  #: None: Verilog is all that is made
    placed: Mapping[str, str] = field(default_factory=dict)  #: nextpnr's names of resources
    pll: Pll | None = None
    refilling: Refilling | None = None  #: None: another image needs another placement
    receive_bytes: int = 512  #: buffer of the link: what a host may send ahead of the answers
    adapt: Callable[[Any], Any] = unchanged  #: changes a class of platforms to fit the flow
