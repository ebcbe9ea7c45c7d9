"""A device against a board in memory."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from nef2hw.errors import LinkError, LinkFault
from nef2hw.host.device import Device, retried
from nef2hw.host.link import Link
from nef2hw.host.planes import run_requests
from nef2hw.host.protocol import MAX_COUNT, Window
from nef2hw.program.link_codes import Command, ResultKind
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


def device_on(board, program):
    return Device(Link(board, timeout_s=0.02), program)


def ready_device_on(board, program):
    device = device_on(board, program)
    device.reset()
    return device


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
        device_on(FakeBoard("ffeeddccbbaa9988"), program).identify()


@pytest.mark.parametrize("fault", [{}, {"lose": {2, 9}, "damage": {4, 11}}])
def test_loading_writes_the_image_and_then_its_digest(program, fault):
    board = board_for(program, **fault)
    device = device_on(board, program)
    assert not device.is_loaded()
    device.load()
    assert device.is_loaded()
    for memory, words in image_on(board, program).items():
        assert words == program.image.beats[memory].tolist()
    written = [content[3] for content in board.requests if content[2] == Command.WRITE]
    assert written.index(MemoryId.IMAGE_DIGEST) == len(written) - 1


def test_a_faulty_memory_is_told_with_word_and_beat(program):
    expected = program.image.beats[MemoryId.BIAS][3, 0]
    board = board_for(program, stuck={(MemoryId.BIAS, 3): 0xBAD})
    message = rf"BIAS word 3 beat 0 reads 0x00000bad, expected 0x{expected:08x}; the board"
    with pytest.raises(LinkError, match=message):
        device_on(board, program).load()
    assert board.image_digest == bytes(8)


def test_a_reset_writes_the_initial_state(program):
    board = board_for(program)
    device_on(board, program).reset()
    assert sum(content[2:4] == bytes([Command.RUN, 1]) for content in board.requests) == 1
    assert any(program.image.initial_state.values())
    for memory, words in program.image.initial_state.items():
        shape = program.config.memories[memory]
        for address, word in words:
            for k, beat in enumerate(words_to_beats([word], shape)[0]):
                assert board.beats[memory, address * shape.stride + k] == beat


def test_a_memory_is_read_whole(program):
    board = board_for(program)
    device = device_on(board, program)
    for memory in STATE_MEMORIES:
        shape = program.config.memories[memory]
        words = words_to_beats(range(shape.depth), shape)
        device.write_memory(memory, words)
        assert np.array_equal(device.read_memory(memory), words)
    assert {m: len(v) for m, v in device.read_states().items()} == {
        m: program.config.memories[m].depth for m in STATE_MEMORIES
    }


def test_steps_return_their_result_words_and_hold_their_inputs(program):
    board = board_for(program)
    device = ready_device_on(board, program)
    first, second = rows_for(program, 2)
    assert device.step(first).tolist() == [0xABCD0000, 77]
    for place in plane_places(program.network.inputs):
        for k, word in enumerate(pack_planes(place, first[place.port.name])):
            assert board.beats[MemoryId.PLANES, place.address + k] == word
    before = len(board.requests)
    device.step(first)
    assert board.requests[before:][0][3:] == bytes([0, 0, 0, 0, 1, 0, 0, 0])
    device.step({**first, "y": second["y"]})
    assert board.requests[-1][9:11] == bytes([0b100, 0])


def test_all_inputs_are_sent_again_after_a_reset(program):
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    device.step(row)
    device.reset()
    device.step(row)
    assert board.requests[-1][9:11] == bytes([0b111, 0])


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
    link = Link(board, 0.02)
    link.identify()
    list(link.stream(requests, 511))
    for place in plane_places(program.network.inputs):
        planes = pack_planes(place, row[place.port.name])
        found = [board.beats[MemoryId.PLANES, place.address + k] for k in range(len(planes))]
        assert found == planes.tolist()


@pytest.mark.parametrize("lost", [0, 3])
def test_a_lost_step_is_told_and_the_inputs_are_sent_again(program, lost):
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    assert device.identity.window == 511
    board.damage = {board.answered + lost + board_writes(program, row)}
    with pytest.raises(LinkFault, match=rf"step {lost} of 5 was lost or damaged; .* reset"):
        list(device.run_words([row] * 5))
    with pytest.raises(LinkError, match="state is unknown: reset it before it is run"):
        device.step(row)
    device.reset()
    device.step(row)
    assert board.requests[-1][9:11] == bytes([0b111, 0])


def board_writes(program, row):
    """Number of writes before the run of a first row."""
    return len(list(run_requests(program, [row], None, LIMIT))) - 1


def test_no_rows_make_no_steps(program):
    assert list(ready_device_on(board_for(program), program).run_words([])) == []


def test_a_run_loads_only_what_is_not_loaded():
    program = program_of(tiny(), lanes=2)
    board = board_for(program)
    device = device_on(board, program)
    device.load()
    before = len(board.requests)
    device.reset()
    assert device.is_loaded()
    assert len(board.requests) - before < 10


def test_a_reset_loads_an_image_that_is_missing(program):
    board = board_for(program)
    ready_device_on(board, program)
    assert board.image_digest.hex() == program.image.digest


@pytest.mark.parametrize(
    "disturb", [lambda device: device.identify(), lambda device: device.is_loaded(), Device.load]
)
def test_a_new_session_needs_a_reset(program, disturb):
    """Another host may have run the network between two sessions."""
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    device.step(row)
    disturb(device)
    with pytest.raises(LinkError, match="state is unknown: reset it before it is run"):
        device.step(row)


def test_a_board_that_was_reset_is_noticed_and_loaded_again(program):
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    board.session, board.image_digest = 0, bytes(8)
    with pytest.raises(LinkFault, match=r"refused (RUN|WRITE): other session"):
        device.step(row)
    device.reset()
    assert board.image_digest.hex() == program.image.digest


def test_a_load_in_which_the_session_ends_begins_anew(program):
    """What was written before may have been another host's to overwrite."""
    board = board_for(program)
    device = device_on(board, program)
    device.identify()
    written = [0]

    def take_over(content, act=board._act):
        written[0] += content[2] == Command.WRITE
        if written[0] == 3:
            board.session ^= 0xFF
        act(content)

    board._act = take_over
    device.load()
    weights = [c for c in board.requests if c[2] == Command.WRITE and c[3] == MemoryId.WEIGHTS]
    assert len({c[1:] for c in weights}) == len(weights)
    assert sum(c[4:7] == bytes(3) for c in weights) == 2
    for memory, words in image_on(board, program).items():
        assert words == program.image.beats[memory].tolist()


