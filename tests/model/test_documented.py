"""The document of the model file names every key."""

from pathlib import Path

import pytest

from nef2hw.model.schema import FIELDS, NEURON_FIELDS, SYNAPSE_FIELDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "model-format.md"
SHARED = {*NEURON_FIELDS, *SYNAPSE_FIELDS}


@pytest.mark.parametrize("section", FIELDS)
def test_every_key_of_a_section_has_a_row(section):
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{section}/")]
    named = "".join(row.split("|")[1] for row in rows)
    own = [field for field in FIELDS[section] if field not in SHARED]
    assert [field for field in own if f"/{field}`" not in named] == []


def test_every_key_of_neurons_and_synapses_has_a_row():
    rows = [line.split("|")[1].strip() for line in DOCUMENT.read_text().splitlines() if "|" in line]
    assert {field for field in SHARED if f"`{field}`" not in rows} == set()
