"""No family: Verilog for a device that nef2hw does not know."""

from __future__ import annotations

from nef2hw.build.families.family import Family

VERILOG = Family(name="verilog", title="any", platform="", cells={}, flow=None)
