"""The top level on its two wires, with a stand-in for the core."""

from types import SimpleNamespace

import pytest
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.host.protocol import (
    DELIMITER,
    decode_answer,
    encode_request,
    identify_request,
    parse_identity,
    parse_words,
    read_request,
    run_request,
    write_request,
)
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter
from nef2hw.rtl.top import Top
from tests.rtl.link_bench import collect, put, simulate, until_quiet

DIVISOR = 4
CONFIG = SimpleNamespace(
    digest="0102030405060708",
    flags=4,
    total_words=0,
    compact=False,
    memories={MemoryId.BIAS: MemoryShape(16, 32)},
)


class StandIn(wiring.Component):
    """Keeps the last beat written; a step answers with it and the set of changed inputs."""

    bus: In(stream.Signature(BusRequest))
    bus_read: Out(stream.Signature(32))
    run: In(stream.Signature(RunRequest))
    results: Out(stream.Signature(ResultWord))

    def elaborate(self, _platform):
        m = Module()
        running, last = Signal(), Signal()
        changed = Signal.like(self.run.p.changed)
        m.d.comb += [
            self.bus.ready.eq(~self.bus_read.valid),
            self.run.ready.eq(~running),
            self.results.valid.eq(running),
            self.results.p.data.eq(Mux(last, changed, self.bus_read.payload)),
            self.results.p.last.eq(last),
        ]
        with m.If(self.bus.valid & self.bus.ready):
            m.d.sync += self.bus_read.valid.eq(~self.bus.p.write)
            with m.If(self.bus.p.write):
                m.d.sync += self.bus_read.payload.eq(self.bus.p.data)
        with m.Elif(self.bus_read.ready):
            m.d.sync += self.bus_read.valid.eq(0)
        with m.If(self.run.valid & self.run.ready):
            m.d.sync += [running.eq(1), last.eq(0), changed.eq(self.run.p.changed)]
        with m.Elif(self.results.ready):
            m.d.sync += [running.eq(~last), last.eq(1)]
        return m


def talk(top, requests):
    """Send ``requests`` over the wires; return the answers and busy at every cycle."""
    m, out, busy = Module(), bytearray(), []
    m.submodules.top = top
    m.submodules.sender = sender = UartTransmitter(DIVISOR)
    m.submodules.receiver = receiver = UartReceiver(DIVISOR)
    m.d.comb += [top.rx.eq(sender.tx), receiver.rx.eq(top.tx)]

    async def main(ctx):
        await put(ctx, sender.i, b"".join(encode_request(r, k) for k, r in enumerate(requests)))
        await until_quiet(ctx, out, 500)

    async def watch(ctx):
        while True:
            busy.append(ctx.get(top.busy))
            await ctx.tick()

    simulate(m, main, collect(receiver.o, out), watch)
    return [decode_answer(frame) for frame in bytes(out).split(DELIMITER)[:-1]], busy


@pytest.mark.parametrize(
    ("image", "given", "told"),
    [
        (None, None, "00" * 8),
        (SimpleNamespace(digest="aa" * 8), None, "aa" * 8),
        (SimpleNamespace(digest="aa" * 8), "bb" * 8, "bb" * 8),
    ],
)
def test_the_top_tells_its_digests(image, given, told):
    top = Top(CONFIG, image, uart_divisor=DIVISOR, image_digest=given, core=StandIn())
    answers, _ = talk(top, [identify_request()])
    identity = parse_identity(answers[0].payload)
    assert (identity.config_digest, identity.image_digest) == (CONFIG.digest, told)


@pytest.mark.parametrize("compact", [False, True])
def test_the_core_is_reached_over_the_wires(compact):
    config = SimpleNamespace(**vars(CONFIG) | {"compact": compact})
    top = Top(config, uart_divisor=DIVISOR, core=StandIn())
    requests = [
        write_request(MemoryId.BIAS, 0, [7, 8, 9]),
        read_request(MemoryId.BIAS, 1, 2),
        run_request(2, changed=3),
    ]
    answers, busy = talk(top, requests)
    assert list(parse_words(answers[1].payload)) == [9, 9]
    steps = [list(parse_words(answer.payload[1:])) for answer in answers[2:]]
    assert steps == [[9, 3], [9, 0]]
    assert (busy[0], max(busy), busy[-1]) == (0, 1, 0)
