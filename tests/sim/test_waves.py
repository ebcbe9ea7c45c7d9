"""Waveforms of a run."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from vcd.reader import TokenKind, tokenize

from nef2hw.compiler.quantize import quantize
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden_runs import run_golden
from nef2hw.sim.waves import signals_of, write_layout, write_vcd
from tests.sim import networks

STEPS = 40
MAKERS = (networks.recurrent, networks.leakless, networks.second_order, networks.relaying)


def run_of(make):
    folded = make()
    network = quantize(folded)
    rng = np.random.default_rng(0)
    stimulus = {
        source.name: (rng.random((STEPS, source.size)) < 0.3).astype(float)
        for source in folded.inputs
    }
    trace = run_golden(network, encode_inputs(network, stimulus), states=True)
    return network, replace(trace, inputs=stimulus, cycles=np.arange(STEPS) // 3)


def read(path):
    """Return the values of every line after each step, and the unit of time."""
    scopes, names, kinds, values, rows, unit = [], {}, {}, {}, {}, None
    time = 0
    for token in tokenize(io.BytesIO(path.read_bytes())):
        if token.kind is TokenKind.SCOPE:
            scopes.append(token.scope.ident)
        elif token.kind is TokenKind.UPSCOPE:
            scopes.pop()
        elif token.kind is TokenKind.VAR:
            names[token.var.id_code] = ".".join([*scopes, token.var.reference])
            kinds[names[token.var.id_code]] = str(token.var.type_)
        elif token.kind is TokenKind.TIMESCALE:
            unit = str(token.timescale)
        elif token.kind is TokenKind.CHANGE_TIME:
            rows[time] = dict(values)
            time = token.time_change
        elif token.kind in (TokenKind.CHANGE_SCALAR, TokenKind.CHANGE_REAL):
            change = token.data
            values[names[change.id_code]] = float(change.value)
        elif token.kind is TokenKind.CHANGE_VECTOR:
            values[names[token.vector_change.id_code]] = float(token.vector_change.value)
    rows[time] = dict(values)
    return rows, kinds, unit


def line(rows, name):
    times = sorted(rows)
    last = [max(t for t in times if t <= step * 1_000_000) for step in range(STEPS)]
    return np.array([rows[t][name] for t in last])


def test_a_dump_has_every_state_of_every_step_in_units_of_the_model(tmp_path):
    network, trace = run_of(networks.recurrent)
    write_vcd(tmp_path / "w.vcd", signals_of(network, trace), 0.001)
    rows, kinds, unit = read(tmp_path / "w.vcd")
    assert unit == "1 ns"
    frac = network.formats.voltage_frac
    for neuron in (0, 7, 49):
        scope = f"rtl.ensembles.b.neuron_{neuron:02}"
        np.testing.assert_array_equal(line(rows, f"{scope}.spike"), trace.spikes["b"][:, neuron])
        voltage = trace.states["b/voltage"][:, neuron] / 2.0**frac
        np.testing.assert_allclose(line(rows, f"{scope}.voltage"), voltage, rtol=1e-12)
        left = trace.states["b/refractory"][:, neuron]
        np.testing.assert_array_equal(line(rows, f"{scope}.refractory_steps"), left)
    np.testing.assert_allclose(
        line(rows, "rtl.probes.sum.value_1"), trace.probes["sum"][:, 1], rtol=1e-12
    )
    np.testing.assert_array_equal(line(rows, "rtl.inputs.x.value_2"), trace.inputs["x"][:, 2])
    np.testing.assert_array_equal(line(rows, "rtl.cycles"), trace.cycles)
    assert kinds["rtl.ensembles.b.neuron_00.spike"] == "wire"
    assert kinds["rtl.ensembles.b.neuron_00.voltage"] == "real"


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_the_currents_of_a_neuron_and_its_bias_are_what_drives_it(make):
    """Summed up in codes they are within roundings of the sum that the golden model forms."""
    network, trace = run_of(make)
    signals = {signal.path: signal for signal in signals_of(network, trace)}
    for population in network.populations:
        if population.neurons is None:
            continue
        digits = len(str(population.size - 1))
        scope = f"rtl.ensembles.{population.name}.neuron_{0:0{digits}}.current_"
        found = [signal.values for path, signal in signals.items() if path.startswith(scope)]
        assert len(found) == len(population.compartments)
        unit = network.dt_s if population.neurons.integrate else 1.0
        codes = np.sum(found, axis=0) * unit * 2.0**network.formats.voltage_frac
        expected = sum(
            np.ldexp(
                trace.states[f"{population.name}/{k}/filter"][:, 0].astype(float),
                int(network.formats.align_bits - compartment.shift_code[0]),
            )
            for k, compartment in enumerate(population.compartments)
        )
        np.testing.assert_allclose(codes, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_layout_shows_lines_that_are_in_the_dump(make, tmp_path):
    network, trace = run_of(make)
    signals = signals_of(network, trace)
    write_vcd(tmp_path / "w.vcd", signals, 0.001)
    write_layout(tmp_path / "w.gtkw", tmp_path / "w.vcd", signals, 0.001)
    text = (tmp_path / "w.gtkw").read_text()
    shown = re.findall(r"^\+\{.*\} (\S+)$", text, re.MULTILINE)
    assert len(shown) > 5
    assert set(shown) <= set(read(tmp_path / "w.vcd")[1])
    assert str(tmp_path / "w.vcd") in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.gtkw", "w.vcd"]


def test_names_that_give_the_same_word_are_told_apart(tmp_path):
    network, trace = run_of(networks.recurrent)
    rows, inputs = trace.probes["sum"], trace.inputs["x"]
    probes = {"a-b": rows, "a_b_2": rows + 1, "a_b": rows + 2}
    words = {"a": "e-1", "b": "e_1"}
    renamed = tuple(replace(p, name=words.get(p.name, p.name)) for p in network.populations)
    given = replace(
        trace,
        inputs={"u-1": inputs, "u_1": inputs + 1},
        probes=probes,
        spikes={words[name]: fired for name, fired in trace.spikes.items()},
        states={
            re.sub(r"^[ab]/", lambda m: words[m[0][0]] + "/", k): v for k, v in trace.states.items()
        },
    )
    write_vcd(tmp_path / "w.vcd", signals_of(replace(network, populations=renamed), given), 0.001)
    found, _, _ = read(tmp_path / "w.vcd")
    for word, name in (("a_b", "a-b"), ("a_b_2", "a_b_2"), ("a_b_3", "a_b")):
        shown = line(found, f"rtl.probes.{word}.value_0")
        np.testing.assert_allclose(shown, probes[name][:, 0], rtol=1e-12)
    for word, name in (("e_1", "a"), ("e_1_2", "b")):
        shown = line(found, f"rtl.ensembles.{word}.neuron_07.spike")
        np.testing.assert_array_equal(shown, trace.spikes[name][:, 7])
    assert {"rtl.inputs.u_1.value_0", "rtl.inputs.u_1_2.value_0"} <= found[0].keys()


def test_a_name_is_a_single_word():
    network, trace = run_of(networks.layered)
    probes = {"a b.c": trace.probes["out"]}
    renamed = replace(trace, probes=probes)
    paths = [signal.path for signal in signals_of(network, renamed, "golden")]
    assert "golden.probes.a_b_c.value_0" in paths
