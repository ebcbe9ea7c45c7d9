"""The estimate agrees with every synthesis that was measured."""

import json
from pathlib import Path

import pytest

from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.model import coefficients, estimate
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Formats

MEASURED = Path(__file__).parents[3] / "benchmarks" / "measured"
#: Resources that are counted; the others are fitted.
EXACT = ("block_rams", "dsp", "spram_bits")


def records(family):
    return json.loads((MEASURED / f"{family}.json").read_text())


def config_of(record):
    values = record["config"]
    return CoreConfig(**{**values, "formats": Formats(**values["formats"])})


CASES = [
    pytest.param(family, record, id=f"{family}-{name}")
    for family in RULES
    for name, record in records(family).items()
]


@pytest.mark.parametrize("family", RULES)
def test_cores_of_all_kinds_were_measured(family):
    configs = [config_of(record) for record in records(family).values()]
    assert len(configs) >= 12
    assert min(c.lanes for c in configs) <= 2
    assert max(c.lanes for c in configs) >= 16
    for option in ("coupled", "counting", "integrating", "subtracting"):
        assert {getattr(c, option) for c in configs} == {False, True}, option
    assert len({(c.neuron_lanes, c.neuron_interval) for c in configs}) >= 3


@pytest.mark.parametrize(("family", "record"), CASES)
def test_logic_is_estimated_within_a_fifth(family, record):
    found = estimate(config_of(record), family)
    for name in coefficients()[family]:
        assert found[name] == pytest.approx(record["used"][name], rel=0.2), name


@pytest.mark.parametrize(("family", "record"), CASES)
def test_memories_and_multipliers_are_counted_exactly(family, record):
    found = estimate(config_of(record), family)
    exact = {name: count for name, count in record["used"].items() if name in EXACT}
    assert {name: found[name] for name in exact} == exact


@pytest.mark.parametrize("family", RULES)
def test_every_resource_that_was_measured_is_estimated(family):
    for record in records(family).values():
        assert set(estimate(config_of(record), family)) == set(record["used"])
