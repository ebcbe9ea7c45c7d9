"""What a person at a terminal sees of a long run."""

import sys

from nef2hw.cli.terminal import Counter


def count(steps, now_s):
    """Count ``steps`` of 5, each at its time of ``now_s``."""
    times = iter([0.0, *(t for t in now_s for _ in range(3))])
    counter = Counter(5, lambda: next(times))
    for step in range(1, steps + 1):
        counter(step)
    return counter


def test_a_pipe_sees_nothing(capsys):
    assert count(5, [0.0] * 5).done == 5
    assert capsys.readouterr().err == ""


def test_the_last_step_is_always_shown(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    count(5, [0.0] * 5)
    assert capsys.readouterr().err == "\r· step 1 of 5\r· step 5 of 5\n"


def test_an_interrupted_count_ends_its_line(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    count(2, [0.0] * 5).interrupt()
    assert capsys.readouterr().err == "\r· step 1 of 5\n"
