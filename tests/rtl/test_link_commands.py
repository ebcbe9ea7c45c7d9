"""The command port against a core in the test bench."""

import random

import numpy as np
import pytest

from nef2hw.host.protocol import (
    Identity,
    Request,
    Window,
    encode_frame,
    encode_request,
    identify_request,
    parse_identity,
    parse_words,
    read_request,
    reset_request,
    run_request,
    sum_request,
    write_request,
)
from nef2hw.program.link_codes import Command, ErrorCode, ResultKind
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId
from nef2hw.rtl.link.commands import Commands
from tests.rtl.link_bench import collect, put, simulate, until_quiet
from tests.rtl.port_bench import (
    CONFIG_DIGEST,
    IMAGE_DIGEST,
    MEMORIES,
    BenchCore,
    converse,
    frames_of,
)

BEATS = np.array([0x04030201, 0x08070605, 0xFFFFFFFF, 0], dtype=np.uint32)
DIGEST = np.frombuffer(bytes.fromhex("a1a2a3a4a5a6a7a8"), dtype="<u4")


def error_of(answer):
    assert answer.status == 0xFF
    assert len(answer.payload) == 1
    return ErrorCode(answer.payload[0])


def identity(answer) -> Identity:
    return parse_identity(answer.payload)


@pytest.mark.parametrize("frame_bytes", [512, 256])
def test_identify_tells_digests_buffer_and_bad_frames(frame_bytes):
    raw = b"noise\0\x03\0" + frames_of([identify_request()] * 2)
    answers, _ = converse(raw, frame_bytes=frame_bytes)
    expected = Identity(CONFIG_DIGEST.hex(), IMAGE_DIGEST.hex(), frame_bytes, bad_frames=2)
    assert [identity(answer) for answer in answers] == [expected] * 2
    assert [answer.sequence for answer in answers] == [1, 2]


@pytest.mark.parametrize("stall_seed", [None, 1, 2])
def test_what_is_written_can_be_read_back(stall_seed):
    requests = [
        write_request(MemoryId.MEMBRANE, 0x2A, BEATS),
        read_request(MemoryId.MEMBRANE, 0x2B, 2),
        read_request(MemoryId.BIAS, 0x2B, 1),
    ]
    answers, core = converse(frames_of(requests), stall_seed=stall_seed)
    assert [answer.status for answer in answers] == [0x82, 0x83, 0x83]
    assert answers[0].payload == b""
    assert list(parse_words(answers[1].payload)) == list(BEATS[1:3])
    assert list(parse_words(answers[2].payload)) == [0]
    assert core.writes == [(MemoryId.MEMBRANE, 0x2A + i, beat) for i, beat in enumerate(BEATS)]


def test_the_longest_requests_are_acted_on_and_addresses_wrap():
    beats = np.arange(62, dtype=np.uint32)
    answers, core = converse(
        frames_of([write_request(MemoryId.FILTER, 0, beats), read_request(MemoryId.FILTER, 0, 256)])
    )
    assert len(core.writes) == 62
    assert list(parse_words(answers[1].payload, 256)) == [*beats, 0, 0] * 4


@pytest.mark.parametrize("stall_seed", [None, 3, 4])
def test_a_run_answers_one_frame_per_step(stall_seed):
    requests = [
        run_request(3, changed=0x8001, plane_address=5, planes=BEATS[:2]),
        run_request(1),
    ]
    answers, core = converse(frames_of(requests), stall_seed=stall_seed)
    assert core.writes == [(MemoryId.PLANES, 5, BEATS[0]), (MemoryId.PLANES, 6, BEATS[1])]
    assert core.runs == [(0, 0x8001), (0, 0), (0, 0), (0, 0)]
    assert [(a.sequence, a.status, a.payload[0]) for a in answers] == [
        (1, 0x84, 2),
        (1, 0x84, 1),
        (1, 0x84, 0),
        (2, 0x84, 0),
    ]
    for step, answer in enumerate(answers):
        words = [word["data"] for word in core.results_of(step)]
        assert list(parse_words(answer.payload[1:])) == words


def test_a_run_has_more_steps_than_a_byte_counts():
    request = run_request(300)
    content = bytes([0, 1, request.command]) + request.arguments
    dut = Commands(CONFIG_DIGEST, IMAGE_DIGEST, MEMORIES, 512, 1)
    core, out = BenchCore(words_per_step=0), []

    async def main(ctx):
        left = reversed(range(len(content)))
        await put(ctx, dut.i, [{"data": d, "left": k} for d, k in zip(content, left, strict=True)])
        await until_quiet(ctx, out, 20)

    simulate(dut, main, collect(dut.o, out), core.bus(dut), core.steps(dut))
    assert len(core.runs) == 300
    assert [item.data for item in out[2::7]] == [left % 256 for left in reversed(range(300))]
    assert [k for k, item in enumerate(out) if item.last] == list(range(6, 7 * 300, 7))


