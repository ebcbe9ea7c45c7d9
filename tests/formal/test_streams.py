"""Words pass the blocks between streams whole, in order and once, and stay while they wait.

The lemmas name registers of the blocks; with them, the proofs hold for any number of cycles.
"""

import pytest

from nef2hw.rtl import event_merge, skid, stream_register
from tests.formal.prover import model_of
from tests.formal.streams import StreamProof
from tests.program.cores import core
from tests.sim.mutation import mutate

pytest.importorskip("bitwuzla")

SMALL = core(weight_words=2, row_map_words=2, row_words=1)

SKID = """(and (= <held> (ite <dut.kept> #b01 #b00)) (=> <marked> (and (= <ahead> #b00)
(= <word> <dut.{word}>))))"""
BLOCKS = {
    "skid": (lambda: StreamProof(skid.Skid(4), 1), SKID.format(word="word")),
    "register": (
        lambda: StreamProof(stream_register.StreamRegister(4), 1),
        """(and (= <held> (ite <dut.o__valid> #b01 #b00)) (=> <marked> (and (= <ahead> #b00)
        (= <word> <dut.o__payload>))))""",
    ),
    "merge": (
        lambda: StreamProof(event_merge.EventMerge(SMALL), 1, ("spikes", "inputs")),
        SKID.format(word="skid.word").replace("dut.kept", "dut.skid.kept"),
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_keeps_the_promises_of_a_stream(name):
    make, lemma = BLOCKS[name]
    model = model_of(make())
    assert model.happens("(and <marked> (not <ready>))", 5)
    assert model.holds_for(5)
    assert model.begins(lemma)
    assert model.goes_on(1, lemma)


@pytest.mark.parametrize(
    ("name", "module", "right", "wrong"),
    [
        ("skid", "skid", "self.o.valid & ~self.o.ready", "self.i.valid & ~self.o.ready"),
        ("skid", "skid", "with m.Else():", "with m.If(1):"),
        ("skid", "skid", "self.kept | self.i.valid", "self.i.valid"),
        (
            "register",
            "stream_register",
            "self.o.valid.eq(0)",
            "self.o.valid.eq(self.i.valid)",
        ),
        ("register", "stream_register", "m.Elif(self.o.ready)", "m.Else()"),
        ("merge", "event_merge", "skid.i.ready & ~self.spikes.valid", "skid.i.ready"),
        ("merge", "event_merge", "with m.If(self.spikes.valid)", "with m.If(~self.inputs.valid)"),
    ],
)
def test_a_broken_block_is_found_out(name, module, right, wrong, monkeypatch):
    mutate(monkeypatch, module, right, wrong)
    assert not model_of(BLOCKS[name][0]()).holds_for(5)
