"""Content of memories in netlists and in routed designs."""

import random

import pytest

from nef2hw.build.contents.ecp5 import Ecp5Routed
from nef2hw.build.contents.gowin import GowinRouted
from nef2hw.build.contents.ice40 import Ice40Routed
from nef2hw.build.contents.marker import marker_image, memory_bits
from nef2hw.build.contents.netlist import read_memories, with_memories
from nef2hw.program.memory import MemoryId, MemoryImage, beats_to_words
from tests.program.cores import CONFIG, core

NETLIST = r"""
module \top
  cell $mem_v2 \a.cells
    parameter \MEMID "\\a.cells"
    parameter \INIT 6'011010
    parameter \RD_INIT_VALUE 1'x
  end
  cell $mem_v2 $auto$1
    parameter \INIT 2'1x
  end
  cell $other \b.cells
    parameter \INIT 6'000000
  end
end
"""


def test_memories_of_a_netlist_are_read_and_replaced():
    assert read_memories(NETLIST) == {"a.cells": "011010", "$auto$1": "1x"}
    changed = with_memories(NETLIST, {"a.cells": "111000"})
    assert changed == NETLIST.replace("011010", "111000")
    assert with_memories(NETLIST, {}) == NETLIST


def test_the_marker_image_fills_every_memory_with_bits_of_its_own():
    image = marker_image(CONFIG)
    bits = memory_bits(CONFIG, image)
    assert image.digest == marker_image(CONFIG).digest
    assert len(set(bits.values())) == len(bits) == 5
    for name, content in bits.items():
        assert len(content) == CONFIG.memories[MemoryId[name.upper()]].bits
        assert 0.4 < content.count("1") / len(content) < 0.6


def test_a_short_image_ends_in_zeros():
    marker = marker_image(CONFIG)
    short = {memory: beats[:2] for memory, beats in marker.beats.items()}
    whole, cut = (memory_bits(CONFIG, i) for i in (marker, MemoryImage(short, {})))
    for name, content in cut.items():
        width = CONFIG.memories[MemoryId[name.upper()]].width
        assert content[-2 * width :] == whole[name][-2 * width :]
        assert set(content[: -2 * width]) == {"0"}


