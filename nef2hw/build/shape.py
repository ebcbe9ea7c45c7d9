"""Choosing a core's structure for a board, and checking its memories against the board's."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.boards.spec import BoardSpec, Family
from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.errors import CapacityError
from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program

#: Weights added per cycle, unless the user says otherwise: what small devices have room for.
_ECP5_LANES = 32
#: Cycles between neurons on iCE40, whose logic has no room for a pipelined divider.
_ICE40_NEURON_INTERVAL = 16
#: Width of iCE40's single-port RAM when all four blocks lie side by side.
_SPRAM_WIDTH = 64
_SPRAM_BLOCK = MemoryShape(16_384, 16)

#: Shapes that one block RAM can take, (depth, width).
_BLOCK_SHAPES: Mapping[Family, tuple[MemoryShape, ...]] = {
    "ecp5": tuple(MemoryShape(512 << k, w) for k, w in enumerate((36, 18, 9, 4, 2, 1))),
    "ice40": tuple(MemoryShape(256 << k, 16 >> k) for k in range(4)),
}

#: Memories of fewer bits are left to look-up tables by the tools.
_SMALL_BITS = 2_048


def compile_for_board(
    network: QuantizedNetwork, board: BoardSpec, lanes: int | None = None
) -> Program:
    """Assemble ``network`` for a core that ``board`` can hold.

    Parameters
    ----------
    lanes
        Weights added per cycle; by default as many as the family has room for, fewer for small
        networks, and halved while the memories do not fit.

    Raises
    ------
    CapacityError
        The memories do not fit the board.
    """
    if lanes is not None:
        program = assemble(network, _shape(board, lanes))
        check_memories(program.config, board)
        return program
    lanes = _default_lanes(network, board)
    while True:
        program = assemble(network, _shape(board, lanes))
        try:
            check_memories(program.config, board)
        except CapacityError:
            if lanes == 1:
                raise
            lanes //= 2
        else:
            return program


def _shape(board: BoardSpec, lanes: int) -> CoreShape:
    if board.family == "ice40":
        return CoreShape(lanes, neuron_interval=_ICE40_NEURON_INTERVAL, weight_memory="huge")
    return CoreShape(lanes)


def _default_lanes(network: QuantizedNetwork, board: BoardSpec) -> int:
    widest = max(p.size for p in network.populations)
    enough = 1 << (widest - 1).bit_length()
    if board.family == "ice40":
        lanes = _SPRAM_WIDTH // network.formats.weight_bits
        return min(enough, 1 << (lanes.bit_length() - 1))
    return min(enough, _ECP5_LANES)


def block_rams(shape: MemoryShape, family: Family) -> int:
    """Number of block RAMs that a memory of ``shape`` takes, in the best of their shapes."""
    return min(
        -(-shape.depth // block.depth) * -(-shape.width // block.width)
        for block in _BLOCK_SHAPES[family]
    )


def memory_blocks(config: CoreConfig, board: BoardSpec) -> dict[str, int]:
    """Estimate what the core's memories take: ``block_rams`` and ``spram_blocks``."""
    blocks = {"block_rams": 0, "spram_blocks": 0}
    for memory, shape in config.memories.items():
        if memory is MemoryId.WEIGHTS and config.weight_memory == "huge":
            blocks["spram_blocks"] = -(-shape.depth // _SPRAM_BLOCK.depth) * -(
                -shape.width // _SPRAM_BLOCK.width
            )
        elif shape.bits >= _SMALL_BITS:
            blocks["block_rams"] += block_rams(shape, board.family)
    return blocks


def check_memories(config: CoreConfig, board: BoardSpec) -> None:
    """Refuse a core whose memories exceed those of ``board``.

    Raises
    ------
    CapacityError
        Naming what is needed, what there is, and what to try.
    """
    blocks = memory_blocks(config, board)
    present = board.capacity.spram_bits // _SPRAM_BLOCK.bits
    if blocks["spram_blocks"] > present:
        shape = config.memories[MemoryId.WEIGHTS]
        raise CapacityError(
            f"{board.name}: {config.lanes} lanes with {shape.bits} bits of weights need "
            f"{blocks['spram_blocks']} single-port RAMs, it has {present}; "
            "try fewer --lanes, fewer --weight-bits or a larger board"
        )
    if blocks["block_rams"] > board.capacity.block_rams:
        raise CapacityError(
            f"{board.name}: the core's memories need {blocks['block_rams']} block RAMs, it has "
            f"{board.capacity.block_rams}; try fewer --weight-bits or a larger board"
        )