@pytest.mark.parametrize(("faults", "calls"), [(0, 1), (2, 3), (3, 3)])
def test_what_lost_bytes_is_done_three_times_in_all(faults, calls):
    done = []

    def action():
        done.append(1)
        if len(done) <= faults:
            raise LinkFault("lost")
        return "right"

    with pytest.raises(LinkFault, match="lost") if faults == 3 else nullcontext():
        assert retried(action) == "right"
    assert len(done) == calls


def test_a_run_that_lost_an_answer_is_made_anew(program, monkeypatch):
    runs = []

    def run(device, rows, states, progress):
        runs.append(len(rows))
        if len(runs) == 1:
            raise LinkFault("lost")
        return "trace"

    monkeypatch.setattr(Device, "_run", run)
    codes = {name: np.array([values] * 4) for name, values in rows_for(program, 1)[0].items()}
    assert device_on(board_for(program), program).run(codes) == "trace"
    assert runs == [4, 4]


def test_a_silent_run_answers_once_and_is_split_where_it_would_take_long(program):
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    most = device._silent_steps
    assert device.run_silently(row, most + 5).tolist() == [0xABCD0000, 77]
    runs = [content for content in board.requests if content[2] == Command.RUN][-2:]
    assert [int.from_bytes(content[7:9], "little") for content in runs] == [most, 5]
    assert [content[3] for content in runs] == [2, 2]


def test_sums_of_several_requests_are_added(program):
    program = replace(program, config=replace(program.config, total_words=16))
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    device.__dict__["_silent_steps"] = 100
    sums, cycles = device.run_sums(row, 250, Window(1, 3, ResultKind.SPIKE))
    assert sums.tolist() == [0, 250, 500]
    assert cycles == 77 * 250


def test_sums_of_readouts_are_split_before_they_can_overflow(program):
    program = replace(program, config=replace(program.config, total_words=16))
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    device.run_sums(row, 1000, Window(1, 3, ResultKind.READOUT))
    steps = [int.from_bytes(c[7:9], "little") for c in board.requests if c[2] == Command.SUM]
    assert sum(steps) == 1000
    assert max(steps) << (program.network.formats.sum_bits - 1) <= 1 << 31


def test_sums_of_readouts_beside_wide_currents_are_of_single_steps(program):
    formats = replace(program.network.formats, sum_bits=37)
    program = replace(
        program,
        network=replace(program.network, formats=formats),
        config=replace(program.config, total_words=16, formats=formats),
    )
    board = board_for(program)
    device = ready_device_on(board, program)
    (row,) = rows_for(program, 1)
    device.run_sums(row, 3, Window(1, 3, ResultKind.READOUT))
    assert [c[7] for c in board.requests if c[2] == Command.SUM] == [1, 1, 1]


def test_more_sums_than_the_core_keeps_are_refused(program):
    (row,) = rows_for(program, 1)
    device = ready_device_on(board_for(program), program)
    with pytest.raises(LinkError, match="3 sums asked, the core keeps 0; run step by step"):
        device.run_sums(row, 5, Window(1, 3, ResultKind.SPIKE))
