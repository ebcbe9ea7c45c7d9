"""A program's image read back into what it says, by the layout alone."""

from dataclasses import dataclass

import numpy as np

from nef2hw.program.memory import MemoryId, beats_to_words
from nef2hw.program.words import (
    Opcode,
    deliver_fields,
    filter_fields,
    instruction_fields,
    row_map_fields,
    unpack,
    update_fields,
    width_of,
)


def signed(value, bits):
    """Return the two's complement ``value`` of ``bits`` as an integer."""
    return value - (1 << bits) if value >> (bits - 1) else value


def parts(words, width, count):
    """Split each word into ``count`` parts, the lowest first."""
    return [word >> (width * k) & ((1 << width) - 1) for word in words for k in range(count)]


@dataclass(frozen=True)
class Instruction:
    """One instruction of the schedule."""

    opcode: Opcode
    barrier: bool
    fields: dict[str, int]


class Disassembly:
    """Words of a program's image."""

    def __init__(self, program):
        self.config = program.config
        self._words = {m: beats_to_words(beats) for m, beats in program.image.beats.items()}

    def instructions(self):
        """Return the instructions of a step."""
        words, size = self._words[MemoryId.SCHEDULE], self.config.instruction_words
        return [
            self._instruction(sum(word << (32 * k) for k, word in enumerate(words[n : n + size])))
            for n in range(0, len(words), size)
        ]

    def _instruction(self, word):
        head = unpack(instruction_fields(self.config), word)
        kinds = {Opcode.UPDATE: update_fields, Opcode.DELIVER: deliver_fields}
        fields = kinds.get(head["opcode"], lambda config: {})(self.config)
        return Instruction(
            Opcode(head["opcode"]), bool(head["barrier"]), unpack(fields, head["body"])
        )

    def weights(self, fields, size):
        """Return the weights of ``size`` rows, (size, lanes) by accumulator word and delay."""
        found = {}
        for word in range(fields["row_words"]):
            target = unpack(
                row_map_fields(self.config),
                self._words[MemoryId.ROW_MAP][fields["row_map"] + word],
            )
            rows = [fields["row"] + n * fields["row_words"] + word for n in range(size)]
            place = (target["accumulator"], bool(target["delayed"]))
            block = np.array([self._weight_word(row) for row in rows])
            found[place] = found.get(place, 0) + block
        return found

    def _weight_word(self, row):
        bits, word = self.config.formats.weight_bits, self._words[MemoryId.WEIGHTS][row]
        lanes = range(self.config.lanes)
        return [signed(word >> (bits * k) & ((1 << bits) - 1), bits) for k in lanes]

    def biases(self, row, rows):
        """Return the bias codes of all neurons in ``rows`` rows."""
        bits = self.config.formats.bias_bits
        words = self._words[MemoryId.BIAS][row : row + rows]
        return [signed(code, bits) for code in parts(words, bits, self.config.neuron_lanes)]

    def slots(self, row, rows):
        """Return all slots in ``rows`` rows as fields."""
        fields = filter_fields(self.config)
        words = self._words[MemoryId.FILTER][row : row + rows]
        found = parts(words, width_of(fields), self.config.neuron_lanes)
        return [unpack(fields, slot) for slot in found]
