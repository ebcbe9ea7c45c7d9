"""Convolutions and pooling become weights, where that is wanted and they are small."""

from itertools import pairwise

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.sim.reference import simulate_reference

nir = pytest.importorskip("nir")

from nef2hw.frontends.nir import from_nir  # noqa: E402
from tests.frontends.nir.graphs import lif  # noqa: E402

DT = 1e-3


def rng():
    return np.random.default_rng(3)


def conv(weight, bias=None, shape=None, stride=1, padding=0, dilation=1, groups=1):
    """Return Conv1d or Conv2d by the axes of its weight."""
    kind = nir.Conv1d if weight.ndim == 3 else nir.Conv2d
    bias = np.zeros(len(weight)) if bias is None else bias
    return kind(shape, weight, stride, padding, dilation, groups, bias)


def correlate(image, weight, bias, stride, padding, dilation, groups):
    """Correlate (channels, height, width), one output at a time."""
    (top, bottom), (left, right) = padding
    image = np.pad(image, ((0, 0), (top, bottom), (left, right)))
    out_channels, of_group, *kernel = weight.shape
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    lengths = [
        (length - far - 1) // step + 1
        for length, far, step in zip(image.shape[1:], reach, stride, strict=True)
    ]
    result = np.empty((out_channels, *lengths))
    for channel, row, column in np.ndindex(*result.shape):
        first = channel // (out_channels // groups) * of_group
        total = bias[channel]
        for c, y, x in np.ndindex(of_group, *kernel):
            place = row * stride[0] + y * dilation[0], column * stride[1] + x * dilation[1]
            total += weight[channel, c, y, x] * image[(first + c, *place)]
        result[channel, row, column] = total
    return result


def weights_of(node, shape, **options):
    """Return what a node makes of each value of its input, and of nothing, through one neuron."""
    network = from_nir(chain(shape, node, lif(1)), dt=DT, unroll=True, **options)
    (link,) = network.connections
    bias = network.ensembles[0].bias
    matrix = np.zeros((len(bias), network.inputs[0].size))
    matrix[slice(None) if link.post_slice is None else link.post_slice] = link.transform
    return matrix / 10, bias / 10


def chain(shape, *nodes):
    """Return a graph in a row; neurons take the shape of what they get."""
    named = {"input": nir.Input(np.array(shape))}
    named |= {f"n{k}": node for k, node in enumerate(nodes)} | {"output": nir.Output(None)}
    names = list(named)
    edges = list(pairwise(names))
    return nir.NIRGraph(named, edges, type_check=False)


