"""The link repeats what it may, and says what went wrong otherwise."""

import numpy as np
import pytest

from nef2hw.errors import LinkError, LinkFault
from nef2hw.host.link import Link
from nef2hw.host.protocol import (
    encode_frame,
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


def session_with(board):
    """Begin a session, and count losses and damages from then on."""
    lose, damage, board.lose, board.damage = board.lose, board.damage, set(), set()
    link = link_to(board)
    link.identify()
    board.lose, board.damage = lose, damage
    board.arrived = board.answered = 0
    board.requests.clear()
    return link


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


class NoisyBoard(FakeBoard):
    def read(self, size):
        return b"x\0" * 100


def writes(count):
    beats = np.arange(count, dtype=np.uint32)
    return [write_request(MemoryId.BIAS, k, beats[k : k + 1]) for k in range(count)]


@pytest.mark.parametrize(
    "fault", [{}, {"lose": {0, 1}}, {"damage": {0, 1}}, {"lose": {0}, "damage": {0}}]
)
def test_an_identity_is_asked_for_again(fault):
    assert len(link_to(FakeBoard(**fault)).identify()) == 24


@pytest.mark.parametrize("fault", [{}, {"lose": {0, 1}}, {"damage": {0, 1}}])
def test_a_repeatable_request_is_repeated(fault):
    link = session_with(FakeBoard(**fault))
    assert link.request(writes(1)[0]) == b""
    assert link.repeated == (2 if fault else 0)


def test_a_repeated_request_has_a_new_number():
    board = FakeBoard(damage={0})
    session_with(board).request(writes(1)[0])
    first, second = (content[1] for content in board.requests)
    assert second == (first + 1) % 256


def test_a_number_that_the_board_saw_last_is_passed_over():
    board = FakeBoard()
    link = link_to(board)
    board.last = (link._sequence + 1) % 256
    assert link.identify()


def test_silence_is_told_with_attempts_damage_and_what_may_be_wrong():
    message = (
        r"^no answer to IDENTIFY in 0.02 s \(3 attempts\), 2 damaged frames came; "
        "is this the board's port, .* run a bitstream of this nef2hw .*baud rate"
    )
    with pytest.raises(LinkFault, match=message):
        link_to(FakeBoard(lose={0}, damage={0, 1})).identify()


def test_silence_in_a_session_is_told_without_guesses():
    link = session_with(FakeBoard(lose={0, 1, 2}))
    with pytest.raises(LinkFault, match=r"^no answer to WRITE in 0.02 s \(3 attempts\)$"):
        link.request(writes(1)[0])


def test_old_answers_and_noise_are_passed_over():
    board = FakeBoard()
    board._to_send += b"noise\0\0" + encode_frame(bytes([99, 0x81]))
    assert len(link_to(board).identify()) == 24


def test_an_old_identity_under_the_same_number_is_passed_over():
    board, old = FakeBoard("ffffffffffffffff"), FakeBoard("0000000000000000")
    link = link_to(board)
    old._act(bytes([0, (link._sequence + 1) % 256, 1, 9, 9, 9, 9]))
    board._to_send += old._to_send
    assert link.identify()[8:16] == b"\xff" * 8


def test_every_session_has_a_number_of_its_own_that_is_not_zero():
    board = FakeBoard()
    link, seen = link_to(board), set()
    for count in range(1, 60):
        link.identify()
        seen.add(board.session)
        assert link.sessions == count
    assert 0 not in seen
    assert len(seen) > 20


@pytest.mark.parametrize("ask", [Link.request, lambda link, r: next(link.stream([r], WINDOW))])
def test_nothing_is_sent_without_a_session(ask):
    board = FakeBoard()
    with pytest.raises(LinkFault, match="no session with the board: identify it first"):
        ask(link_to(board), writes(1)[0])
    assert not board.requests


def test_a_board_that_forgot_the_session_ends_it():
    board = FakeBoard()
    link = session_with(board)
    board.refuse_all = True
    with pytest.raises(LinkFault, match="refused WRITE: other session; it was reset, or another"):
        link.request(writes(1)[0])
    assert not link.in_session


def test_a_stream_that_is_left_ends_the_session():
    link = session_with(FakeBoard())
    stream = link.stream([run_request(3)], WINDOW)
    next(stream)
    stream.close()
    assert not link.in_session


@pytest.mark.parametrize("fault", [{}, {"lose": {0, 3, 39}}, {"damage": {0, 5, 20}}])
def test_a_stream_of_writes_loses_nothing(fault):
    board = FakeBoard(**fault)
    answered = [index for index, _ in session_with(board).stream(writes(40), WINDOW)]
    assert sorted(answered) == list(range(40))
    assert [board.beats[MemoryId.BIAS, k] for k in range(40)] == list(range(40))


def test_a_stream_keeps_to_its_window():
    board = FakeBoard()
    requests = writes(40)
    stream = session_with(board).stream(requests, 10 * requests[0].cost)
    next(stream)
    assert len(board.requests) == 10
    next(stream)
    assert len(board.requests) == 11


def test_a_stream_passes_over_a_number_that_the_board_saw_last():
    board = FakeBoard()
    link = session_with(board)
    board.last = (link._sequence + 1) % 256
    assert sorted(i for i, _ in link.stream(writes(3), WINDOW)) == [0, 1, 2]


def test_answers_of_a_stream_come_in_order():
    requests = [run_request(3), *writes(1), read_request(MemoryId.BIAS, 0, 2)]
    answers = list(session_with(FakeBoard()).stream(requests, WINDOW))
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
        list(session_with(board).stream([run_request(3), *writes(followers)], WINDOW))
    assert sum(content[2] == 4 for content in board.requests) <= 1


def test_a_repeated_run_is_an_error():
    board = FakeBoard()
    link = session_with(board)
    board.last = (link._sequence + 1) % 256
    with pytest.raises(LinkError, match="the board refused RUN: repeated"):
        list(link.stream([run_request(1)], WINDOW))


def test_a_broken_line_is_told():
    with pytest.raises(LinkError, match=r"broke while reading: unplugged; plug it in, connect"):
        link_to(BrokenPipe()).identify()
    with pytest.raises(LinkError, match=r"link to the board broke while writing: unplugged"):
        link_to(BrokenForWriting()).identify()


def test_an_endless_frame_hints_at_the_baud_rate():
    with pytest.raises(LinkError, match=r"\d+ bytes came without the end of a frame; is the baud"):
        link_to(Babbler()).identify()


def test_endless_noise_hints_at_the_baud_rate():
    with pytest.raises(LinkError, match=r"1000 damaged frames came and no sound one; is the baud"):
        link_to(NoisyBoard()).identify()


def test_a_port_that_cannot_be_opened_is_named():
    message = r"cannot open serial port /dev/no-such-port at 9600 baud: .*list_ports"
    with pytest.raises(LinkError, match=message):
        Link.open("/dev/no-such-port", 9600)


def test_a_link_closes_its_pipe():
    board = FakeBoard()
    with link_to(board) as link:
        link.identify()
    assert board.closed
