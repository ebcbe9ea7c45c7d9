"""Which part of the design a placed cell belongs to, in words."""

from __future__ import annotations

#: Modules of the design, by their place in its hierarchy; what is not listed belongs to the module
#: around it.
PARTS = {
    "core.bus": "memory bus",
    "core.sequencer": "sequencer",
    "core.sequencer.fetch": "instruction fetch",
    "core.inputs": "input engine",
    "core.inputs.reader": "plane reader",
    "core.inputs.scan": "search for set bits",
    "core.merge": "joining of events",
    "core.synapses": "adders of weights",
    "core.synapses.walker": "row walker",
    "core.synapses.weights": "weight memory",
    "core.neurons": "control of the neuron engine",
    "core.neurons.feed": "lane feed",
    "core.neurons.filter": "synaptic filters",
    "core.neurons.sums": "sums of currents",
    "core.neurons.membrane": "membranes",
    "core.neurons.membrane.divider": "dividers",
    "core.neurons.packer": "result words",
    "core.neurons.queue": "spike queue",
    "core.neurons.split": "spike queue",
    "core.queue": "result queue",
    "port.commands": "commands of the link",
    "port.receiver": "frame receiver of the link",
    "port.transmitter": "frame transmitter of the link",
    "port": "link",
    "receiver": "UART receiver",
    "transmitter": "UART transmitter",
}

_TOP = "top."


def part_of(cell: str) -> str:
    """Return the part that ``cell``, a name of nextpnr's, belongs to: words, then its path.

    A name that no part has is returned as it is.
    """
    path = cell
    while path.startswith(_TOP):
        path = path.removeprefix(_TOP)
    found = [name for name in PARTS if _holds(name, path)]
    if not found:
        return cell
    name = max(found, key=len)
    return f"{PARTS[name]} ({name})"


def _holds(name: str, path: str) -> bool:
    """Whether ``path`` lies in the module ``name``, one of several of that name included."""
    after = path.removeprefix(name)
    return after != path and (after[:1] in ("", ".") or after[1:2].isdigit())