@pytest.mark.parametrize("stall_seed", [None, 5])
@pytest.mark.parametrize("steps", [1, 2, 260])
def test_a_run_may_answer_its_last_step_only(steps, stall_seed):
    request = run_request(steps, 1, 5, BEATS[:1], last_only=True)
    answers, core = converse(frames_of([request, identify_request()]), stall_seed=stall_seed)
    assert core.runs == [(0, 1)] + [(0, 0)] * (steps - 1)
    assert [answer.status for answer in answers] == [0x84, 0x81]
    words = [word["data"] for word in core.results_of(steps - 1)]
    assert answers[0].payload[0] == 0
    assert list(parse_words(answers[0].payload[1:])) == words


SPIKES = Window(1, 40, ResultKind.SPIKE)


@pytest.mark.parametrize("stall_seed", [None, 6])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_sum_answers_once_with_the_sums_and_the_cycles(steps, stall_seed):
    request = sum_request(steps, SPIKES, 1, 5, BEATS[:1])
    rng = None if stall_seed is None else random.Random(stall_seed)
    core = BenchCore(words_per_step=4, rng=rng)
    answers, _ = converse(
        frames_of([request, run_request(1)]), core=core, stall_seed=stall_seed, total_words=64
    )
    assert core.writes == [(MemoryId.PLANES, 5, BEATS[0])]
    assert core.runs == [(0, 1)] + [(0, 0)] * steps
    assert [(a.sequence, a.status, a.payload[0]) for a in answers] == [(1, 0x85, 0), (2, 0x84, 0)]
    words = [[word["data"] for word in core.results_of(step)] for step in range(steps)]
    bits = [step[1 + k // 32] >> k % 32 & 1 for step in words for k in range(40)]
    expected = np.array(bits).reshape(steps, 40).sum(axis=0)
    assert list(parse_words(answers[0].payload[1:])) == [*expected, sum(w[-1] for w in words)]
    assert list(parse_words(answers[1].payload[1:])) == [
        word["data"] for word in core.results_of(steps)
    ]


def test_a_sum_is_unknown_where_none_can_be_kept():
    answers, core = converse(frames_of([sum_request(1, SPIKES)]))
    assert error_of(answers[0]) == ErrorCode.UNKNOWN_COMMAND
    assert not core.runs


def test_a_request_of_another_session_is_refused_and_not_acted_on():
    requests = [
        encode_request(run_request(1), 1, session=9),
        encode_request(identify_request(0xABCDEF09), 2, session=77),
        encode_request(run_request(1), 3, session=9),
        encode_request(write_request(MemoryId.BIAS, 0, BEATS), 4),
        encode_request(identify_request(), 5),
        encode_request(run_request(1), 6, session=9),
    ]
    answers, core = converse(b"".join(requests))
    assert [a.status for a in answers] == [0xFF, 0x81, 0x84, 0xFF, 0x81, 0xFF]
    assert {error_of(a) for a in answers if a.status == 0xFF} == {ErrorCode.OTHER_SESSION}
    assert answers[1].payload[4:8].hex() == "09efcdab"
    assert answers[4].payload[4:8] == bytes(4)
    assert len(core.runs) == 1
    assert not core.writes


def test_a_reset_answers_with_its_cycles_alone():
    answers, core = converse(frames_of([reset_request()]))
    assert core.runs == [(1, 0)]
    assert answers[0].payload == b"\0" + (1000).to_bytes(4, "little")


def test_a_repeated_frame_is_refused_and_not_acted_on():
    once = [
        encode_request(write_request(MemoryId.PLANES, 0, BEATS), 9),
        encode_request(run_request(2), 10),
        encode_request(identify_request(), 11),
    ]
    answers, core = converse(b"".join(frame * 2 for frame in once))
    assert len(core.writes) == 4
    assert len(core.runs) == 2
    statuses = [(a.sequence, a.status) for a in answers]
    assert statuses == [
        (9, 0x82),
        (9, 0xFF),
        (10, 0x84),
        (10, 0x84),
        (10, 0xFF),
        (11, 0x81),
        (11, 0xFF),
    ]
    assert {error_of(a) for a in answers if a.status == 0xFF} == {ErrorCode.REPEATED}


@pytest.mark.parametrize(
    ("last", "number", "refused"),
    [
        (9, 9, True),
        (9, 8, True),
        (9, 137, True),
        (9, 136, False),
        (9, 10, False),
        (200, 20, False),
        (200, 72, True),
        (0, 255, True),
    ],
)
def test_numbers_go_forward_and_refused_ones_do_not_count(last, number, refused):
    requests = [
        encode_request(run_request(1), last),
        encode_request(run_request(1), number),
        encode_request(run_request(1), last),
        encode_request(identify_request(0x55), number, session=0x55),
        encode_request(identify_request(0x55), number, session=0x55),
    ]
    answers, core = converse(b"".join(requests))
    assert [a.status for a in answers] == [0x84, 0xFF if refused else 0x84, 0xFF, 0x81, 0xFF]
    assert len(core.runs) == 1 + (not refused)


def test_the_first_frame_may_have_any_number():
    answers, _ = converse(encode_request(identify_request(), 0))
    assert answers[0].status == 0x81


@pytest.mark.parametrize("command", [0, 6, 0x42, 0x81, 0xFF])
@pytest.mark.parametrize("arguments", [b"", bytes(8)])
def test_an_unknown_command_is_refused(command, arguments):
    raw = encode_frame(bytes([0, 7, command]) + arguments) + frames_of([identify_request()])
    answers, core = converse(raw)
    assert error_of(answers[0]) == ErrorCode.UNKNOWN_COMMAND
    assert answers[1].status == 0x81
    assert not core.writes + core.runs


WRONG_LENGTHS = [
    (Command.IDENTIFY, (0, 1, 3, 5, 8)),
    (Command.WRITE, (0, 1, 4, 7, 9, 11, 251, 253)),
    (Command.READ, (0, 4, 7, 9, 12)),
    (Command.RUN, (0, 4, 7, 9, 10, 15)),
    (Command.SUM, (0, 4, 7, 8, 9, 11, 13)),
]


@pytest.mark.parametrize(("command", "lengths"), WRONG_LENGTHS)
def test_a_wrong_length_is_refused(command, lengths):
    requests = [Request(command, bytes(length)) for length in lengths]
    answers, core = converse(
        frames_of([*requests, identify_request()]), frame_bytes=2048, total_words=64
    )
    assert [error_of(answer) for answer in answers[:-1]] == [ErrorCode.WRONG_LENGTH] * len(lengths)
    assert answers[-1].status == 0x81
    assert not core.writes + core.runs


@pytest.mark.parametrize("number", [MemoryId.IMAGE_DIGEST + 1, 15, 0x10, 0x81])
def test_a_bad_memory_is_refused(number):
    requests = [write_request(number, 0, BEATS), read_request(number, 0, 4)]
    answers, core = converse(frames_of([*requests, identify_request()]))
    assert [error_of(answer) for answer in answers[:2]] == [ErrorCode.BAD_MEMORY] * 2
    assert identity(answers[2]).image_digest == IMAGE_DIGEST.hex()
    assert not core.writes


@pytest.mark.parametrize("memory", MEMORIES)
def test_only_writing_an_image_memory_clears_the_image_digest(memory):
    requests = [
        read_request(memory, 0, 1),
        identify_request(),
        write_request(memory, 0, BEATS[:1]),
        identify_request(),
    ]
    answers, _ = converse(frames_of(requests))
    kept = IMAGE_DIGEST.hex()
    assert identity(answers[1]).image_digest == kept
    assert identity(answers[3]).image_digest == ("00" * 8 if memory in IMAGE_MEMORIES else kept)


def test_the_image_digest_is_written_whole_and_told_by_identify():
    requests = [
        write_request(MemoryId.IMAGE_DIGEST, 0, DIGEST),
        identify_request(),
        write_request(MemoryId.IMAGE_DIGEST, 0, DIGEST[:1]),
        write_request(MemoryId.IMAGE_DIGEST, 0, np.concatenate([DIGEST, DIGEST])),
        read_request(MemoryId.IMAGE_DIGEST, 0, 2),
        identify_request(),
    ]
    answers, core = converse(frames_of(requests))
    assert identity(answers[1]) == identity(answers[5])
    assert identity(answers[5]).image_digest == "a1a2a3a4a5a6a7a8"
    assert [error_of(answers[i]) for i in (2, 3, 4)] == [
        ErrorCode.WRONG_LENGTH,
        ErrorCode.WRONG_LENGTH,
        ErrorCode.BAD_MEMORY,
    ]
    assert not core.writes


def test_a_damaged_run_is_neither_acted_on_nor_answered():
    damaged = bytearray(encode_request(run_request(1, planes=BEATS), 5))
    damaged[6] ^= 0x10
    answers, core = converse(bytes(damaged) + b"\0" + frames_of([identify_request()]))
    assert [answer.status for answer in answers] == [0x81]
    assert not core.writes + core.runs


def test_requests_that_wait_during_a_run_are_acted_on_after_it():
    requests = [run_request(5), write_request(MemoryId.PLANES, 0, BEATS), run_request(1, 1)]
    answers, core = converse(frames_of(requests), stall_seed=8)
    assert len(core.runs) == 6
    assert [answer.sequence for answer in answers] == [1] * 5 + [2, 3]
