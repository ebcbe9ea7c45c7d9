"""Stand-ins for the tools that place 7-series designs: they check their files and make others."""

import os
from pathlib import Path

TOOLS = {
    "yosys": "for last; do :; done; test -f $last && touch top.json",
    "nextpnr-xilinx": """
while [ $# -gt 0 ]; do
    case $1 in
        --chipdb | --xdc | --json) test -f "$2" || exit 3 ;;
        --fasm) echo placed >"$2" ;;
        --seed) seed=$2 ;;
        --log)
            echo "Info: Max frequency for clock 'clk': ${seed}0.00 MHz (PASS at 25.00 MHz)" >"$2" ;;
    esac
    shift
done""",
    "nextpnr-himbaechel": """
[ "$1" = --list-uarch ] && echo "gowin $UARCHS" && exit 0
while [ $# -gt 0 ]; do
    case $1 in
        xdc=*) test -f "${1#xdc=}" || exit 3 ;;
        fasm=*) echo placed >"${1#fasm=}" ;;
        --log) echo "Info: Max frequency for clock 'clk': 60.00 MHz (PASS at 25.00 MHz)" >"$2" ;;
    esac
    shift
done""",
    "fasm2frames": 'test -d "$4" && grep -q placed "$5" && echo framed >"$6"',
    "xc7frames2bit": 'test -f "$2" && grep -q framed "$6" && echo bits >"$8"',
    "vivado": """
while [ $# -gt 0 ]; do
    [ "$1" = -source ] && test -f "$2" && echo bits >top.bit && echo "$SLACK" >slack_ns.txt
    shift
done""",
}


def install(folder: Path, *names: str) -> None:
    """Write the tools of those names into ``folder``."""
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{TOOLS[name]}\n")
        path.chmod(0o755)


def database(folder: Path, part: str = "xc7a35tcsg324-1") -> Path:
    """Make a folder that looks like prjxray's database."""
    (folder / "artix7" / part).mkdir(parents=True)
    (folder / "artix7" / part / "part.yaml").touch()
    return folder


def search_path(folder: Path) -> str:
    """PATH with ``folder`` first and nothing but the system's own commands after it."""
    return os.pathsep.join([str(folder), "/usr/bin", "/bin"])
