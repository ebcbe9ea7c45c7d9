"""What placers print is told in a few words."""

from nef2hw.build.progress import PlacementProgress

PRINTED = """
Info: Packing constants..
Info: Packing LUTs...
Info: Creating initial analytic placement for 3646 cells, random placement wirelen = 108574.
Info: Running main analytical placer, max placement attempts per cell = 2372931.
Info: Max frequency for clock 'cd_sync.clk': 23.72 MHz (PASS at 12.00 MHz)
Info: Routing..
Info: Routing 13147 arcs.
Info: Max frequency for clock 'cd_sync.clk': 23.52 MHz (PASS at 12.00 MHz)
"""


def test_each_phase_is_told_once_with_the_clock_that_is_known():
    told = []
    progress = PlacementProgress(told.append, "seed 3")
    for line in PRINTED.splitlines():
        progress(line)
    assert told == ["seed 3: packing", "seed 3: placing", "seed 3: routing, 23.7 MHz by now"]
