"""What a graph leaves open, and its metadata or the user says."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nir import from_nir
from nef2hw.model.network import LifNeurons
from tests.frontends.nir.objects import DT, LIF, ONES, WEIGHT, graph, node, port, weights


def test_time_is_asked_for():
    with pytest.raises(
        ModelError, match=r"how long a time step is; give it: dt=\.\.\. in Python, --dt"
    ):
        from_nir(graph())


def test_time_is_taken_from_metadata():
    network = from_nir(graph(metadata={"dt": np.float32(0.002)}))
    assert network.dt_s == pytest.approx(0.002)
    assert "dt = 0.002 s is what the metadata says" in network.notes


def test_time_given_goes_before_metadata():
    network = from_nir(graph(metadata={"dt": 0.002}), dt=DT)
    assert network.dt_s == DT
    assert "dt = 0.001 s is used as given, not that of the metadata" in network.notes


def test_metadata_that_disagrees_is_refused():
    given = graph(metadata={"dt": 0.002}, lif=node("LIF", metadata={"dt": 0.001}, **LIF))
    with pytest.raises(
        ModelError, match=r"tells dt = 0.002 s at the graph and 0.001 s at node 'lif'"
    ):
        from_nir(given)
    with pytest.raises(ModelError, match="metadata tells dt = 2 s at the graph, expected at least"):
        from_nir(graph(metadata={"dt": 2.0}))


def test_refractory_times_come_from_metadata_or_the_user():
    given = graph(lif=node("LIF", metadata={"tau_ref": 0.002}, **LIF))
    assert neurons(from_nir(given, dt=DT)).tau_ref_s == 0.002
    assert neurons(from_nir(given, dt=DT, tau_ref_s=0.0)).tau_ref_s == 0
    assert neurons(from_nir(graph(), dt=DT, tau_ref_s=0.003)).tau_ref_s == 0.003
    assert neurons(from_nir(graph(), dt=DT)).tau_ref_s == 0
    with pytest.raises(
        ModelError, match=r"'lif' \(LIF\) has tau_ref = 0.002 s, expected 0 with reset='subtract'"
    ):
        from_nir(given, dt=DT, reset="subtract")


def neurons(network) -> LifNeurons:
    return network.ensembles[0].neurons


def test_inputs_are_values_or_events():
    values = from_nir(graph(), dt=DT, input_range=(0, 2))
    events = from_nir(graph(), dt=DT, input_kind="spike")
    assert (values.inputs[0].kind, values.inputs[0].low[0], values.inputs[0].high[0]) == (
        "value",
        0,
        2,
    )
    assert (events.inputs[0].kind, events.inputs[0].low[0], events.inputs[0].high[0]) == (
        "spike",
        0,
        1,
    )
    np.testing.assert_allclose(weights(values), WEIGHT)
    np.testing.assert_allclose(weights(events), WEIGHT * DT)


def test_events_may_go_straight_to_neurons():
    direct = graph(fc=None, input=port("Input", [3]), edges=(("input", "lif"), ("lif", "output")))
    np.testing.assert_allclose(weights(from_nir(direct, dt=DT, input_kind="spike")), DT * ONES)


def test_if_nodes_may_count_in_steps():
    given = graph(lif=node("IF", r=ONES, v_threshold=2 * ONES))
    seconds, steps = from_nir(given, dt=DT), from_nir(given, dt=DT, if_time="step")
    np.testing.assert_allclose(weights(seconds), WEIGHT / 2)
    np.testing.assert_allclose(weights(steps), WEIGHT / 2 / DT)
    assert any(note.startswith("IF nodes add r dt") for note in seconds.notes)
    assert seconds.notes[-1].startswith("voltages start")
    assert any(note.endswith("this far: 'lif' 0.0005") for note in seconds.notes)
    assert not any("IF nodes" in note for note in steps.notes)


def test_filtered_biases_may_be_settled():
    cuba = node("CubaLIF", tau_mem=0.02 * ONES, tau_syn=0.005, v_threshold=ONES)
    given = graph(lif=cuba, fc=node("Affine", weight=WEIGHT, bias=2 * ONES))
    exact, settled = from_nir(given, dt=DT), from_nir(given, dt=DT, filtered_bias="settled")
    assert [e.name for e in exact.ensembles] == ["lif", "constant"]
    assert [e.name for e in settled.ensembles] == ["lif"]
    np.testing.assert_allclose(settled.ensembles[0].bias, 2 * ONES)
    assert sum("filtered_bias='settled'" in note for note in exact.notes) == 1


def test_euler_needs_steps_no_longer_than_the_time_constants():
    cuba = node("CubaLIF", tau_mem=0.02 * ONES, tau_syn=DT * (1 + 1e-8), v_threshold=ONES)
    network = from_nir(graph(lif=cuba), dt=DT, discretization="euler")
    assert network.connections[0].synapse is None
    with pytest.raises(
        ModelError, match=r"'lif' \(CubaLIF\) has tau_syn = 0.001 s, expected at least"
    ):
        from_nir(graph(lif=cuba), dt=2 * DT, discretization="euler")
    with pytest.raises(
        ModelError, match=r"ensembles/lif/tau_rc is 0.02 s, expected above dt, 0.02 s"
    ):
        from_nir(graph(), dt=0.02, discretization="euler")


BAD_OPTIONS = {
    "discretization is 'rk4', expected 'exact' or 'euler'": {"discretization": "rk4"},
    "reset is 'none', expected 'zero' or 'subtract' or 'subtract_late'": {"reset": "none"},
    "input_kind is 'event', expected 'value' or 'spike'": {"input_kind": "event"},
    "if_time is 'ms', expected 'second' or 'step'": {"if_time": "ms"},
    "filtered_bias is None, expected 'exact' or 'settled'": {"filtered_bias": None},
    "dt is 'x', expected a number, at least 1e-09 and at most 1 s": {"dt": "x"},
    "dt is -1, expected a number, at least 1e-09 and at most 1 s": {"dt": -1},
    "dt is nan, expected a number": {"dt": float("nan")},
    "tau_ref_s is -1, expected a number, at least 0 and at most 1000 s": {"tau_ref_s": -1},
    r"input_range is \(1, 0\), expected two numbers, the lower one first": {"input_range": (1, 0)},
    r"input_range is \(0, inf\), expected two": {"input_range": (0, float("inf"))},
    "input_range is 3, expected two numbers": {"input_range": 3},
    "input_range is given, expected none with input_kind='spike'": {
        "input_range": (0, 1),
        "input_kind": "spike",
    },
}


@pytest.mark.parametrize("message", BAD_OPTIONS)
def test_options_that_cannot_be_are_refused(message):
    with pytest.raises(ModelError, match=message):
        from_nir(graph(), **({"dt": DT} | BAD_OPTIONS[message]))
