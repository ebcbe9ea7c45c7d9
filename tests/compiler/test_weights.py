"""Weights of what is between two ends, and how much memory they may take."""

import tracemalloc

import numpy as np
import pytest

from nef2hw.compiler.weights import MAX_WEIGHTS, transformed
from nef2hw.errors import ModelError

N_PRE = 6
ROWS = [None, np.array([4, 0]), np.array([2, 2]), np.arange(N_PRE)]
DECODERS = np.random.default_rng(0).normal(size=(N_PRE, 9))


def transforms(size):
    rng = np.random.default_rng(1)
    return [None, np.array(0.5), rng.normal(size=size), rng.normal(size=(3, size))]


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("decoders", [None, DECODERS])
@pytest.mark.parametrize("kind", range(4))
def test_it_is_the_product_of_transform_slice_and_decoders(rows, decoders, kind):
    size = N_PRE if rows is None else len(rows)
    transform = transforms(size)[kind]
    whole = np.eye(N_PRE) if decoders is None else decoders
    selection = np.eye(N_PRE)[slice(None) if rows is None else rows]
    matrix = np.eye(size) if transform is None else transform
    if matrix.ndim < 2:
        matrix = np.eye(size) * matrix
    found = transformed("c", decoders, transform, rows, whole.shape[1])
    np.testing.assert_allclose(found, matrix @ selection @ whole, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("transform", [None, np.array(2.0), np.ones((3, 1))])
def test_a_slice_of_a_huge_input_takes_memory_for_the_slice_alone(transform):
    tracemalloc.start()
    found = transformed("c", None, transform, np.array([7]), 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found[:, 7].all()
    assert np.count_nonzero(found) == len(found)
    assert peak < 3 * found.nbytes + 100_000


@pytest.mark.parametrize("transform", [None, np.ones((1 << 15, 1))])
def test_more_weights_than_the_limit_are_refused(transform):
    rows = None if transform is None else np.array([0])
    with pytest.raises(
        ModelError, match=rf"^c joins \d+ to \d+, \d+ weights; the limit is {MAX_WEIGHTS}"
    ):
        transformed("c", None, transform, rows, 1 << 15)
