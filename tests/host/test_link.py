"""The link repeats what it may, and says what went wrong otherwise."""

import numpy as np
import pytest

from nef2hw.errors import LinkError
from nef2hw.host.link import Link
from nef2hw.host.protocol import (
    encode_frame,
    identify_request,
    parse_words,
    read_request,
    run_request,
    write_request,
)
from nef2hw.program.memory import MemoryId
from tests.host.fake_board import FakeBoard

TIMEOUT_S = 0.02
WINDOW = 511


def link_to(board):
    return Link(board, timeout_s=TIMEOUT_S)


class BrokenPipe(FakeBoard):
    def read(self, size):
        raise OSError("unplugged")


class BrokenForWriting(FakeBoard):
    def write(self, data):
        if data != b"\0":
            raise OSError("unplugged")


class Babbler(FakeBoard):
    def read(self, size):
        return b"x" * 100_000


def writes(count):
    beats = np.arange(count, dtype=np.uint32)
    return [write_request(MemoryId.BIAS, k, beats[k : k + 1]) for k in range(count)]


@pytest.mark.parametrize(
    "fault", [{}, {"lose": {0, 1}}, {"damage": {0, 1}}, {"lose": {0}, "damage": {0}}]
)
def test_a_repeatable_request_is_repeated(fault):
    board = FakeBoard(**fault)
    assert len(link_to(board).request(identify_request())) == 24


def test_a_repeated_request_has_a_new_number():
    board = FakeBoard(damage={0})
    link_to(board).request(identify_request())
    assert [content[0] for content in board.requests] == [1, 2]


def test_a_number_that_the_board_saw_last_is_passed_over():
    board = FakeBoard()
    board.last = 1
    assert link_to(board).request(identify_request())


def test_silence_is_told_with_attempts_and_damage():
    message = r"^no answer to IDENTIFY in 0.02 s \(3 attempts\), 2 damaged frames came$"
    with pytest.raises(LinkError, match=message):
        link_to(FakeBoard(lose={0}, damage={0, 1})).request(identify_request())


def test_old_answers_and_noise_are_passed_over():
    board = FakeBoard()
    board._to_send += b"noise\0\0" + encode_frame(bytes([99, 0x81]))
    assert len(link_to(board).request(identify_request())) == 24


@pytest.mark.parametrize("fault", [{}, {"lose": {0, 3, 39}}, {"damage": {0, 5, 20}}])
def test_a_stream_of_writes_loses_nothing(fault):
    board = FakeBoard(**fault)
    answered = [index for index, _ in link_to(board).stream(writes(40), WINDOW)]
    assert sorted(answered) == list(range(40))
    assert [board.beats[MemoryId.BIAS, k] for k in range(40)] == list(range(40))


def test_a_stream_keeps_to_its_window():
    board = FakeBoard()
    requests = writes(40)
    stream = link_to(board).stream(requests, 10 * requests[0].cost)
    next(stream)
    assert len(board.requests) == 10
    next(stream)
    assert len(board.requests) == 11


def test_a_stream_passes_over_a_number_that_the_board_saw_last():
    board = FakeBoard()
    board.last = 1
    assert sorted(i for i, _ in link_to(board).stream(writes(3), WINDOW)) == [0, 1, 2]


def test_answers_of_a_stream_come_in_order():
    requests = [run_request(3), *writes(1), read_request(MemoryId.BIAS, 0, 2)]
    answers = list(link_to(FakeBoard()).stream(requests, WINDOW))
    assert [index for index, _ in answers] == [0, 0, 0, 1, 2]
    assert list(parse_words(answers[0][1][1:])) == [0xABCD0002, 77]


@pytest.mark.parametrize(
    ("fault", "came"), [({"lose": {0}}, 0), ({"damage": {2}}, 2), ({"damage": {0, 1, 2}}, 0)]
)
@pytest.mark.parametrize("followers", [0, 2])
def test_a_run_is_never_repeated(fault, came, followers):
    board = FakeBoard(**fault)
    message = rf"no answer to RUN in 0.02 s.*, {came} of 3 came; .* reset and run again"
    with pytest.raises(LinkError, match=message):
        list(link_to(board).stream([run_request(3), *writes(followers)], WINDOW))
    assert sum(content[1] == 4 for content in board.requests) <= 1


def test_a_repeated_run_is_an_error():
    board = FakeBoard()
    board.last = 1
    with pytest.raises(LinkError, match="the board refused RUN: repeated"):
        list(link_to(board).stream([run_request(1)], WINDOW))


def test_a_broken_line_is_told():
    with pytest.raises(LinkError, match=r"link to the board broke while reading: unplugged"):
        link_to(BrokenPipe()).request(identify_request())
    with pytest.raises(LinkError, match=r"link to the board broke while writing: unplugged"):
        link_to(BrokenForWriting()).request(identify_request())


def test_an_endless_frame_hints_at_the_baud_rate():
    with pytest.raises(LinkError, match=r"\d+ bytes came without the end of a frame; is the baud"):
        link_to(Babbler()).request(identify_request())


def test_a_port_that_cannot_be_opened_is_named():
    message = r"cannot open serial port /dev/no-such-port at 9600 baud: .*list_ports"
    with pytest.raises(LinkError, match=message):
        Link.open("/dev/no-such-port", 9600)


def test_a_link_closes_its_pipe():
    board = FakeBoard()
    with link_to(board) as link:
        link.request(identify_request())
    assert board.closed
