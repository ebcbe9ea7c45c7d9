"""Linear maps by rows, against whole matrices."""

import numpy as np
import pytest

from nef2hw.frontends.nengo.blocks import Block, compact, identity

RNG = np.random.default_rng(0)


def dense(block):
    matrix = np.zeros((block.size, block.matrix.shape[1]))
    matrix[block.rows] = block.matrix
    return matrix


def some_block(size=6, rows=(1, 2, 5), n=3):
    return Block(size, np.array(rows), RNG.normal(size=(len(rows), n)))


def test_taking_rows_is_indexing():
    block = some_block()
    for indices in ([5, 0, 2, 2], [0, 3], list(range(6))):
        np.testing.assert_array_equal(dense(block.take(np.array(indices))), dense(block)[indices])


@pytest.mark.parametrize("shape", [(), (6,), (4, 6)])
def test_transforms_are_products(shape):
    block, transform = some_block(), RNG.normal(size=shape)
    whole = np.diag(transform * np.ones(6)) if transform.ndim < 2 else transform
    np.testing.assert_allclose(dense(block.transformed(transform)), whole @ dense(block))


def test_rows_put_in_the_same_place_are_added():
    block = some_block()
    expected = np.zeros((4, 3))
    np.add.at(expected, [3, 0, 3, 1, 1, 0], dense(block))
    np.testing.assert_array_equal(dense(block.placed(np.array([3, 0, 3, 1, 1, 0]), 4)), expected)


def test_a_sum_has_the_rows_of_both():
    one, other = some_block(), some_block(rows=(0, 2))
    np.testing.assert_array_equal(dense(one.plus(other)), dense(one) + dense(other))


def test_zeros_are_trimmed():
    block = Block(3, np.array([0, 2]), np.array([[0.0, 0.0], [0.0, 1.0]]))
    assert block.trimmed().rows.tolist() == [2]
    np.testing.assert_array_equal(dense(identity(2)), np.eye(2))


def test_matrices_are_written_as_short_as_may_be():
    assert compact(np.eye(3)) is None
    assert compact(3 * np.eye(2)).shape == ()
    np.testing.assert_array_equal(compact(np.diag([1.0, 2.0])), [1, 2])
    np.testing.assert_array_equal(compact(np.diag([1.0, 0.0])), [1, 0])
    for full in (np.ones((2, 2)), np.ones((1, 2)), np.array([[1.0, 1e-9], [0, 1]])):
        np.testing.assert_array_equal(compact(full), full)
