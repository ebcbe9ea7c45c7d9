"""Networks of every kind that a model file can hold, drawn by Hypothesis."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nef2hw.model.network import (
    Connection,
    Endpoint,
    Ensemble,
    IfNeurons,
    Input,
    LifNeurons,
    Probe,
    RectifiedNeurons,
    TrainedNetwork,
)
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass

REALS = st.floats(-1e6, 1e6, allow_subnormal=False)
POSITIVE = st.floats(1e-3, 1e3)
TAUS_S = st.floats(0.0, 10.0)
RESETS = st.sampled_from(["zero", "subtract"])
MIN_VOLTAGES = st.floats(-5.0, 0.0)


def of_shape(*shape, elements=REALS):
    return arrays(np.float64, shape, elements=elements)


def maybe(strategy):
    return st.none() | strategy


@st.composite
def linear_filters(draw):
    """A filter with the poles drawn, in a form that is turned at random."""
    order = draw(st.integers(1, 2))
    poles = np.diag(draw(of_shape(order, elements=st.floats(0.01, 0.99))))
    turn = np.eye(order) + np.triu(draw(of_shape(order, order, elements=st.floats(-1, 1))), 1)
    A = turn @ poles @ np.linalg.inv(turn)
    B, C = draw(of_shape(order)), draw(of_shape(order))
    D = draw(st.just(0.0) | REALS)
    return LinearFilter(tuple(map(tuple, A.tolist())), tuple(B.tolist()), tuple(C.tolist()), D)


SYNAPSES = st.none() | st.builds(Lowpass, TAUS_S) | st.builds(Alpha, TAUS_S) | linear_filters()

NEURONS = (
    st.builds(
        LifNeurons,
        st.floats(0.002, 1.0),
        st.floats(0.0, 0.1),
        POSITIVE,
        MIN_VOLTAGES,
        st.sampled_from(["exact", "euler"]),
    )
    | st.builds(
        LifNeurons,
        st.floats(0.002, 1.0),
        st.just(0.0),
        POSITIVE,
        MIN_VOLTAGES,
        st.sampled_from(["exact", "euler"]),
        RESETS,
    )
    | st.builds(IfNeurons, POSITIVE, MIN_VOLTAGES, RESETS)
    | st.builds(RectifiedNeurons, POSITIVE)
)

INPUTS = st.builds(
    lambda low, span, given: Input(
        "x", len(low), "value", low, low + span, low + span / 2 if given else None
    ),
    of_shape(3),
    of_shape(3, elements=POSITIVE),
    st.booleans(),
) | st.just(Input("x", 3, "spike", np.zeros(3), np.ones(3)))


@st.composite
def ensembles(draw, name="a", n=4):
    neurons = draw(NEURONS)
    lowest = getattr(neurons, "min_voltage", 0.0)
    zeroed = isinstance(neurons, LifNeurons) and neurons.reset == "zero"
    refractory = maybe(of_shape(n, elements=st.floats(0.0, 1e-4))) if zeroed else st.none()
    return Ensemble(
        name,
        gain=draw(of_shape(n)),
        bias=draw(of_shape(n)),
        neurons=neurons,
        encoders=draw(of_shape(n, 2)),
        radius=draw(POSITIVE),
        voltage_init=draw(maybe(of_shape(n, elements=st.floats(lowest, 0.999)))),
        refractory_init_s=draw(refractory),
    )


def transforms(size_out, size_mid):
    """Every form of a transform that is possible between these sizes."""
    forms = of_shape(size_out, size_mid)
    if size_out == size_mid:
        forms |= st.none() | of_shape() | of_shape(size_mid)
    return forms


def index_arrays(size, count):
    """Different indices."""
    return st.permutations(range(size)).map(lambda order: np.array(order[:count]))


@st.composite
def connections(draw, name):
    """From x, the ensemble a, or its neurons, to a, its neurons or the output; delayed from a."""
    pre = draw(st.sampled_from([Endpoint("x"), Endpoint("a"), Endpoint("a", True)]))
    post = draw(st.sampled_from([Endpoint("a"), Endpoint("a", True), Endpoint("probes/sum")]))
    n_pre = 3 if pre.name == "x" else 4
    n_post = {"a": 4 if post.neurons else 2, "probes/sum": 5}[post.name]
    decoders = draw(of_shape(3, 4)) if pre == Endpoint("a") else None
    size_pre = n_pre if decoders is None else 3
    pre_slice = draw(maybe(st.integers(1, size_pre).flatmap(lambda k: index_arrays(size_pre, k))))
    post_slice = draw(maybe(st.integers(1, n_post).flatmap(lambda k: index_arrays(n_post, k))))
    size_mid = size_pre if pre_slice is None else len(pre_slice)
    size_out = n_post if post_slice is None else len(post_slice)
    return Connection(
        name,
        pre,
        post,
        decoders,
        draw(transforms(size_out, size_mid)),
        pre_slice,
        post_slice,
        draw(SYNAPSES),
        draw(st.sampled_from([0, 1])) if pre.name == "x" else 1,
    )


@st.composite
def probes(draw, name):
    target = draw(st.sampled_from([Endpoint("a"), Endpoint("a", True)]))
    decoders = None if target.neurons else draw(of_shape(3, 4))
    size_mid = 4 if target.neurons else 3
    transform = draw(transforms(2, size_mid) | transforms(size_mid, size_mid))
    size = transform.shape[0] if transform is not None and transform.ndim == 2 else size_mid
    return Probe(
        name,
        target,
        size,
        decoders,
        transform,
        draw(maybe(of_shape(size))),
        draw(SYNAPSES),
        draw(st.sampled_from([0, 1])),
    )


#: Letters, digits, punctuation, symbols and spaces of any script.
TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20)


@st.composite
def networks(draw):
    """A network of one input and one ensemble, with everything else drawn."""
    return TrainedNetwork(
        draw(st.floats(1e-4, 1.5e-3)),
        (draw(INPUTS),),
        (draw(ensembles()),),
        tuple(draw(connections(f"c{k}")) for k in range(draw(st.integers(0, 2)))),
        (
            *(draw(probes(f"p{k}")) for k in range(draw(st.integers(0, 2)))),
            Probe("sum", None, 5, bias=draw(maybe(of_shape(5)))),
        ),
        tuple(draw(st.lists(TEXTS, max_size=3))),
    )
