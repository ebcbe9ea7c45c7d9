"""A session against a board in memory."""

import numpy as np
import pytest

from nef2hw.errors import LinkError
from nef2hw.host.link import Link
from nef2hw.host.planes import run_requests
from nef2hw.host.protocol import MAX_COUNT
from nef2hw.host.session import Session
from nef2hw.program.link_codes import Command
from nef2hw.program.memory import IMAGE_MEMORIES, STATE_MEMORIES, MemoryId, words_to_beats
from nef2hw.program.planes import pack_planes, plane_places
from tests.host.fake_board import FakeBoard
from tests.sim.networks import program_of, recurrent, tiny

LIMIT = 60


@pytest.fixture(scope="module")
def program():
    return program_of(recurrent(), lanes=3)


def board_for(program, **fault):
    return FakeBoard(program.config.digest, **fault)


def session_on(board, program):
    return Session(Link(board, timeout_s=0.02), program)


def rows_for(program, count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        {p.name: rng.integers(p.low_code, p.high_code + 1) for p in program.network.inputs}
        for _ in range(count)
    ]


def image_on(board, program):
    """Read from the fake board what the image's memories hold."""
    found = {}
    for memory in IMAGE_MEMORIES:
        shape, beats = program.config.memories[memory], program.image.beats[memory]
        found[memory] = [
            [board.beats[memory, word * shape.stride + beat] for beat in range(shape.beats)]
            for word in range(len(beats))
        ]
    return found


def test_another_core_is_named_with_the_one_expected(program):
    message = rf"holds core ffeeddccbbaa9988, the program is for core {program.config.digest}; load"
    with pytest.raises(LinkError, match=message):
        session_on(FakeBoard("ffeeddccbbaa9988"), program).identify()


@pytest.mark.parametrize("fault", [{}, {"lose": {2, 9}, "damage": {4, 11}}])
def test_loading_writes_the_image_and_then_its_digest(program, fault):
    board = board_for(program, **fault)
    session = session_on(board, program)
    assert not session.is_loaded()
    session.load()
    assert session.is_loaded()
    for memory, words in image_on(board, program).items():
        assert words == program.image.beats[memory].tolist()
    written = [content[2] for content in board.requests if content[1] == Command.WRITE]
    assert written.index(MemoryId.IMAGE_DIGEST) == len(written) - 1


def test_a_faulty_memory_is_told_with_word_and_beat(program):
    expected = program.image.beats[MemoryId.BIAS][3, 0]
    board = board_for(program, stuck={(MemoryId.BIAS, 3): 0xBAD})
    message = rf"BIAS word 3 beat 0 reads 0x00000bad, expected 0x{expected:08x}; the board"
    with pytest.raises(LinkError, match=message):
        session_on(board, program).load()
    assert board.image_digest == bytes(8)


def test_a_reset_writes_the_initial_state(program):
    board = board_for(program)
    session_on(board, program).reset()
    assert sum(content[1:3] == bytes([Command.RUN, 1]) for content in board.requests) == 1
    assert any(program.image.initial_state.values())
    for memory, words in program.image.initial_state.items():
        shape = program.config.memories[memory]
        for address, word in words:
            for k, beat in enumerate(words_to_beats([word], shape)[0]):
                assert board.beats[memory, address * shape.stride + k] == beat


def test_a_memory_is_read_whole(program):
    board = board_for(program)
    session = session_on(board, program)
    for memory in STATE_MEMORIES:
        shape = program.config.memories[memory]
        words = words_to_beats(range(shape.depth), shape)
        session.write_memory(memory, words)
        assert np.array_equal(session.read_memory(memory), words)
    assert {m: len(v) for m, v in session.read_states().items()} == {
        m: program.config.memories[m].depth for m in STATE_MEMORIES
    }


def test_steps_return_their_result_words_and_hold_their_inputs(program):
    board = board_for(program)
    session = session_on(board, program)
    first, second = rows_for(program, 2)
    assert session.step(first).tolist() == [0xABCD0000, 77]
    for place in plane_places(program.network.inputs):
        for k, word in enumerate(pack_planes(place, first[place.port.name])):
            assert board.beats[MemoryId.PLANES, place.address + k] == word
    before = len(board.requests)
    session.step(first)
    assert board.requests[before:][0][2:] == bytes([0, 0, 0, 0, 1, 0, 0, 0])
    session.step({**first, "y": second["y"]})
    assert board.requests[-1][8:10] == bytes([0b100, 0])


def test_all_inputs_are_sent_again_after_a_reset(program):
    board = board_for(program)
    session = session_on(board, program)
    (row,) = rows_for(program, 1)
    session.step(row)
    session.reset()
    session.step(row)
    assert board.requests[-1][8:10] == bytes([0b111, 0])


def test_equal_rows_share_a_request(program):
    a, b = rows_for(program, 2)
    requests = list(run_requests(program, [a, a, a, b, b, a], None, LIMIT))
    runs = [request for request in requests if request.command is Command.RUN]
    assert [request.answers for request in runs] == [3, 2, 1]
    assert not any(request.repeatable for request in requests)


def test_a_long_run_of_equal_rows_is_split(program):
    (row,) = rows_for(program, 1)
    requests = list(run_requests(program, [row] * (2 * MAX_COUNT + 5), row, LIMIT))
    assert [request.answers for request in requests] == [MAX_COUNT, MAX_COUNT, 5]
    assert {request.arguments[6:] for request in requests} == {b"\0\0"}


@pytest.mark.parametrize("limit", [1, 7, LIMIT])
def test_planes_are_cut_to_the_boards_limit(program, limit):
    (row,) = rows_for(program, 1)
    board = board_for(program)
    requests = list(run_requests(program, [row], None, limit))
    assert max(len(request.arguments) for request in requests) <= 8 + 4 * limit
    list(Link(board, 0.02).stream(requests, 511))
    for place in plane_places(program.network.inputs):
        planes = pack_planes(place, row[place.port.name])
        found = [board.beats[MemoryId.PLANES, place.address + k] for k in range(len(planes))]
        assert found == planes.tolist()


@pytest.mark.parametrize("lost", [0, 3])
def test_a_lost_step_is_told_and_the_inputs_are_sent_again(program, lost):
    board = board_for(program)
    session = session_on(board, program)
    (row,) = rows_for(program, 1)
    assert session.identity.window == 511
    board.damage = {board.answered + lost + board_writes(program, row)}
    with pytest.raises(LinkError, match=rf"step {lost} of 5 was lost or damaged; .* reset"):
        list(session.run_words([row] * 5))
    session.step(row)
    assert board.requests[-1][8:10] == bytes([0b111, 0])


def board_writes(program, row):
    """Number of writes before the run of a first row."""
    return len(list(run_requests(program, [row], None, LIMIT))) - 1


def test_no_rows_make_no_steps(program):
    assert list(session_on(board_for(program), program).run_words([])) == []


def test_a_run_loads_only_what_is_not_loaded():
    program = program_of(tiny(), lanes=2)
    board = board_for(program)
    session = session_on(board, program)
    session.load()
    before = len(board.requests)
    session.reset()
    assert session.is_loaded()
    assert len(board.requests) - before < 10
