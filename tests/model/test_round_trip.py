"""What is saved is what is loaded, whatever the network."""

import dataclasses

import numpy as np
from hypothesis import HealthCheck, given, settings

from nef2hw.model.npz import load_model, model_arrays
from nef2hw.model.parse import parse_model
from tests.model.strategies import networks


def assert_same(one, other, place="network"):
    """Compare dataclasses, tuples and arrays, types and all."""
    assert type(one) is type(other), place
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            name = field.name
            assert_same(getattr(one, name), getattr(other, name), f"{place}.{name}")
    elif isinstance(one, tuple):
        assert len(one) == len(other), place
        for k, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{place}[{k}]")
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), place
        np.testing.assert_array_equal(one, other, err_msg=place)
    else:
        assert one == other, place


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_arrays_of_a_network_are_read_as_the_same_network(network):
    assert_same(parse_model(model_arrays(network)), network)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(networks())
def test_a_saved_network_is_loaded_the_same(tmp_path, network):
    network.save(tmp_path / "model.npz")
    assert_same(load_model(tmp_path / "model.npz"), network)
