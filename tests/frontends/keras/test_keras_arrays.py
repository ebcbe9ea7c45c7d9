"""Arrays without a description: which of them are which layer, and when that is not clear."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.keras import import_keras
from nef2hw.frontends.keras.contents import Contents, LayerArrays
from nef2hw.frontends.keras.readings import readings
from nef2hw.frontends.keras.stack import plan_of_arrays
from nef2hw.frontends.layers.records import Dense

RNG = np.random.default_rng(6)


def some(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


def plain(*shapes):
    """Arrays as ``np.savez(path, *arrays)`` names them."""
    layers = [
        LayerArrays(f"arr_{k}", None, {f"arr_{k}": array}) for k, array in enumerate(some(*shapes))
    ]
    return Contents(tuple(layers), "arrays")


def grouped(origin, **layers):
    found = [
        LayerArrays(key, None, {f"{key}/{k}": a for k, a in enumerate(some(*shapes))})
        for key, shapes in layers.items()
    ]
    return Contents(tuple(found), origin)


def chains(contents, readout=True):
    return [[dense.kernel[0] for dense in found.dense] for found in readings(contents, readout)]


K = ((6, 5), (5,), (5, 3), (3,))


@pytest.mark.parametrize(
    ("shapes", "kernels"),
    [
        (K, ["arr_0", "arr_2"]),
        (((6, 5), (5, 3), (3,)), ["arr_0", "arr_1"]),
        (((4, 4), (4, 4)), ["arr_0", "arr_1"]),
        (((4, 4), (4,), (4, 4), (4,)), ["arr_0", "arr_2"]),
        # NengoDL with Keras layers: biases of all neurons come first, in one array or more.
        (((5,), *K), ["arr_1", "arr_3"]),
        (((5,), (4,), (6, 5), (5, 4), (4,), (4, 3)), ["arr_2", "arr_3", "arr_5"]),
        # NengoDL with Nengo's connections: (n_out, n_in), in any order, biases anywhere.
        (((3, 5), (5, 6), (5,)), ["arr_1", "arr_0"]),
        (((5, 6), (5,), (3, 5), (3, 1)), ["arr_0", "arr_2"]),
        (((7, 5), (5, 6), (3, 7), (3, 1), (12,)), ["arr_1", "arr_0", "arr_2"]),
    ],
)
def test_arrays_are_understood_by_their_shapes(shapes, kernels):
    assert chains(plain(*shapes)) == [kernels]


@pytest.mark.parametrize(
    "shapes",
    [
        (),
        ((5,),),
        ((6, 5), (4,)),
        ((6, 5), (4, 3)),
        ((6, 5), (5,), (5,), (5, 3)),
        ((3, 3, 1, 8), (8,)),
        ((4,), (6, 5), (5, 3)),
        ((5, 6), (3, 5)),
        ((5, 6), (3, 5), (4,)),
        # Two kernels of the same shape, of which nobody knows which is first.
        ((4, 4), (4, 4), (3, 4), (8,)),
        # Keras's second kernel without bias, or NengoDL's biases of the first neurons.
        ((4, 4), (4, 4), (4,)),
        # More than are searched for.
        (*((k + 1, k) for k in range(1, 10)), (44,)),
    ],
)
def test_arrays_that_are_not_clear_are_refused_with_a_list_of_them(shapes):
    with pytest.raises(
        ModelError, match=r"the arrays make a chain of Dense layers in .* way: "
    ) as e:
        plan_of_arrays(plain(*shapes), None, True)
    for k, shape in enumerate(shapes):
        assert f"arr_{k} {shape}" in str(e.value)
    assert "no arrays" in str(e.value) or shapes
    assert "arrays=[('name', 'name'), ...]; of a network of NengoDL, sim.freeze_params" in str(
        e.value
    )


def test_biases_that_are_no_numbers_are_no_biases():
    texts = LayerArrays("t", None, {"t": np.full(9, "a")})
    shapes = plain((6, 5), (5, 4), (4, 3))
    assert readings(Contents((texts, *shapes.layers), "arrays"), True) == []


def test_layers_in_no_known_order_are_put_in_order_by_their_sizes():
    shuffled = grouped("unordered layers", b=[(5, 3), (3,)], a=[(6, 5), (5,)])
    assert chains(shuffled) == [["a/0", "b/0"]]


@pytest.mark.parametrize(
    "layers",
    [
        {"a": [(4, 4)], "b": [(4, 4)]},
        {"a": [(4, 3)], "b": [(4, 3)]},
    ],
)
def test_layers_whose_order_is_not_clear_are_refused(layers):
    with pytest.raises(ModelError, match=r"way: a/0 \(4, .\), b/0 .*or name kernel .*\.\.\.\]$"):
        plan_of_arrays(grouped("unordered layers", **layers), None, True)


def test_the_order_of_many_layers_is_not_searched_for():
    layers = {f"d{k}": [(k + 2, k + 1)] for k in range(9)}
    with pytest.raises(ModelError, match="in an order that is searched for 8 layers at most: d0/"):
        plan_of_arrays(grouped("unordered layers", **layers), None, True)


@pytest.mark.parametrize("shapes", [[(4,)] * 4, [(3, 3, 2, 8), (8,)], [(6, 5), (6,)], [(6, 5)] * 3])
def test_layers_that_are_not_dense_are_refused(shapes):
    with pytest.raises(
        ModelError, match=r"in no way: .*save the whole model with model.save\('model"
    ):
        plan_of_arrays(grouped("layers", a=[(6, 5), (5,)], odd=shapes), None, True)


def test_layers_in_order_that_do_not_chain_name_both(tmp_path):
    np.savez(tmp_path / "w.npz", first=np.ones((6, 5)), second=np.ones((4, 3)))
    with pytest.raises(ModelError, match=r"w.npz: first gives 5 values, but second takes 4$"):
        import_keras(tmp_path / "w.npz", arrays=["first", "second"])


def test_without_a_readout_the_last_layer_has_neurons_too(tmp_path):
    np.savez(tmp_path / "w.npz", *some(*K))
    network = import_keras(tmp_path / "w.npz", readout=False)
    assert [ensemble.n_neurons for ensemble in network.ensembles] == [5, 3]
    assert "they stand after every layer" in " ".join(network.notes)


def test_a_single_layer_is_no_readout(tmp_path):
    np.savez(tmp_path / "w.npz", np.ones((3, 2)))
    with pytest.raises(
        ModelError, match=r"arr_0 has no neurons after it, expected Lif\(\) or others"
    ):
        import_keras(tmp_path / "w.npz")
    assert len(import_keras(tmp_path / "w.npz", readout=False).ensembles) == 1


def test_names_say_what_shapes_leave_open():
    given = plain((4, 4), (4,), (4, 4), (4,))
    plan = plan_of_arrays(given, [("arr_2", "arr_1"), "arr_0"], True)
    first, _, last = (step for _, step in plan.steps)
    assert isinstance(first, Dense)
    np.testing.assert_array_equal(first.kernel, given.arrays["arr_2"])
    np.testing.assert_array_equal(first.bias, given.arrays["arr_1"])
    assert last.bias is None
    assert plan.notes[0] == "arr_2: kernel is arr_2 (4, 4), bias is arr_1 (4,)"
    assert "not used: arr_3 (4,)" in plan.notes


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([], r"arrays is \[\], expected \[\('kernel', 'bias'\), ...\]"),
        ("arr_0", r"arrays is 'arr_0', expected \[\('kernel', 'bias'\)"),
        (3, "arrays is 3, expected"),
        (
            [("arr_0", "arr_1", "arr_2")],
            r"arrays\[0\] is \('arr_0', 'arr_1', 'arr_2'\), expected the name of",
        ),
        (["arr_0", 5], r"arrays\[1\] is 5, expected the name of a kernel, or those of"),
        (["arr_0", (5,)], r"arrays\[1\] names 5, expected one of arr_0"),
        (
            ["arr_0", "ar_2"],
            r"arrays\[1\] names 'ar_2', expected one of arr_0 \(6, 5\), .*; did you mean 'arr_2'",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused(chosen, message):
    with pytest.raises(ModelError, match=message):
        plan_of_arrays(plain(*K), chosen, True)


def test_many_arrays_and_odd_names_are_listed_short(tmp_path):
    np.savez(tmp_path / "w.npz", **{f"{k}\n\x1b[31m{'x' * 300}": np.ones(1) for k in range(30)})
    with pytest.raises(ModelError, match=r"and 6 more; save the whole") as caught:
        import_keras(tmp_path / "w.npz")
    assert len(caught.value.problems) == 1
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 3000


def test_notes_fit_into_a_model_file(tmp_path):
    np.savez(tmp_path / "w.npz", *some(*[(2, 2)] * 70))
    network = import_keras(tmp_path / "w.npz")
    assert len(network.notes) == 64
    assert network.notes[-1] == "9 more notes do not fit"
    network.save(tmp_path / "model.npz")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.full((6, 5), np.nan), "arr_0.kernel holds nan, expected finite numbers"),
        (np.full((6, 5), "a"), "arr_0.kernel has dtype <U1, expected numbers"),
        (np.ones((6, 5), bool), "arr_0.kernel has dtype bool, expected numbers"),
        (np.ones((6, 5), complex), "arr_0.kernel has dtype complex128, expected numbers"),
    ],
)
def test_arrays_of_other_things_than_numbers_are_refused(tmp_path, bad, message):
    np.savez(tmp_path / "w.npz", bad, *some((5, 3)))
    with pytest.raises(ModelError, match=message):
        import_keras(tmp_path / "w.npz")
