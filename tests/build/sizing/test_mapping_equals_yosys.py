"""Random memories are mapped as yosys maps them."""

import json
import random

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.build.families.registry import FAMILIES
from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.mapping import Memory, map_memory
from nef2hw.tools import find_tool, has_tool, run_tool

#: Libraries of RAMs, as the synthesis of each family gives them to ``memory_libmap``.
LIBRARIES = {
    "ecp5": "-lib +/lattice/lutrams_trellis.txt -lib +/lattice/brams_16kd.txt",
    "ice40": "-lib +/ice40/brams.txt -lib +/ice40/spram.txt -no-auto-huge",
    "gowin": "-lib +/gowin/lutrams.txt -lib +/gowin/brams.txt -no-auto-distributed",
    "xilinx7": "-lib +/xilinx/lutrams_xc5v.txt -lib +/xilinx/brams_xc4v.txt -D HAS_SIZE_36 "
    "-D HAS_CASCADE -D HAS_CONFLICT_BUG -D HAS_MIXWIDTH_SDP",
}
#: What tells halves of a block RAM from wholes.
THEN = {"xilinx7": "techmap -map +/xilinx/brams_xc6v_map.v"}
#: Cells that a resource's blocks are before they are mapped further, and what each counts as.
CELLS = {
    "lut_rams": {
        "$__TRELLIS_DPR16X4_": 1,
        **{f"$__XILINX_LUTRAM_{ports}_": 1 for ports in ("SP", "DP", "QP", "SDP")},
    },
    "block_rams": {
        **dict.fromkeys(("$__DP16KD_", "$__PDPW16KD_", "$__ICE40_RAM4K_"), 1),
        **{f"$__GOWIN_{ports}_": 1 for ports in ("SP", "DP", "SDP")},
        "RAMB18E1": 1,
        "RAMB36E1": 2,
    },
    "spram_blocks": {"$__ICE40_SPRAM_": 1},
}
COUNT = 10


class OneMemory(wiring.Component):
    """A memory whose ports are those of the component."""

    def __init__(self, wanted):
        self.wanted = wanted
        address = max(1, (wanted.depth - 1).bit_length())
        names = ("read_address", "second_address", "write_address")
        super().__init__(
            {
                **{name: In(address) for name in names},
                "write_data": In(wanted.width),
                "write": In(wanted.parts),
                "read_data": Out(wanted.width),
                "second_data": Out(wanted.width),
            }
        )

    def elaborate(self, platform):
        m = Module()
        wanted = self.wanted
        attrs = {"ram_style": wanted.style} if wanted.style else {}
        m.submodules.cells = cells = memory.Memory(
            shape=unsigned(wanted.width), depth=wanted.depth, init=[], attrs=attrs
        )
        read = cells.read_port(domain="comb" if wanted.at_once else "sync")
        write = cells.write_port(granularity=wanted.width // wanted.parts)
        m.d.comb += [
            read.addr.eq(self.read_address),
            write.addr.eq(self.read_address if wanted.shared else self.write_address),
            write.data.eq(self.write_data),
            write.en.eq(self.write),
            self.read_data.eq(read.data),
        ]
        if wanted.shared:
            m.d.comb += read.en.eq(~self.write.any())
        if wanted.reads == 2:
            second = cells.read_port()
            m.d.comb += [second.addr.eq(self.second_address), self.second_data.eq(second.data)]
        return m


def random_memory(rng, family):
    depth = rng.choice((rng.randint(2, 40), rng.randint(2, 3000)))
    kind = rng.choice(("image", "state", "parts", "paired", "at once", "huge"))
    width = rng.choice((rng.randint(1, 40), rng.randint(1, 300)))
    if kind == "image" or (kind == "at once" and not RULES[family].distributed_words):
        return Memory(depth, width, rng.choice((None, "block")), shared=True)
    if kind == "huge" and family == "ice40":
        return Memory(depth, width, "huge", shared=True)
    if kind == "parts":
        parts = rng.choice((2, 4, 8))
        return Memory(depth, parts * rng.randint(2, 40), parts=parts)
    if kind == "at once":
        return Memory(depth, width, at_once=True)
    return Memory(depth, width, reads=2 if kind == "paired" else 1)


def mapped_by_yosys(memories, family, folder):
    """Blocks of each resource that yosys makes of each memory."""
    designs = [rtlil.convert(OneMemory(m), name=f"m{k}") for k, m in enumerate(memories)]
    (folder / "memories.il").write_text("".join(designs))
    script = FAMILIES[family].flow.synthesis.get("script_after_read", "")
    (folder / "map.ys").write_text(
        f"read_rtlil memories.il\n{script}\nsetattr -mod -unset top *\n"
        "proc\nflatten\nopt_clean\nmemory -nomap\nopt_clean\n"
        f"memory_libmap {LIBRARIES[family]}\n{THEN.get(family, '')}\n"
        "tee -q -o stat.json stat -json\n"
    )
    run_tool(
        find_tool("yosys"), ["-q", "-s", "map.ys"], cwd=folder, log=folder / "yosys.log",
        makes=[folder / "stat.json"],
    )  # fmt: skip
    text = (folder / "stat.json").read_text()
    modules = json.loads(text[text.index("{") :])["modules"]
    cells = [modules[f"\\m{k}"]["num_cells_by_type"] for k in range(len(memories))]
    return [
        {
            name: sum(units * found.get(cell, 0) for cell, units in kinds.items())
            for name, kinds in CELLS.items()
        }
        for found in cells
    ]


@pytest.mark.skipif(not has_tool("yosys"), reason="needs yosys")
@pytest.mark.parametrize("family", RULES)
def test_random_memories_become_what_yosys_makes_of_them(family, tmp_path):
    rng = random.Random(7)
    memories = [random_memory(rng, family) for _ in range(COUNT)]
    counted = [dict.fromkeys(CELLS, 0) for _ in memories]
    for found, wanted in zip(counted, memories, strict=True):
        mapping = map_memory(wanted, RULES[family].rams)
        if mapping.resource != "register_bits":
            found[mapping.resource] = mapping.blocks
    mapped = mapped_by_yosys(memories, family, tmp_path)
    assert list(zip(memories, counted, strict=True)) == list(zip(memories, mapped, strict=True))
