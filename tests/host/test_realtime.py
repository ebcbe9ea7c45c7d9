"""Rows are sent when they are due, and a late host is counted."""

import numpy as np
import pytest

from nef2hw.errors import ProgramError
from nef2hw.host.outputs import Outputs
from nef2hw.host.realtime import Stream

DT_S = 0.001


class Runner:
    """Notes what it is asked for; each answer takes ``answer_s`` of the clock's time."""

    dt_s = DT_S

    def __init__(self, answer_s=0.0):
        self.now_s = 100.0
        self.answer_s = answer_s
        self.asked = []

    def clock(self):
        return self.now_s

    def sleep(self, duration_s):
        self.now_s += duration_s

    def advance(self, x=None, *, steps):
        self.asked.append(("advance", x, steps, round(self.now_s - 100, 6)))
        self.now_s += self.answer_s
        return Outputs({}, {"y": np.full((steps, 1), x)}, np.zeros(steps, dtype=np.int64))

    def last(self, x=None, *, steps):
        self.asked.append(("last", x, steps, round(self.now_s - 100, 6)))
        self.now_s += self.answer_s
        return Outputs({}, {"y": np.full(1, x)}, np.zeros((), dtype=np.int64))


def stream_on(runner, source, **options):
    return Stream(runner, source, **options, clock=runner.clock, sleep=runner.sleep)


def test_rows_are_sent_when_they_are_due():
    runner = Runner(answer_s=0.002)
    stream = stream_on(runner, [1, 2, 3], steps_per_row=5)
    samples = list(stream)
    assert runner.asked == [
        ("advance", 1, 5, 0.0),
        ("advance", 2, 5, 0.005),
        ("advance", 3, 5, 0.01),
    ]
    assert [sample.time_s for sample in samples] == pytest.approx([0.005, 0.010, 0.015])
    assert [sample.answer_s for sample in samples] == pytest.approx([0.002] * 3)
    assert [sample.late_s for sample in samples] == [0, 0, 0]
    assert stream.summary == "3 rows of 5 steps, 0 sent late"


def test_a_callable_sees_the_sample_before_and_ends_the_stream():
    runner = Runner()
    seen = []

    def source(sample):
        seen.append(None if sample is None else float(sample.outputs.probes["y"][0]))
        return None if len(seen) > 3 else len(seen)

    assert len(list(stream_on(runner, source, last_only=True))) == 3
    assert seen == [None, 1, 2, 3]
    assert runner.asked[0] == ("last", 1, 1, 0.0)


def test_a_late_host_is_counted_and_catches_up():
    runner = Runner()
    stream = stream_on(runner, range(6), steps_per_row=10)
    late_s = []
    for sample in stream:
        late_s.append(sample.late_s)
        if stream.rows == 2:
            runner.now_s += 0.034
    assert late_s == pytest.approx([0, 0, 0.024, 0.014, 0.004, 0])
    assert stream.late_rows == 2
    assert stream.worst_late_s == pytest.approx(0.024)
    assert stream.summary == "6 rows of 10 steps, 2 sent late, the worst by 24.0 ms"
    assert [when for *_, when in runner.asked][-1] == pytest.approx(0.05)


def test_without_a_pace_nothing_is_late():
    runner = Runner(answer_s=1.0)
    stream = stream_on(runner, range(3), speed=None)
    assert [sample.late_s for sample in stream] == [0, 0, 0]
    assert stream.summary == "3 rows of 1 steps"


def test_model_time_may_pass_at_another_speed():
    runner = Runner()
    list(stream_on(runner, range(3), speed=0.1))
    assert [when for *_, when in runner.asked] == pytest.approx([0, 0.01, 0.02])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps_per_row": 0}, "steps_per_row is 0, expected at least 1"),
        ({"speed": 0}, "speed is 0, expected a positive number or None"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(options, message):
    with pytest.raises(ProgramError, match=message):
        stream_on(Runner(), [], **options)
