"""A session on a simulated board gives what the golden model gives, in the model's units."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.errors import ProgramError, StimulusError
from nef2hw.host.link import Link
from nef2hw.host.outputs import population_window
from nef2hw.host.session import Session
from nef2hw.program.decode import encode_inputs
from nef2hw.program.link_codes import ResultKind
from nef2hw.sim.golden_runs import run_golden
from nef2hw.sim.replay import result_room
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.host.boards import TIMEOUT_S, board_for, device_on, program_for, two_inputs

pytestmark = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

OFFSET = {"offset": np.array([0.25])}
FIRST, SECOND = np.array([0.5, -0.25]), np.array([-0.75, 0.5])


@pytest.fixture(scope="module")
def program():
    return program_for(two_inputs())


@pytest.fixture(scope="module")
def board(program):
    return board_for(program)


@pytest.fixture
def session(board, program):
    value = Session(device_on(board, program), OFFSET)
    value.reset()
    return value


def golden(program, rows, offset=0.25):
    """Run the golden model on rows of x, (steps, 2), from reset."""
    stimulus = {"x": np.array(rows), "offset": np.full((len(rows), 1), offset)}
    return run_golden(program.network, encode_inputs(program.network, stimulus))


def test_a_session_begins_though_the_board_is_in_one_of_the_same_number(board, monkeypatch):
    before = Link(board, timeout_s=TIMEOUT_S)
    before.identify()
    other = before._session % 200 + 1
    drawn = iter([before._sequence - 5, before._session - 1, 7, other - 1, 7])
    monkeypatch.setattr("nef2hw.host.link.secrets.randbelow", lambda _: next(drawn))
    link = Link(board, timeout_s=TIMEOUT_S)
    assert len(link.identify()) == 24
    assert (link._session, link.repeated) == (other, 1)


def test_a_run_equals_golden_and_tells_its_progress(session, program):
    rows, told = np.linspace(-1, 1, 40).reshape(20, 2), []
    trace = session.run(rows, progress=told.append)
    assert first_difference(golden(program, rows), trace) is None
    assert told == list(range(1, 21))
    held = session.run({"x": FIRST, "offset": [[-0.5]]}, steps=9)
    assert first_difference(golden(program, [FIRST] * 9, -0.5), held) is None


def test_steps_go_on_from_each_other_with_the_inputs_last_set(session, program):
    expected = golden(program, [FIRST] * 7 + [SECOND] * 5)
    found = [session.step(FIRST), session.step(), session.step({"x": FIRST})]
    found += [session.last(steps=4)]
    session.set_input(SECOND)
    several = session.advance(steps=5)
    for row, outputs in zip((0, 1, 2, 6), found, strict=True):
        for name in ("spikes", "value"):
            assert (outputs.probes[name] == expected.probes[name][row]).all()
        assert (outputs.spikes["a"] == expected.spikes["a"][row]).all()
    assert (several.probes["value"] == expected.probes["value"][7:]).all()
    assert several.spikes["a"].shape == (5, 12)
    assert several.cycles.shape == (5,)


def test_a_reset_brings_back_the_defaults(session, program):
    session.step({"x": FIRST, "offset": [0.9]})
    session.reset()
    expected = golden(program, [np.zeros(2)] * 30)
    assert (session.advance(steps=30).probes["value"] == expected.probes["value"]).all()


@pytest.fixture(params=["summed by the board", "summed by the host"])
def summed(request, monkeypatch, program):
    """Let a core be too small for the sums, the second time."""
    if request.param == "summed by the host":
        window = population_window(program, "a")
        larger = replace(window, count=program.config.total_words)
        monkeypatch.setattr("nef2hw.host.session.population_window", lambda *_: larger)


@pytest.mark.usefixtures("summed")
@pytest.mark.parametrize(("ensemble", "probe"), [("a", "spikes"), ("b", "counts")])
def test_sums_equal_those_of_the_golden_trace(session, program, ensemble, probe):
    expected = golden(program, [FIRST] * 100 + [SECOND] * 50)
    counts = session.spike_counts(ensemble, FIRST, steps=100)
    assert (counts == expected.spikes[ensemble][:100].sum(axis=0, dtype=int)).all()
    assert counts.sum() > 20
    total = session.total("value", SECOND, steps=50)
    assert (total == expected.probes["value"][100:].sum(axis=0)).all()
    session.reset()
    total = session.total(probe, FIRST, steps=100)
    assert (total == expected.probes[probe][:100].sum(axis=0)).all()


def test_a_class_is_the_probe_with_most_spikes_or_the_greatest_last_value(session, program):
    expected = golden(program, [FIRST] * 60)
    assert session.classify(FIRST, steps=60, probe="value") == np.argmax(
        expected.probes["value"][-1]
    )
    session.reset()
    assert session.classify(FIRST, steps=60, probe="spikes") == np.argmax(
        expected.probes["spikes"].sum(axis=0)
    )


def test_classifying_takes_two_short_frames(board, session, program):
    session.classify(FIRST, steps=60, probe="value")
    for probe, words in (("value", result_room(program)), ("spikes", 13), ("counts", 7)):
        sent, received = board.sent_bytes, board.received_bytes
        session.classify(FIRST if probe == "spikes" else SECOND, steps=1000, probe=probe)
        planes = sum(p.planes for p in program.network.inputs if p.name == "x")
        assert board.sent_bytes - sent <= 3 + 12 + 4 * planes + 4 + 2
        assert board.received_bytes - received <= 3 + 4 * words + 4 + 2


@pytest.mark.usefixtures("summed")
@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.advance(SECOND, steps=0),
        lambda s: s.last(SECOND, steps=0),
        lambda s: s.spike_counts("a", SECOND, steps=-1),
        lambda s: s.total("value", SECOND, steps=0),
        lambda s: s.classify(SECOND, steps=0, probe="value"),
        lambda s: s.device.run_silently({}, 0),
        lambda s: s.device.run_sums({}, 0, population_window(s.device.program, "b")),
    ],
)
def test_no_step_at_all_is_refused_before_anything_changes(session, program, ask):
    session.step(FIRST)
    with pytest.raises(StimulusError, match=r"^(0|-1) steps asked, expected at least 1$"):
        ask(session)
    expected = golden(program, [FIRST] * 30)
    assert (session.advance(steps=29).probes["value"] == expected.probes["value"][1:]).all()


def test_a_run_that_is_refused_leaves_inputs_and_board_as_they_are(session, program):
    session.step(FIRST)
    with pytest.raises(StimulusError, match=r"input 'x' has shape \(1, 3\), expected"):
        session.run(np.zeros((1, 3)))
    expected = golden(program, [FIRST] * 30)
    assert (session.advance(steps=29).probes["value"] == expected.probes["value"][1:]).all()


def test_wrong_names_and_shapes_are_told(session):
    with pytest.raises(ProgramError, match=r"probe is None, expected one of spikes, counts, value"):
        session.classify(FIRST, steps=3)
    with pytest.raises(
        ProgramError, match=r"probe is 'valu', expected one of spikes, counts, value"
    ):
        session.total("valu", steps=3)
    with pytest.raises(ProgramError, match=r"ensemble is 'c', expected one of a, b, probes/value"):
        session.spike_counts("c", steps=3)
    with pytest.raises(StimulusError, match=r"input 'x' has shape \(3,\), expected"):
        session.step(np.zeros(3))
    with pytest.raises(StimulusError, match=r"'y' is not an input of the model"):
        session.set_input({"y": np.zeros(3)})


def test_windows_follow_each_other(program):
    spikes = population_window(program, "a")
    value = population_window(program, "probes/value")
    assert (spikes.first, spikes.count, spikes.kind) == (0, 12, ResultKind.SPIKE)
    counts = population_window(program, "b")
    assert (counts.first, counts.count, counts.kind) == (1, 6, ResultKind.COUNT)
    assert (value.first, value.count, value.kind) == (3, 3, ResultKind.READOUT)


def test_a_sound_link_is_told_with_its_rate(session):
    report = session.self_test()
    assert report.is_sound
    assert report.advice(1_000_000) == () or report.answer_s > 0.008
    assert report.read_bytes == report.written_bytes > 100
    assert report.write_bits_per_s > 0
    session.run(FIRST, steps=3)
