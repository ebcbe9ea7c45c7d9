"""The benchmark fits what is stored, and measures cores of all kinds."""

import pytest

from tests.benchmark_scripts import run_benchmark

pytest.importorskip("scipy")

#: Prints by how much the estimates of a new fit differ from those of the stored one, at most.
REFIT = """
import resources
from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.model import coefficients, estimate

for family in RULES:
    records = list(resources.load_measured(family).values())
    fits = [resources.fit(records, family, resources.other_family(family)), coefficients()[family]]
    for record in records:
        config = resources.config_of(record)
        new, stored = (estimate(config, family, fitted) for fitted in fits)
        print(max(abs(new[name] / stored[name] - 1) for name in fits[1]))
"""

DESIGNS = """
from resource_designs import designs_for
for family in ("ecp5", "ice40", "gowin", "xilinx7"):
    configs = [design.config() for design in designs_for(family)]
    print(len(configs) - len(set(configs)), max(config.lanes for config in configs))
"""

TABLE = """
import resources
records = dict(list(resources.load_measured("ice40").items())[:8])
print("\\n".join(resources.table(records, "ice40", resources.fit(list(records.values()), "ice40"))))
"""


def test_the_coefficients_are_those_that_the_measured_cores_give():
    assert max(map(float, run_benchmark("-c", REFIT).split())) < 0.01


def test_the_cores_to_measure_are_all_different_and_of_all_sizes():
    assert run_benchmark("-c", DESIGNS).split() == ["0", "128", "0", "16", "0", "32", "0", "32"]


def test_the_errors_of_the_fit_are_printed_core_by_core():
    lines = run_benchmark("-c", TABLE).splitlines()
    assert lines[0].startswith("| ice40 | lut | fit | left out | ff | fit | left out | logic_cells")
    assert len(lines) == 2 + 8 + 2
    assert all(line.endswith("| exact |") for line in lines[2:10])
    assert lines[-1].startswith("| most | | ")
