"""Requests and answers as bytes."""

import re
from pathlib import Path

import numpy as np
import pytest

from nef2hw.errors import LinkError, LinkFault
from nef2hw.host.protocol import (
    Answer,
    Window,
    decode_answer,
    decode_frame,
    encode_frame,
    encode_request,
    identify_request,
    parse_identity,
    parse_words,
    payload_of,
    read_request,
    run_request,
    sum_request,
    write_request,
)
from nef2hw.program.link_codes import Command, ErrorCode, ResultKind
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


@pytest.mark.parametrize("content", [b"\0\0", b"ab", bytes(300), bytes(range(256))])
def test_a_frame_holds_its_content(content):
    frame = encode_frame(content)
    assert frame.count(0) == 1
    assert decode_frame(frame[:-1]) == content


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x09abc", encode_frame(b"a")[:-1]])
def test_a_damaged_frame_has_no_content(raw):
    assert decode_frame(raw) is None
    assert decode_answer(raw) is None


def test_every_turned_bit_is_noticed():
    frame = encode_frame(b"\x05\x84\x00\x01\x02")[:-1]
    for bit in range(8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert decode_frame(bytes(damaged)) is None


def test_the_examples_in_the_document_are_right():
    beats = np.array([0x11, 0x12345678], dtype=np.uint32)
    planes = np.array([5], dtype=np.uint32)
    expected = [
        encode_request(identify_request(0xC3B2A191), 6, session=0x91),
        encode_request(write_request(MemoryId.BIAS, 0x10, beats), 7, session=0x91),
        encode_frame(bytes([7, 0x82])),
        encode_request(run_request(2, 1, 0, planes), 8, session=0x91),
        encode_request(sum_request(100, Window(4, 10, ResultKind.READOUT), 1, 0, planes), 9, 0x91),
    ]
    blocks = re.findall(r"```text\n((?:[0-9a-f]{2}[ \n])+)```", DOCUMENT.read_text())
    assert [bytes.fromhex(block) for block in blocks] == expected


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1, "unknown command"),
        (2, "wrong length"),
        (3, "bad memory"),
        (4, "repeated"),
        (9, "error 9"),
    ],
)
def test_a_refusal_names_command_and_reason(code, reason):
    with pytest.raises(LinkError, match=rf"^the board refused READ: {reason}$"):
        payload_of(Answer(1, 0xFF, bytes([code])), read_request(MemoryId.BIAS, 0, 1))


def test_a_refusal_for_another_session_says_what_happened():
    message = r"refused RUN: other session; it was reset, or another program .*: reset and run"
    with pytest.raises(LinkFault, match=message):
        payload_of(Answer(1, 0xFF, b"\5"), run_request(1))


def test_only_the_identity_asked_for_is_taken():
    request = identify_request(0x01020304)
    head = bytes([2, 0, 0, 2])
    assert request.may_be_answered_by(Answer(1, 0x81, head + bytes([4, 3, 2, 1])))
    assert not request.may_be_answered_by(Answer(1, 0x81, head + bytes([5, 3, 2, 1])))
    assert not request.may_be_answered_by(Answer(1, 0xFF, b"\5"))
    assert request.may_be_answered_by(Answer(1, 0xFF, b"\4"))


def test_an_answer_to_something_else_is_refused():
    with pytest.raises(LinkError, match=r"answered IDENTIFY with status 0x82, expected 0x81"):
        payload_of(Answer(1, 0x82, b""), identify_request())


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b"", "no version in 0 bytes"),
        (bytes([1] * 24), "version 1 in 24"),
        (b"\1", "version 1 in 1"),
    ],
)
def test_another_protocol_is_refused(payload, found):
    with pytest.raises(LinkError, match=rf"{found}.*expected protocol version 2 in 24; load"):
        parse_identity(payload)


@pytest.mark.parametrize(
    ("payload", "expected", "message"),
    [(bytes(5), None, "5 bytes of data, expected whole words"), (bytes(8), 3, "8 .* expected 12")],
)
def test_an_answer_of_another_length_is_refused(payload, expected, message):
    with pytest.raises(LinkError, match=message):
        parse_words(payload, expected)


def test_the_document_lists_memories_commands_and_errors():
    text = DOCUMENT.read_text()
    memories = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|$", text, re.MULTILINE)
    assert [(int(number), name) for number, name in memories] == [(m, m.name) for m in MemoryId]
    named = ", ".join(memory.name for memory in IMAGE_MEMORIES)
    assert f"an image defines ({named}) clears it" in " ".join(text.split())
    commands = re.findall(r"^### ([A-Z]+), (\d+)$", text, re.MULTILINE)
    assert [(name, int(number)) for name, number in commands] == [(c.name, c) for c in Command]
    errors = re.findall(r"^\| (\d) \| ([a-z ]+) \|", text, re.MULTILINE)
    names = [(int(number), name.upper().replace(" ", "_")) for number, name in errors]
    assert names == [(e, e.name) for e in ErrorCode]
