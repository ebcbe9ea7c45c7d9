"""Choosing a core's structure for a board, and checking its memories against the board's."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.boards.spec import BoardSpec, Family
from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.errors import CapacityError
from nef2hw.program.config import MAX_LANES, CoreConfig
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.program.words import RESULT_BITS

#: Weights added per cycle, unless the user says otherwise: what small devices have room for.
_LANES: Mapping[Family, int] = {
    "ecp5": 32,
    "ice40": 8,
    "gowin": 16,
    "xilinx7": 32,
    "verilog": 32,
}
#: Devices with fewer look-up tables have no room for many lanes, nor for a pipelined divider.
_SMALL_LUTS = 10_000
_SMALL_LANES = 8
#: Cycles between neurons on small devices.
_SMALL_NEURON_INTERVAL = 8
#: Accumulators of so many words, one row of distributed RAM in each bank, need no block RAM.
_DISTRIBUTED_WORDS: Mapping[Family, int] = {
    "ecp5": 32,
    "ice40": 0,
    "gowin": 0,
    "xilinx7": 32,
    "verilog": 32,
}
_SPRAM_BLOCK = MemoryShape(16_384, 16)

#: Shapes that one block RAM can take, (depth, width).
_BLOCK_SHAPES: Mapping[Family, tuple[MemoryShape, ...]] = {
    "ecp5": tuple(MemoryShape(512 << k, w) for k, w in enumerate((36, 18, 9, 4, 2, 1))),
    "ice40": tuple(MemoryShape(256 << k, 16 >> k) for k in range(4)),
    "gowin": tuple(MemoryShape(512 << k, w) for k, w in enumerate((36, 18, 9, 4, 2, 1))),
    "xilinx7": tuple(MemoryShape(512 << k, w) for k, w in enumerate((36, 18, 9, 4, 2, 1))),
    "verilog": (MemoryShape(512, 36),),
}

#: Memories of fewer bits are kept in look-up tables; iCE40 has no such memory.
_SMALL_BITS: Mapping[Family, int] = {
    "ecp5": 2_048,
    "ice40": 0,
    "gowin": 1_024,
    "xilinx7": 4_096,
    "verilog": 0,
}

#: Bytes of the link's receive buffer that fit one block RAM, where that is more than the least.
_RECEIVE_BYTES: Mapping[Family, int] = {"ecp5": 2_048}
_LEAST_RECEIVE_BYTES = 512

#: Block RAMs of the link's buffers and the core's queues.
_BUFFERS: Mapping[Family, int] = {
    "ecp5": 2,
    "ice40": 6,
    "gowin": 2,
    "xilinx7": 2,
    "verilog": 0,
}


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
    return CoreShape(
        lanes,
        neuron_interval=_SMALL_NEURON_INTERVAL if _is_small(board) else 1,
        weight_memory="huge" if board.family == "ice40" else "block",
        distributed_words=_DISTRIBUTED_WORDS[board.family],
        sums_results=not _is_small(board),
    )


def _is_small(board: BoardSpec) -> bool:
    return board.capacity.limited and board.capacity.lut < _SMALL_LUTS


def _default_lanes(network: QuantizedNetwork, board: BoardSpec) -> int:
    widest = max(p.size for p in network.populations)
    most = min(_LANES[board.family], _SMALL_LANES if _is_small(board) else MAX_LANES)
    return min(1 << (widest - 1).bit_length(), most)


def block_rams(shape: MemoryShape, family: Family) -> int:
    """Number of block RAMs that a memory of ``shape`` takes, in the best of their shapes."""
    return min(
        -(-shape.depth // block.depth) * -(-shape.width // block.width)
        for block in _BLOCK_SHAPES[family]
    )


def receive_bytes(board: BoardSpec) -> int:
    """Size of the link's receive buffer: what a host sends ahead of the answers."""
    return _RECEIVE_BYTES.get(board.family, _LEAST_RECEIVE_BYTES)


def memory_blocks(config: CoreConfig, board: BoardSpec) -> dict[str, int]:
    """Estimate what the core's memories take: ``block_rams`` and ``spram_blocks``."""
    blocks = {"block_rams": _BUFFERS[board.family], "spram_blocks": 0}
    shapes = [
        shape
        for memory, shape in config.memories.items()
        if memory is not MemoryId.WEIGHTS or config.weight_memory == "block"
    ]
    if config.coupled:
        shapes.append(config.memories[MemoryId.FILTER])
    if config.sum_memory == "block":
        width = config.lanes * config.formats.accumulator_bits
        shapes.append(MemoryShape(2 * config.accumulator_words, width))
    shapes.append(MemoryShape(config.total_words, RESULT_BITS))
    for shape in shapes:
        if shape.bits >= _SMALL_BITS[board.family]:
            blocks["block_rams"] += block_rams(shape, board.family)
    if config.weight_memory == "huge":
        weights = config.memories[MemoryId.WEIGHTS]
        deep = -(-weights.depth // _SPRAM_BLOCK.depth)
        blocks["spram_blocks"] = deep * -(-weights.width // _SPRAM_BLOCK.width)
    return blocks


def memories_present(board: BoardSpec) -> dict[str, int]:
    """Count what `memory_blocks` counts on the board's device."""
    capacity = board.capacity
    return {
        "block_rams": capacity.block_rams,
        "spram_blocks": capacity.spram_bits // _SPRAM_BLOCK.bits,
    }


def check_memories(config: CoreConfig, board: BoardSpec) -> None:
    """Refuse a core whose memories exceed those of ``board``.

    Raises
    ------
    CapacityError
        Naming what is needed, what there is, and what to try.
    """
    if not board.capacity.limited:
        return
    blocks, present = memory_blocks(config, board), memories_present(board)
    if blocks["spram_blocks"] > present["spram_blocks"]:
        shape = config.memories[MemoryId.WEIGHTS]
        raise CapacityError(
            f"{board.name}: {config.lanes} lanes with {shape.bits} bits of weights need "
            f"{blocks['spram_blocks']} single-port RAMs, it has {present['spram_blocks']}; "
            "try fewer --lanes, fewer --weight-bits or a larger board"
        )
    if blocks["block_rams"] > present["block_rams"]:
        raise CapacityError(
            f"{board.name}: the core's memories need {blocks['block_rams']} block RAMs, it has "
            f"{present['block_rams']}; try fewer --weight-bits or a larger board"
        )
