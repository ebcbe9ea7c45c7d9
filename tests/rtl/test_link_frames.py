"""Frames: only whole, right ones are handed on, whatever else the line carries."""

import random

import pytest

from nef2hw.host.protocol import encode_frame
from nef2hw.rtl.link.frames import FrameReceiver, FrameTransmitter
from tests.rtl.link_bench import collect, put, simulate, transform, until_quiet

GOOD = b"\x07\x02\x00\xff\x00\x2a"


def contents(items):
    """Join RequestBytes into frames."""
    frames, current = [], bytearray()
    for item in items:
        current.append(item.data)
        if item.left == 0:
            frames.append(bytes(current))
            current = bytearray()
    assert not current
    return frames


def receive(raw, *, frame_bytes=512, read_from=0, rng=None):
    """Return the frames handed on for the bytes ``raw``, and the count of bad ones.

    Nothing is read before byte number ``read_from`` has been sent.
    """
    dut, items = FrameReceiver(frame_bytes), []
    reading = []

    async def reader(ctx):
        while not reading:
            await ctx.tick()
        await collect(dut.o, items, rng)(ctx)

    async def main(ctx):
        await put(ctx, dut.i, raw[:read_from], rng)
        await ctx.tick().repeat(20)
        reading.append(True)
        await put(ctx, dut.i, raw[read_from:], rng)
        await until_quiet(ctx, items, 100)
        bad.append(ctx.get(dut.bad_frames))

    bad = []
    simulate(dut, main, reader)
    return contents(items), bad[0]


@pytest.mark.parametrize("length", [3, 4, 255, 256])
def test_a_frame_of_a_legal_length_is_handed_on(length):
    content = random.Random(length).randbytes(length)
    assert receive(encode_frame(content) * 2) == ([content] * 2, 0)


@pytest.mark.parametrize("length", [0, 1, 257, 300, 700])
def test_a_frame_too_short_or_too_long_is_dropped_and_counted(length):
    raw = encode_frame(bytes(length)) + encode_frame(GOOD)
    assert receive(raw) == ([GOOD], 1)


@pytest.mark.parametrize("bit", range(8))
def test_a_frame_with_any_flipped_bit_is_dropped(bit):
    frame = encode_frame(GOOD)
    raw = bytearray()
    for place in range(len(frame)):
        damaged = bytearray(frame)
        damaged[place] ^= 1 << bit
        raw += damaged + b"\0" + frame
    frames, bad = receive(bytes(raw))
    assert frames == [GOOD] * len(frame)
    assert bad >= len(frame)


def test_a_truncated_frame_is_dropped_at_the_next_delimiter():
    frame = encode_frame(GOOD)
    cuts = range(1, len(frame) - 1)
    raw = b"".join(frame[:cut] + b"\0" + frame for cut in cuts)
    assert receive(raw) == ([GOOD] * len(cuts), len(cuts))


def test_garbage_and_empty_frames_between_frames_do_no_harm():
    rng = random.Random(3)
    raw = b"\0\0\x01\0"
    for _ in range(12):
        noise = bytes(rng.randrange(256) for _ in range(rng.randrange(30)))
        raw += noise + b"\0\0" + encode_frame(GOOD)
    frames, _ = receive(raw)
    assert frames == [GOOD] * 12


def test_frames_wait_in_the_buffer_until_it_is_full():
    """Each takes its content, one byte of length and four of CRC; one byte stays free."""
    content = bytes(range(20))
    fitting, sent = 127 // 25, 8
    raw = encode_frame(content) * sent
    assert receive(raw, frame_bytes=128, read_from=len(raw)) == (
        [content] * fitting,
        sent - fitting,
    )


@pytest.mark.parametrize(("length", "fits"), [(122, True), (123, False)])
def test_the_longest_frame_that_fits_an_empty_buffer(length, fits):
    content = bytes(length)
    raw = encode_frame(content) + encode_frame(GOOD)
    assert receive(raw, frame_bytes=128) == ([content, GOOD] if fits else [GOOD], not fits)


@pytest.mark.parametrize("seed", range(3))
def test_stalls_lose_whole_frames_at_most(seed):
    rng = random.Random(seed)
    sent = [
        bytes([number, *(rng.randrange(256) for _ in range(rng.randrange(1, 28)))])
        for number in range(60)
    ]
    raw = b"".join(encode_frame(content) for content in sent)
    frames, bad = receive(raw, frame_bytes=64, read_from=seed * 200, rng=rng)
    assert [content for content in sent if content in frames] == frames
    assert len(frames) + bad == len(sent)
    assert len(frames) > 20


@pytest.mark.parametrize("stall_seed", [None, 5])
def test_the_transmitter_sends_what_the_host_decodes(stall_seed):
    frames = [GOOD, b"\0", bytes(300), bytes(range(1, 256)) * 2, b"\xff"]
    items = [
        {"data": byte, "last": i == len(frame) - 1}
        for frame in frames
        for i, byte in enumerate(frame)
    ]
    out = transform(FrameTransmitter(), items, quiet=3000, stall_seed=stall_seed)
    assert bytes(out) == b"".join(encode_frame(frame) for frame in frames)
