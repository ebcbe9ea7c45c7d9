"""What must hold before a request is acted on, as expressions."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from amaranth.hdl import Const, Mux, Value

from nef2hw.program.link_codes import Command
from nef2hw.program.memory import IMAGE_MEMORIES, MemoryId, MemoryShape

#: Width of a memory's number on the bus.
MEMORY_BITS = 4

_TOKEN_END = 4
_AMOUNT_END = 8


class MemoryKind(NamedTuple):
    """Flags of a memory's number."""

    on_bus: Value
    in_image: Value
    is_digest: Value


def is_known(command, can_sum: bool) -> Value:
    """Whether there is such a command; SUM only where sums can be kept."""
    known = [int(known) for known in Command if can_sum or known is not Command.SUM]
    return command.matches(*known)


def has_right_length(command, left) -> Value:
    """Whether ``left`` bytes after ``command`` are a token, a target and an amount, or whole words.

    A WRITE has one word before its data and one at least of them, a RUN two before, a SUM three.
    """
    whole_words = (left[3:] != 0) & (left[:2] == 0)
    two_words = left == _AMOUNT_END
    cases = {
        Command.IDENTIFY: left == _TOKEN_END,
        Command.READ: two_words,
        Command.SUM: whole_words & ~two_words,
    }
    right = whole_words
    for number, condition in cases.items():
        right = Mux(command == number, condition, right)
    return right


def memory_kind(byte, memories: Iterable[MemoryId]) -> MemoryKind:
    """Look up the memory number ``byte`` among ``memories``."""
    in_range = byte[MEMORY_BITS:] == 0
    on_bus = set(memories) - {MemoryId.IMAGE_DIGEST}
    return MemoryKind(
        in_range & _is_member(byte[:MEMORY_BITS], on_bus),
        in_range & _is_member(byte[:MEMORY_BITS], on_bus & set(IMAGE_MEMORIES)),
        byte == MemoryId.IMAGE_DIGEST,
    )


def address_bits(memories: Mapping[MemoryId, MemoryShape]) -> int:
    """Width of the longest beat address."""
    beats = max((shape.depth * shape.stride for shape in memories.values()), default=1)
    return max(1, (beats - 1).bit_length())


def _is_member(number, members: Iterable[int]) -> Value:
    mask = sum(1 << int(member) for member in members)
    return Const(mask, 1 << MEMORY_BITS).bit_select(number, 1)
