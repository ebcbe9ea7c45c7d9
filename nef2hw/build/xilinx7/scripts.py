"""Scripts that build a bitstream by hand, where nef2hw found no toolchain or shall not use it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from string import Template

from nef2hw.build.families.family import SEED
from nef2hw.build.xilinx7.part import Part
from nef2hw.build.xilinx7.steps import (
    ALLOW_SLOW,
    BITSTREAM,
    CHIP,
    DATABASE,
    Step,
    pack_steps,
    place_himbaechel,
    place_xilinx,
)

OPEN_SCRIPT = "build_open.sh"
VIVADO_SCRIPT = "build_vivado.tcl"

_OPEN = Template(
    """\
#!/bin/sh
# Builds $bitstream for the $title with open tools:
#   yosys; nextpnr-xilinx or nextpnr-himbaechel; fasm2frames and xc7frames2bit of prjxray.
#
# Each is taken from PATH, or from the variable of its name: YOSYS, NEXTPNR_XILINX and so on.
#   $database  folder of prjxray's database; $folder is in it
#   $chip          for nextpnr-xilinx: its database of the chip, $package.bin
#   SEED            of the placement, 1 by default
set -eu
cd "$$(dirname "$$0")"
: "$${SEED:=1}"
$defaults

fail() {
    echo "$script: $$*" >&2
    exit 1
}

need() {
    command -v "$$1" >/dev/null || fail "$$1 was not found"
}

need "$$YOSYS"
"$$YOSYS" -q -l synthesize.log top.ys
[ "$${1:-}" = synthesize ] && exit 0

[ -d "$${$database:-}/$folder" ] || fail "set $database to the folder that holds $folder"
need "$$FASM2FRAMES"
need "$$XC7FRAMES2BIT"
rm -f $bitstream
if command -v "$$NEXTPNR_XILINX" >/dev/null && [ -f "$${$chip:-}" ]; then
    $xilinx
else
    command -v "$$NEXTPNR_HIMBAECHEL" >/dev/null ||
        fail "needs nextpnr-himbaechel, or nextpnr-xilinx with $chip set to $package.bin"
    $himbaechel
fi
$pack
mv $bitstream.new $bitstream
echo "built $bitstream"
"""
)

_VIVADO = Template(
    """\
# Builds $bitstream for the $title:
#   vivado -mode batch -source $script
cd [file dirname [file normalize [info script]]]
file delete $bitstream
read_verilog top.v
read_xdc top.xdc
synth_design -top top -part $part
opt_design
place_design
phys_opt_design
route_design
report_utilization -file utilization.rpt
report_timing_summary -file timing.rpt
set slack_ns [get_property SLACK [get_timing_paths -delay_type max]]
set out [open slack_ns.txt w]
puts $$out $$slack_ns
close $$out
if {$$slack_ns < 0} {
    error "timing is not met: the slack is $$slack_ns ns"
}
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
write_bitstream -force new.bit
file rename -force new.bit $bitstream
puts "built $bitstream"
"""
)


def open_script(title: str, part: Part) -> str:
    """The shell script for open tools; with argument ``synthesize`` it stops after yosys."""
    placers = (place_xilinx(part), place_himbaechel(part))
    packers = pack_steps(part)
    tools = ("yosys", *(step.tool for step in (*placers, *packers)))
    return _OPEN.substitute(
        title=title,
        script=OPEN_SCRIPT,
        bitstream=BITSTREAM,
        folder=part.folder,
        package=part.package_name,
        database=DATABASE,
        chip=CHIP,
        defaults="\n".join(f': "${{{_variable(tool)}:={tool}}}"' for tool in tools),
        xilinx=_line(placers[0]),
        himbaechel=_line(placers[1]),
        pack="\n".join(_lines(packers)),
    )


def _variable(tool: str) -> str:
    return tool.upper().replace("-", "_")


def _line(step: Step) -> str:
    strict = (argument for argument in step.arguments if argument != ALLOW_SLOW)
    arguments = " ".join(_quote(argument) for argument in strict)
    return f'"${_variable(step.tool)}" {arguments}'


def _lines(steps: Iterable[Step]) -> Iterable[str]:
    """Commands that make the bitstream under another name first."""
    return (re.sub(rf"\b{re.escape(BITSTREAM)}$", f"{BITSTREAM}.new", _line(s)) for s in steps)


def _quote(argument: str) -> str:
    """Quote for the shell, which is to put in the variables and the seed."""
    if argument == SEED:
        return '"$SEED"'
    return f'"{argument}"' if "${" in argument else shlex.quote(argument)


def vivado_script(title: str, part: Part) -> str:
    """The batch script for Vivado."""
    return _VIVADO.substitute(
        title=title, script=VIVADO_SCRIPT, bitstream=BITSTREAM, part=part.vivado
    )