def test_weights_in_slices_are_memories_of_their_own():
    config = core(weight_words=3_000, lanes=8)
    image = marker_image(config)
    slices = [bits for name, bits in memory_bits(config, image).items() if "weights" in name]
    width, depth = config.memories[MemoryId.WEIGHTS].width, 3_000
    assert [len(bits) // depth for bits in slices] == [4] * (width // 4)
    words = beats_to_words(image.beats[MemoryId.WEIGHTS])
    first = "".join(bits[-4:] for bits in reversed(slices))
    last = "".join(bits[:4] for bits in reversed(slices))
    assert (int(first, 2), int(last, 2)) == (words[0], words[-1])


def block(number):
    return [f".bram_init {number}", *[" ".join(["000"] * 8)] * 256, ""]


ECP5 = "\n".join(
    [
        ".device LFE5U-12F",
        "",
        ".tile R7C34:PLC2",
        "arc: A0 B0",
        *(f"word: SLICE{s}.K{k}.INIT 0000000000000000" for s in "AB" for k in (0, 1)),
        "enum: SLICEC.REG1.REGSET SET",
        "",
        *block(5),
        *block(6),
        ".tile_group MIB_R25C48:MIB_EBR6 MIB_R25C49:MIB_EBR7",
        "word: EBR3.WID 011000000",
        "enum: EBR3.MODE DP16KD",
        "",
    ]
)
BELS = {
    "ram": "X48/Y25/EBR3",
    "bit": "X34/Y7/SLICEC.FF1",
    **{
        f"table$DPRAM_COMB{2 * s + k}": f"X34/Y7/SLICE{'AB'[s]}.K{k}"
        for s in (0, 1)
        for k in (0, 1)
    },
}


def block_content(rng):
    words = [f"{rng.getrandbits(18):020b}" for _ in range(1024)]
    rows = ["".join(words[16 * k : 16 * k + 16]) for k in range(64)]
    return {f"INITVAL_{k:02X}": row for k, row in enumerate(rows)}


def test_what_is_written_into_an_ecp5_is_read_back_and_nothing_else_changes():
    rng = random.Random(1)
    routed = Ecp5Routed(ECP5, BELS)
    filled, table = block_content(rng), {"INITVAL": f"{rng.getrandbits(64):064b}"}
    routed.write("ram", filled)
    routed.write("table", table)
    routed.write_register("bit", False)
    again = Ecp5Routed(routed.text, BELS)
    assert again.read("ram") == filled
    assert again.read("table") == table
    assert again.read_register("bit") is False
    again.write("ram", dict.fromkeys(filled, "0" * 320))
    again.write("table", {"INITVAL": "0" * 64})
    again.write_register("bit", True)
    assert again.text == ECP5


@pytest.mark.parametrize(
    ("bit", "row", "word", "value"),
    [(0, 0, 0, 0x001), (8, 0, 0, 0x100), (9, 0, 1, 0x001), (17, 0, 1, 0x100), (20, 0, 2, 0x001)],
)
def test_a_bit_of_a_block_ram_stands_in_its_word_of_nine(bit, row, word, value):
    content = {f"INITVAL_{k:02X}": "0" * 320 for k in range(64)}
    content["INITVAL_02"] = f"{1 << bit:0320b}"
    routed = Ecp5Routed(ECP5, BELS)
    routed.write("ram", content)
    lines = routed.text.split("\n")
    first = lines.index(".bram_init 6") + 1
    assert int(lines[first + 8 + row].split()[word], 16) == value


def test_a_word_of_a_distributed_ram_exchanges_two_bits_of_its_address():
    routed = Ecp5Routed(ECP5, BELS)
    routed.write("table", {"INITVAL": f"{0b0100 << (4 * 1):064b}"})
    assert "word: SLICEB.K0.INIT 0000000100000000" in routed.text
    assert routed.text.count("0000000000000000") == 3


ICE40 = "\n".join(
    [".device 5k", *[line for y in (1, 3) for line in (f".ram_data 6 {y}", *["0" * 64] * 16, "")]]
)


def test_what_is_written_into_an_ice40_is_read_back_and_nothing_else_changes():
    rng = random.Random(2)
    content = {f"INIT_{k:X}": f"{rng.getrandbits(256):0256b}" for k in range(16)}
    routed = Ice40Routed(ICE40, {"ram_RAM": "X6/Y3/ram"})
    routed.write("ram", content)
    lines = routed.text.split("\n")
    first = lines.index(".ram_data 6 3") + 1
    assert [int(line, 16) for line in lines[first : first + 16]] == [
        int(b, 2) for b in content.values()
    ]
    assert routed.read("ram") == content
    routed.write("ram", dict.fromkeys(content, "0" * 256))
    assert routed.text == ICE40
    routed.write_register("any", False)
    assert not routed.read_register("any")


def test_a_gowin_cell_is_found_though_it_is_the_last_and_a_net_has_its_name():
    text = """\
        "flop": {
          "hide_name": 0,
          "type": "DFFSE",
          "port_directions": {
            "SET": "input"
          }
        }
      },
      "netnames": {
        "SET": {
          "hide_name": 0,
          "bits": [ 7 ]
        },
        "flop": {
          "hide_name": 0,
          "bits": [ 8 ]
        }"""
    routed = GowinRouted(text, {})
    assert routed.read_register("flop")
    routed.write_register("flop", False)
    assert not routed.read_register("flop")
    assert routed.text == text.replace("DFFSE", "DFFRE").replace(
        '"SET": "input"', '"RESET": "input"'
    )
