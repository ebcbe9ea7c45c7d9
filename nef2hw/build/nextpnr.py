"""Reading what nextpnr reports of a placed and routed design."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.build.resources import Usage
from nef2hw.errors import ToolError


@dataclass(frozen=True)
class Hop:
    """One step of a critical path."""

    kind: str  #: "logic", "routing", "setup", ...
    delay_ns: float
    source: str  #: cell the signal leaves
    sink: str  #: cell it reaches


@dataclass(frozen=True)
class Timing:
    """The clock that a placed design reaches."""

    achieved_hz: float
    asked_hz: float
    critical_path: tuple[Hop, ...]

    @property
    def met(self) -> bool:
        """Whether the design runs at the clock asked for."""
        return self.achieved_hz >= self.asked_hz


@dataclass(frozen=True)
class PlacementReport:
    """Timing of the slowest clock, and the cells used."""

    timing: Timing
    cells: Mapping[str, Usage]


def read_report(path: Path) -> PlacementReport:
    """Read the file that nextpnr wrote for ``--report``.

    Raises
    ------
    ToolError
        The file is no such report, or has no clock.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        clocks = {name: (c["achieved"], c["constraint"]) for name, c in found["fmax"].items()}
        cells = {
            name: Usage(entry["used"], entry["available"])
            for name, entry in found["utilization"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path} is not a report of nextpnr ({error!r}); build again") from error
    if not clocks:
        raise ToolError(f"{path} names no clock: the design has no clocked logic")
    slowest = min(clocks, key=lambda name: clocks[name][0] / clocks[name][1])
    achieved_mhz, asked_mhz = clocks[slowest]
    hops = _critical_path(found.get("critical_paths", []), slowest)
    return PlacementReport(Timing(achieved_mhz * 1e6, asked_mhz * 1e6, hops), cells)


def read_log(path: Path) -> Timing:
    """Read the clocks from a log of nextpnr, for placers that write no report.

    Raises
    ------
    ToolError
        The log names no clock.
    """
    found = re.findall(
        r"Max frequency for clock\s+'([^']+)':\s*([\d.]+) MHz \(\w+ at ([\d.]+) MHz\)",
        path.read_text(encoding="utf-8", errors="replace"),
    )
    clocks = {name: (float(achieved), float(asked)) for name, achieved, asked in found}
    if not clocks:
        raise ToolError(f"{path} names no clock: the design has no clocked logic")
    achieved_mhz, asked_mhz = min(clocks.values(), key=lambda clock: clock[0] / clock[1])
    return Timing(achieved_mhz * 1e6, asked_mhz * 1e6, ())


def overflows(log: str) -> dict[str, Usage]:
    """Return the cells of which a log of nextpnr counts more than there are."""
    counted = re.findall(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", log, re.MULTILINE)
    found = {name: Usage(int(used), int(present)) for name, used, present in counted}
    return {name: usage for name, usage in found.items() if usage.used > usage.present}


def _critical_path(paths: list[dict[str, Any]], clock: str) -> tuple[Hop, ...]:
    edge = f"posedge {clock}"
    for path in paths:
        if path.get("from") == edge and path.get("to") == edge:
            return tuple(
                Hop(
                    kind=hop.get("type", ""),
                    delay_ns=hop.get("delay", 0.0),
                    source=hop.get("from", {}).get("cell", ""),
                    sink=hop.get("to", {}).get("cell", ""),
                )
                for hop in path.get("path", [])
            )
    return ()
