"""COBS, CRC and UART of the link against well-kept packages."""

import random
import zlib

import pytest
from amaranth.hdl import Module
from cobs import cobs

from nef2hw.rtl.link.cobs import CobsDecoder, CobsEncoder
from nef2hw.rtl.link.crc import Crc32
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter
from tests.rtl.link_bench import PERIOD_S, collect, put, simulate, transform, until_quiet

LENGTHS = (1, 2, 253, 254, 255, 256, 508, 509)


def nonzero(length):
    return bytes(1 + i % 255 for i in range(length))


EDGES = [
    *(nonzero(length) for length in LENGTHS),
    *(nonzero(length) + b"\0" for length in (0, 253, 254, 255)),
    *(b"\0" + nonzero(length) for length in (1, 254, 255)),
    bytes(5),
    b"\0\1\0",
    b"\xff" * 255,
]
RANDOM = [bytes(random.Random(seed).choices((0, 0, 1, 2, 255), k=40 + seed)) for seed in range(4)]


def framed(data):
    return [{"data": byte, "last": i == len(data) - 1} for i, byte in enumerate(data)]


@pytest.mark.parametrize("stall_seed", [None, 1])
def test_the_encoder_agrees_with_the_cobs_package(stall_seed):
    frames = EDGES + RANDOM if stall_seed is None else EDGES[-4:] + RANDOM
    sent = [item for frame in frames for item in framed(frame)]
    out = transform(CobsEncoder(), sent, quiet=600, stall_seed=stall_seed)
    assert bytes(out) == b"".join(cobs.encode(frame) + b"\0" for frame in frames)


@pytest.mark.parametrize("stall_seed", [None, 1])
def test_the_decoder_agrees_with_the_cobs_package(stall_seed):
    frames = EDGES + RANDOM if stall_seed is None else EDGES[-4:] + RANDOM
    frames = [b"", *frames]
    sent = b"".join(cobs.encode(frame) + b"\0" for frame in frames)
    decoded, current = [], []
    for item in transform(CobsDecoder(), sent, stall_seed=stall_seed):
        if item.end:
            assert not item.cut
            decoded.append(bytes(current))
            current = []
        else:
            current.append(item.data)
    assert decoded == frames


@pytest.mark.parametrize("cut", [b"\x05\x01", b"\x02", b"\xff\x01\x02"])
def test_the_decoder_tells_a_cut_block_and_resynchronises(cut):
    items = transform(CobsDecoder(), cut + b"\0" + b"\x02\x07\0")
    ends = [item.cut for item in items if item.end]
    assert ends == [1, 0]
    assert [item.data for item in items if not item.end][-1] == 7


@pytest.mark.parametrize("message", [b"\0", b"123456789", bytes(range(256)), b"\xff" * 7])
def test_the_crc_agrees_with_zlib(message):
    dut = Crc32()
    crc = zlib.crc32(message)

    async def main(ctx):
        for _ in range(2):
            await put(ctx, dut.i, message)
            await ctx.tick().until(dut.i.ready)
            assert ctx.get(dut.crc) == crc
            assert not ctx.get(dut.match)
            await put(ctx, dut.i, crc.to_bytes(4, "little"))
            await ctx.tick().until(dut.i.ready)
            assert ctx.get(dut.match)
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)

    simulate(dut, main)


UART_BYTES = b"\x00\xff\x55\xaa\x01\x80\xfe\x7f"


def received_bytes(divisor, data, bit_s, gap_bits=0.0, stop=1):
    """Send ``data`` to a UartReceiver with bits of ``bit_s`` seconds."""
    dut, out = UartReceiver(divisor), []

    async def main(ctx):
        await ctx.delay(bit_s * 3.3)
        for byte in data:
            for level in (0, *(byte >> k & 1 for k in range(8)), stop):
                ctx.set(dut.rx, level)
                await ctx.delay(bit_s)
            ctx.set(dut.rx, 1)
            await ctx.delay(bit_s * gap_bits)
        await until_quiet(ctx, out, 20 * divisor)

    simulate(dut, main, collect(dut.o, out))
    return bytes(out)


@pytest.mark.parametrize("error", [-0.02, 0.0, 0.02])
@pytest.mark.parametrize("divisor", [4, 5, 7, 16, 104])
def test_the_uart_receives_with_two_percent_of_clock_error(divisor, error):
    data = UART_BYTES * (3 if divisor < 16 else 1)
    bit_s = divisor * PERIOD_S * (1 + error)
    assert received_bytes(divisor, data, bit_s) == data
    assert received_bytes(divisor, data[:4], bit_s, gap_bits=0.37) == data[:4]


def test_the_uart_drops_a_byte_without_a_stop_bit():
    assert received_bytes(8, b"\x41\x42", 8 * PERIOD_S, gap_bits=12, stop=0) == b""


@pytest.mark.parametrize("divisor", [4, 13])
def test_the_uart_hears_what_it_says(divisor):
    sender, receiver = UartTransmitter(divisor), UartReceiver(divisor)
    assert loop_back(sender, receiver, UART_BYTES * 2) == UART_BYTES * 2


def loop_back(sender, receiver, data):
    """Send ``data`` through both ends and return what arrives."""
    m, out = Module(), []
    m.submodules += [sender, receiver]
    m.d.comb += receiver.rx.eq(sender.tx)

    async def main(ctx):
        await put(ctx, sender.i, data)
        await until_quiet(ctx, out, 20 * sender.divisor)

    simulate(m, main, collect(receiver.o, out))
    return bytes(out)
