"""Named layouts of the core's stream payloads."""

from amaranth.lib import data

#: Width of the set of changed inputs in a run request, the most inputs a core can have.
MAX_INPUTS = 16


class BusRequest(data.Struct):
    """One 32-bit access to a memory; ``address`` counts beats."""

    memory: 4
    address: 24
    write: 1
    data: 32


class RunRequest(data.Struct):
    """Run one step, or clear all state when ``reset`` is set."""

    reset: 1
    changed: MAX_INPUTS


class ResultWord(data.Struct):
    """One word of a step's results; ``last`` marks the cycle count that ends it."""

    data: 32
    last: 1