CONVOLUTIONS = {
    "plain": {},
    "stride": {"stride": (2, 1)},
    "padding": {"padding": (2, 1)},
    "dilation": {"dilation": (1, 2)},
    "all": {"stride": (1, 2), "padding": (1, 2), "dilation": (2, 1)},
    "groups": {"groups": 2},
    "same": {"padding": "same"},
    "valid": {"padding": "valid"},
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_convolution_is_the_matrix_of_its_windows(name):
    options = CONVOLUTIONS[name]
    groups = options.get("groups", 1)
    weight = rng().normal(0, 1, (4, 2 // groups, 3, 2))
    bias = rng().normal(0, 1, 4)
    matrix, constant = weights_of(conv(weight, bias, **options), (2, 6, 5))
    pairs = {"same": ((1, 1), (0, 1)), "valid": ((0, 0), (0, 0))}
    padding = options.get("padding", (0, 0))
    pads = pairs.get(padding) or tuple((p, p) for p in padding)
    rest = (options.get("stride", (1, 1)), pads, options.get("dilation", (1, 1)), groups)
    x = rng().normal(0, 1, (2, 6, 5))
    expected = correlate(x, weight, bias, *rest)
    np.testing.assert_allclose(matrix @ x.ravel() + constant, expected.ravel(), atol=1e-12)


def test_a_convolution_of_one_axis_is_the_matrix_of_its_windows():
    weight, bias = rng().normal(0, 1, (3, 2, 4)), rng().normal(0, 1, 3)
    node = conv(weight, bias, shape=9, stride=2, padding=1, dilation=1)
    matrix, constant = weights_of(node, (2, 9))
    x = rng().normal(0, 1, (2, 1, 9))
    flat = correlate(x, weight[:, :, None], bias, (1, 2), ((0, 0), (1, 1)), (1, 1), 1)
    np.testing.assert_allclose(matrix @ x.ravel() + constant, flat.ravel(), atol=1e-12)


@pytest.mark.parametrize("kind", ["SumPool2d", "AvgPool2d"])
def test_pooling_is_the_matrix_of_its_windows(kind):
    node = getattr(nir, kind)(np.array([2, 3]), np.array([2, 1]), np.array([0, 1]))
    matrix, _ = weights_of(node, (2, 4, 5))
    x = rng().normal(0, 1, (2, 4, 5))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2, 3), (1, 2))[:, ::2]
    expected = windows.sum((3, 4)) / (6 if kind == "AvgPool2d" else 1)
    np.testing.assert_allclose(matrix @ x.ravel(), expected.ravel(), atol=1e-12)


def test_a_small_image_network_runs():
    scale = np.array([2.0, 0.5]).reshape(2, 1, 1)
    nodes = (
        conv(np.abs(rng().normal(0, 1, (2, 1, 3, 3)))),
        nir.LIF(*(np.array(v) for v in (0.02, 10.0, 0.0, 1.0, 0.0))),
        nir.Scale(scale),
        nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        nir.Flatten({"input": None}, 0, -1),
        nir.Linear(rng().normal(1, 1, (3, 8))),
        lif(3),
    )
    network = from_nir(chain((1, 6, 6), *nodes), dt=DT, unroll=True)
    assert [(e.name, e.n_neurons) for e in network.ensembles] == [("n1", 32), ("n6", 3)]
    x = rng().uniform(0, 1, (100, 36))
    trace = simulate_reference(fold(network), {"input": x})
    pooled = trace.spikes["n1"].reshape(-1, 2, 2, 2, 2, 2).sum((3, 5)) * scale.reshape(1, 2, 1, 1)
    current = pooled.reshape(-1, 8) @ nodes[5].weight.T * 10
    voltage, spikes = np.zeros(3), []
    for row in current:
        voltage += (row - voltage) * (1 - np.exp(-DT / 0.02))
        spikes.append(voltage > 1)
        voltage[voltage > 1] = 0
    assert np.sum(spikes) > 20
    np.testing.assert_array_equal(trace.spikes["n6"], spikes)


def test_a_convolution_that_may_not_be_unrolled_tells_its_size():
    node = conv(np.ones((4, 2, 3, 3)))
    message = (
        r"node 'n0' \(Conv2d\) makes 4 x 4 x 4 values of 2 x 6 x 6, unrolled 4608 weights, 0\.0369 "
        "Mbit at 8 bits; the hardware has no convolutions, allow it with unroll=True"
    )
    with pytest.raises(ModelError, match=message):
        from_nir(chain((2, 6, 6), node, lif(1)), dt=DT)


def test_a_convolution_that_is_too_large_tells_its_size_and_the_limit():
    node = conv(np.ones((16, 2, 5, 5)), stride=2, padding=1)
    message = (
        r"node 'n0' \(Conv2d\) makes 16 x 16 x 16 values of 2 x 34 x 34, unrolled 9469952 weights, "
        "75.8 Mbit at 8 bits; the limit is 4194304 weights; use a smaller image"
    )
    for unroll in (False, True):
        with pytest.raises(ModelError, match=message):
            from_nir(chain((2, 34, 34), node, lif(1)), dt=DT, unroll=unroll)


BAD = {
    "channels": (
        (3, 6, 6),
        conv(np.ones((4, 2, 3, 3))),
        r"edge 'input' -> 'n0': 'input' gives 108 values of shape \(3, 6, 6\), 'n0' takes 2 ch",
    ),
    "flat": (
        (36,),
        nir.SumPool2d(np.array([2, 2, 2]), np.array([2, 2]), np.array([0, 0])),
        r"node 'n0' \(SumPool2d\): kernel_size is \(2, 2, 2\), expected 2 whole numbers",
    ),
    "no image": (
        (2, 2, 3, 3),
        conv(np.ones((4, 2, 3, 3))),
        r"node 'n0' takes 36 values of shape \(2, 2, 3, 3\), expected channels, height and width",
    ),
    "small": (
        (2, 2, 6),
        conv(np.ones((4, 2, 3, 3))),
        "node 'n0' takes images of 2 x 6, smaller than its kernel of 3 x 3; expected larger ones",
    ),
    "giant margins": (
        (1, 6, 6),
        nir.SumPool2d(np.array([1 << 30, 2]), np.array([1, 1]), np.array([1 << 29, 0])),
        "node 'n0' has windows of 1073741824 x 2 in images of 1073741830 x 6 with margins",
    ),
    "groups": (
        (2, 6, 6),
        conv(np.ones((3, 1, 3, 3)), groups=2),
        r"node 'n0' \(Conv2d\): groups is 2, expected a divisor of 3 channels",
    ),
    "same with stride": (
        (2, 6, 6),
        conv(np.ones((4, 2, 3, 3)), padding="same", stride=2),
        r"padding is 'same' with stride \(2, 2\), expected numbers, 'valid', or 'same' with",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_images_that_do_not_fit_are_refused(name):
    shape, node, message = BAD[name]
    with pytest.raises(ModelError, match=message):
        from_nir(chain(shape, node, lif(1)), dt=DT, unroll=True)


def test_weights_of_other_axes_are_refused():
    node = conv(np.ones((4, 2, 3, 3)))
    node.weight = np.ones((4, 3))
    with pytest.raises(
        ModelError, match=r"weight has shape \(4, 3\), expected 4 axes: channels out"
    ):
        from_nir(chain((2, 6, 6), node, lif(1)), dt=DT, unroll=True)
    node.weight, node.input_shape = np.ones((4, 2, 3, 3)), (6,)
    with pytest.raises(ModelError, match=r"input_shape is \(6,\), expected 2 lengths"):
        from_nir(chain((2, 6, 6), node, lif(1)), dt=DT, unroll=True)
