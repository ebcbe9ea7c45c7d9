"""Whatever the format refuses is refused: key, value found, value expected."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.model.parse import parse_model
from tests.model.models import full_model, small_model

ABSENT = object()

#: A linear synapse of the first order, in place of a lowpass.
LINEAR = {
    "connections/r/synapse": ABSENT,
    "connections/r/synapse_type": "linear",
    "connections/r/synapse_A": [[0.5]],
    "connections/r/synapse_B": [1.0],
    "connections/r/synapse_C": [1.0],
}

#: What is changed in the full model, and what the message says.
BAD = [
    # the file as a whole
    ({"format": ABSENT}, "^format is missing, expected 'nef2hw-model-1'"),
    ({"format": "nef2hw-model-2"}, "^format is 'nef2hw-model-2', expected 'nef2hw-model-1'"),
    ({"format": 1}, r"^format has dtype int64 and shape \(\), expected a text"),
    ({"dt": ABSENT}, "^dt is missing, expected a number at least 1e-09 and at most 1 s"),
    ({"dt": 0.0}, "^dt is 0, expected at least 1e-09 and at most 1 s"),
    ({"dt": 1.5}, "^dt is 1.5, expected at least 1e-09 and at most 1 s"),
    ({"dt": np.nan}, "^dt holds nan, expected finite numbers"),
    ({"dt": [0.001]}, r"^dt has shape \(1,\), expected \(\)"),
    ({"dt": "0.001"}, "^dt has dtype <U5, expected numbers"),
    ({"dt": True}, "^dt has dtype bool, expected numbers"),
    ({"dt": 1j}, "^dt has dtype complex128, expected numbers"),
    # keys and names
    (
        {"ensembles/a/biass": np.ones(4)},
        "^'ensembles/a/biass' is not a known key, fields of "
        "ensembles are gain, bias, .*; did you mean 'bias'",
    ),
    ({"ensemble/a/gain": 1}, "^'ensemble/a/gain' is not a known key, .*did you mean 'ensembles'"),
    ({"nonsense": 1}, "^'nonsense' is not a known key, expected one of format, dt, notes, inputs"),
    ({"ensembles/a": 1}, "^'ensembles/a' is not a known key, expected ensembles/<name>/<field>"),
    ({"ensembles/a/b/c": 1}, "^'ensembles/a/b/c' is not a known key, expected ensembles/<name>"),
    ({"inputs/a b/size": 1}, "^'inputs/a b/size' has the name 'a b', expected 1 to 64 letters"),
    ({"inputs//size": 1}, "^'inputs//size' has the name ''"),
    ({"inputs/é/size": 1}, "^'inputs/é/size' has the name 'é'"),
    ({"inputs/" + "x" * 65 + "/size": 1}, "has the name 'x{65}', expected 1 to 64"),
    ({"inputs/x\n/size": 1}, r"has the name 'x\\n', expected 1 to 64 letters"),
    ({"inputs/a/size": 1}, "^inputs/a and ensembles/a have the same name, expected different"),
    ({"dt": np.array([None])}, "^dt has dtype object, expected numbers or text"),
    ({"dt": [[1], [1, 2]]}, "^dt is not an array: "),
    ({"format": np.frombuffer(b"\xff" * 4, "<U1").reshape(())}, "^format holds the character code"),
    # notes
    ({"notes": "one"}, r"^notes has dtype <U3 and shape \(\), expected texts of shape \(k,\)"),
    ({"notes": [1.0]}, "^notes has dtype float64"),
    ({"notes": ["fine", "x" * 501]}, "^notes holds a text of 501 characters at index 1, expected"),
    ({"notes": ["x"] * 65}, "^notes has 65 texts, expected at most 64"),
    (
        {"notes": ["a\x1b[2J"]},
        r"^notes holds the control character '\\x1b' at index 0, expected pl",
    ),
    ({"notes": ["a\u202eb"]}, r"the control character '\\u202e' at index 0"),
    # inputs
    ({"inputs/x/size": ABSENT}, "^inputs/x/size is missing, expected an integer at least 1"),
    ({"inputs/x/size": 0}, "^inputs/x/size is 0, expected at least 1 and at most 1e"),
    ({"inputs/x/size": 10**12}, "^inputs/x/size is 1000000000000, expected at least 1"),
    ({"inputs/x/size": np.uint64(2**64 - 1)}, "size holds 18446744073709551615, expected"),
    ({"inputs/x/size": 1.0}, "^inputs/x/size has dtype float64, expected integers"),
    ({"inputs/x/kind": "spikes"}, "^inputs/x/kind is 'spikes', expected 'value' or 'spike'"),
    ({"inputs/x/low": 3.0}, "^inputs/x/low is 3 at index 0, expected at most inputs/x/high, 2"),
    ({"inputs/x/default": 2.5}, "^inputs/x/default is 2.5 at index 0, expected -2 to 2, the range"),
    ({"inputs/x/default": [1, 2]}, r"^inputs/x/default has shape \(2,\), expected \(1,\)"),
    ({"inputs/s/default": 2}, "^inputs/s/default is 2 at index 0, expected 0 to 1"),
    ({"inputs/x/low": [1, 2]}, r"^inputs/x/low has shape \(2,\), expected \(1,\)"),
    (
        {"inputs/x/high": 1e61},
        r"^inputs/x/high holds 1e\+61, expected at most 1e\+60 in magnitude",
    ),
    ({"inputs/x/high": np.inf}, "^inputs/x/high holds inf, expected finite numbers"),
    ({"inputs/s/low": -1.0}, "^inputs/s/low to inputs/s/high is -1 to 1, expected 0 to 1"),
    # ensembles
    ({"ensembles/a/gain": ABSENT}, r"/gain is missing, expected an array of shape \(n,\)"),
    ({"ensembles/a/bias": ABSENT}, r"/bias is missing, expected an array of shape \(4,\)"),
    ({"ensembles/a/bias": np.ones(3)}, r"^ensembles/a/bias has shape \(3,\), expected \(4,\)"),
    ({"ensembles/a/gain": []}, r"^ensembles/a/gain has shape \(0,\), expected \(n,\)"),
    ({"ensembles/a/gain": np.full(4, np.longdouble("1e400"))}, "^ensembles/a/gain holds inf"),
    ({"ensembles/a/bias": [0, 0, -np.inf, 0]}, "^ensembles/a/bias holds -inf, expected finite"),
    ({"ensembles/a/encoders": np.ones(4)}, r"encoders has shape \(4,\), expected \(4, d\)"),
    ({"ensembles/a/radius": 0}, "^ensembles/a/radius is 0, expected above 0"),
    ({"ensembles/a/tau_rc": 0}, "^ensembles/a/tau_rc is 0, expected at least 3.125e-05 and at m"),
    ({"ensembles/a/tau_rc": 1e4}, "^ensembles/a/tau_rc is 10000, expected .* at most 1000 s"),
    ({"ensembles/a/tau_ref": -0.001}, "^ensembles/a/tau_ref is -0.001, expected at least 0"),
    ({"ensembles/a/amplitude": 0}, "^ensembles/a/amplitude is 0, expected above 0"),
    ({"ensembles/a/min_voltage": 0.1}, "^ensembles/a/min_voltage is 0.1, expected at most 0"),
    (
        {"ensembles/a/voltage_init": [0, 0, 0, 1.01]},
        "voltage_init holds 1.01, expected at least -1 and at most 1",
    ),
    ({"ensembles/a/voltage_init": [0, 0, 0, -1.01]}, "voltage_init holds -1.01, expected"),
    (
        {"ensembles/a/refractory_init": [0, 0, 0, -1]},
        "refractory_init holds -1, expected at least "
        r"0 and at most 0.0025 s \(tau_ref \+ dt\)",
    ),
    ({"ensembles/a/refractory_init": [0, 0, 0, 1]}, "refractory_init holds 1, expected"),
    (
        {"ensembles/a/neuron_type": "AdaptiveLIF"},
        "neuron_type is 'AdaptiveLIF', which the hardware does not do; use 'LIF', which does not",
    ),
    (
        {"ensembles/a/neuron_type": "Sigmoid"},
        "'Sigmoid', which the hardware does not do; use 'LIF' or 'SpikingRectifiedLinear'$",
    ),
    ({"ensembles/a/neuron_type": "RectifiedLinear"}, "use 'SpikingRectifiedLinear', its spiking"),
    (
        {"ensembles/a/neuron_type": "LIFF"},
        "is 'LIFF', expected 'LIF', 'IF', 'SpikingRectifiedLinear'; did you mean 'LIF'",
    ),
    (
        {"ensembles/a/discretization": "exat"},
        "discretization is 'exat', expected 'exact' or 'euler'; did you mean 'exact'",
    ),
    ({"ensembles/a/discretization": 1}, "discretization has dtype int64 and shape"),
    (
        {"ensembles/a/discretization": "euler", "ensembles/a/tau_rc": 0.001},
        "^ensembles/a/tau_rc is 0.001 s, expected above dt, 0.001 s, as "
        "ensembles/a/discretization is 'euler'; lengthen it, shorten dt, or use 'exact'",
    ),
    (
        {"ensembles/a/tau_rc": ABSENT, "dt": 0.7},
        "tau_rc is absent, which stands for 0.02, expected",
    ),
    ({"ensembles/a/reset": "none"}, "^ensembles/a/reset is 'none', expected 'zero' or 'subtract'"),
    (
        {"ensembles/a/reset": "subtract"},
        "^ensembles/a/tau_ref is 0.0015 s, expected 0, as ensembles/a/reset is 'subtract'; write "
        "tau_ref = 0, or reset = 'zero'",
    ),
    (
        {"ensembles/a/reset": "subtract", "ensembles/a/tau_ref": 0},
        "^ensembles/a/refractory_init is given, expected it absent: ensembles/a/reset is 'subtr",
    ),
    (
        {"ensembles/a/neuron_type": "SpikingRectifiedLinear"},
        "^ensembles/a/tau_rc is given, expected it absent: SpikingRectifiedLinear neurons have",
    ),
    ({"ensembles/a/neuron_type": "IF"}, "a/tau_rc is given, expected it absent: IF neurons have"),
    # time
    ({"connections/n/delay": 2}, "^connections/n/delay is 2, expected at least 0 and at most 1"),
    # synapses
    ({"connections/r/synapse": -0.1}, "^connections/r/synapse is -0.1, expected at least 0"),
    ({"connections/r/synapse": 5000.0}, "^connections/r/synapse is 5000, expected .* 1000 s"),
    ({"connections/r/synapse": ABSENT}, "connections/r/synapse is missing, expected a time const"),
    ({"connections/r/synapse_type": "beta"}, "is 'beta', expected 'lowpass' or 'alpha' or 'line"),
    (
        {"connections/r/synapse_A": [[0.5]]},
        "synapse_A is given, expected it absent: it belongs to synapse_type 'linear'",
    ),
    (
        {"connections/r/synapse_type": "linear"},
        "r/synapse is given, expected it absent: a linear synapse is given by its matrices",
    ),
    (LINEAR | {"connections/r/synapse_A": ABSENT}, r"synapse_A is missing, expected .* \(k, k\)"),
    (LINEAR | {"connections/r/synapse_A": np.ones((2, 1))}, r"\(2, 1\), expected \(1, 1\) or \(2,"),
    (LINEAR | {"connections/r/synapse_A": np.nan}, r"has shape \(\), expected \(k, k\)"),
    (LINEAR | {"connections/r/synapse_A": [[np.nan]]}, "synapse_A holds nan, expected finite"),
    (LINEAR | {"connections/r/synapse_B": ABSENT}, r"synapse_B is missing, expected .* \(1,\)"),
    (LINEAR | {"connections/r/synapse_B": np.ones((1, 2))}, r"\(1, 2\), expected \(1,\)"),
    (
        LINEAR | {"connections/r/synapse_C": np.ones(2)},
        r"synapse_C has shape \(2,\), expected \(1,",
    ),
    (
        LINEAR | {"connections/r/synapse_D": np.ones(2)},
        r"synapse_D has shape \(2,\), expected \(\)",
    ),
    (
        LINEAR | {"connections/r/synapse_A": [[1.0]]},
        "^connections/r/synapse_A: a linear synapse has a pole of magnitude 1, expected below 1",
    ),
    (
        LINEAR
        | {
            "connections/r/synapse_A": np.eye(3) / 2,
            "connections/r/synapse_B": np.ones(3),
            "connections/r/synapse_C": np.ones(3),
        },
        "synapse has order 3, expected 1 or 2; write it as the sum of several",
    ),
    # connections
    ({"connections/c/pre": ABSENT}, "^connections/c/pre is missing, expected the name of an input"),
    ({"connections/c/pre": 1}, "^connections/c/pre has dtype int64 and shape"),
    ({"connections/c/pre": "xx"}, "^connections/c/pre is 'xx', expected one of .*did you mean 'x'"),
    ({"connections/c/pre": "x.neurons"}, "but 'x' is an input and has no neurons; expected 'x'"),
    ({"connections/c/post": "a.voltage"}, "is 'a.voltage', expected '<name>' or '<name>.neurons'"),
    ({"connections/c/post": "x"}, "connections/c/post is the input 'x', expected an ensemble"),
    (
        {"ensembles/a/encoders": ABSENT},
        r"encoders is missing, expected shape \(4, d\), as "
        "connections/r/post is 'a'; to connect to its neurons use 'a.neurons'",
    ),
    (
        {"connections/r/decoders": ABSENT},
        r"decoders is missing, expected shape \(size_mid, 4\), as "
        "pre is the ensemble 'a'; for its spikes use 'a.neurons'",
    ),
    ({"connections/r/decoders": np.ones((2, 3))}, r"shape \(2, 3\), expected \(size_mid, 4\)"),
    (
        {"connections/c/decoders": np.ones((1, 1))},
        "decoders is given, expected it absent: pre is 'x', and only an ensemble is decoded",
    ),
    ({"connections/r/pre_slice": [2]}, "pre_slice holds the index 2, expected indices from 0 to 1"),
    ({"connections/n/pre_slice": [3]}, r"the index 3, expected indices from 0 to 2 \(s has 3"),
    ({"connections/n/pre_slice": [-1]}, "holds the index -1, expected indices from 0 to 2"),
    ({"connections/n/pre_slice": [0.0]}, "pre_slice has dtype float64, expected integers"),
    ({"connections/n/pre_slice": np.zeros(0, int)}, r"has shape \(0,\), expected \(k,\)"),
    ({"connections/n/post_slice": [4, 0]}, r"index 4, expected indices from 0 to 3 \(a.neurons"),
    ({"connections/n/post_slice": [1, 1]}, "post_slice holds the index 1 more than once, expected"),
    (
        {"connections/n/pre_slice": ABSENT},
        r"transform is missing, expected shape \(2, 3\), as 3 "
        "values go to 2",
    ),
    ({"connections/c/transform": 1.0}, r"c/transform has shape \(\), expected \(4, 1\)"),
    ({"connections/c/transform": np.ones((1, 4))}, r"has shape \(1, 4\), expected \(4, 1\)"),
    ({"connections/r/transform": np.ones(3)}, r"has shape \(3,\), expected \(2,\)"),
    ({"connections/r/transform": np.ones((2, 2, 1))}, r"\(2, 2, 1\), expected \(\), \(2,\) or"),
    (
        {
            "connections/r/synapse": ABSENT,
            "connections/r/synapse_type": ABSENT,
            "connections/r/delay": ABSENT,
        },
        "without delay form the cycle a -> a, expected",
    ),
    # probes
    ({"probes/out/target": ABSENT}, "^probes/out/target is missing, expected the name of an"),
    ({"probes/out/target": "x"}, "probes/out/target is the input 'x', expected an ensemble, or"),
    ({"probes/out/decoders": ABSENT}, "probes/out/decoders is missing, expected shape"),
    ({"probes/out/transform": np.ones((3, 3))}, r"has shape \(3, 3\), expected \(size, 2\)"),
    ({"probes/out/bias": np.ones(2)}, r"probes/out/bias has shape \(2,\), expected \(3,\)"),
    ({"probes/out/delay": -1}, "probes/out/delay is -1, expected at least 0 and at most 1"),
    ({"probes/out/pre_slice": [0]}, "'probes/out/pre_slice' is not a known key"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_model_is_refused(change, message):
    arrays = {key: value for key, value in (full_model() | change).items() if value is not ABSENT}
    with pytest.raises(ModelError, match=message):
        parse_model(arrays)


def test_a_cycle_of_several_is_named_in_order():
    arrays = small_model() | {
        f"ensembles/{name}/{field}": np.ones(4) for name in "bd" for field in ("gain", "bias")
    }
    for k, (pre, post) in enumerate([("a", "b"), ("b", "d"), ("d", "a")]):
        arrays |= {
            f"connections/k{k}/pre": f"{pre}.neurons",
            f"connections/k{k}/post": f"{post}.neurons",
        }
    with pytest.raises(ModelError, match="form the cycle a -> b -> d -> a, expected a delay of 1"):
        parse_model(arrays)
    parse_model(arrays | {"connections/k2/synapse": 0.0})
    parse_model(arrays | {"connections/k2/delay": 1})
    with pytest.raises(ModelError, match="form the cycle a -> b -> d -> a"):
        parse_model(arrays | {"connections/k2/synapse": 0.1, "connections/k2/delay": 0})
