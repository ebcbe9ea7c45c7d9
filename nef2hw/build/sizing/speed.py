"""How many cycles a step takes, about, from sizes alone."""

from __future__ import annotations

from nef2hw.compiler.cycles import Activity, Laid, immediate, relay_words, row_words, spiking
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.program.pipeline import spike_latency
from nef2hw.program.planes import plane_places
from nef2hw.program.words import VALUES_PER_WORD

#: Part of the neurons, and of spike inputs, that send a spike in a typical step.
TYPICAL_SPIKES = 0.1
#: Part of the steps in which value inputs change. A change is delivered in two steps.
TYPICAL_CHANGES = 0.05
#: Magnitude bits of a relayed value of typical size; half of them are set.
TYPICAL_RELAY_BITS = 12
#: Cycles between two barriers in which nothing enters and nothing is added: the pipeline is filled
#: and emptied, and the next instruction fetched.
LEVEL_CYCLES = 24


def typical_cycles(laid: Laid) -> float:
    """Estimate the mean cycles of steps with `TYPICAL_SPIKES` and `TYPICAL_CHANGES`."""
    delivered = 2 * TYPICAL_CHANGES
    held, changed = (estimate_cycles(laid, _typical(laid.network, c)) for c in (False, True))
    return (1 - delivered) * held + delivered * changed


def _typical(network: QuantizedNetwork, changed: bool) -> Activity:
    """Return spikes of some sources, half the bits of relays, and of values if they changed."""
    inputs = {
        p.name: p.size * (TYPICAL_SPIKES if p.spiking else changed * p.planes / 2)
        for p in network.inputs
    }
    relay_bits = min(network.formats.relay_planes, TYPICAL_RELAY_BITS) / 2
    relays = {relay.name: relay.size * relay_bits for relay in network.relays}
    fired = {p.name: p.size * TYPICAL_SPIKES for p in spiking(network)}
    return Activity({**inputs, **relays, **fired})


def estimate_cycles(laid: Laid, activity: Activity) -> float:
    """Estimate the cycles of a step with the given activity.

    Populations of a level enter one after the other; the spikes of each are added from the begin
    of its last pass on, behind those before them. Values to relay are written as planes before the
    next population enters, and delivered before the next level.
    """
    network, config = laid.network, laid.config
    words = {
        name: _cycles_of_row(n, config) for name, n in row_words(network, config.lanes).items()
    }
    added = {name: count * words.get(name, 0) for name, count in activity.events.items()}
    for place in plane_places(network.inputs):
        if activity.events[place.port.name]:
            added[place.port.name] += place.words * place.port.planes
    early = {port.name for port in network.inputs if immediate(network, port.name)}
    cycles = sum(added[name] for name in early)
    waiting = sum(added[port.name] for port in network.inputs if port.name not in early)
    relays = relay_words(network, added)
    for level in range(max(p.level for p in network.populations) + 1):
        here = [p for p in network.populations if p.level == level]
        cycles += LEVEL_CYCLES + relays[level] + _level(here, laid, added, waiting)
        waiting = 0.0
    return cycles


def _cycles_of_row(words: int, config: CoreConfig) -> int:
    """Cycles of an event: a word is added to sums in block RAM in every other cycle at most."""
    return max(words, 2) if words and config.sum_memory == "block" else words


def _level(
    populations: list[Population], laid: Laid, added: dict[str, float], waiting: float
) -> float:
    """Cycles between two barriers, of which ``waiting`` go to inputs."""
    config, entered, sent = laid.config, 0.0, waiting
    for population in populations:
        passes = max(1, len(population.compartments))
        rows = -(-population.size // config.neuron_lanes)
        last = max(rows * config.neuron_interval, spike_latency(config) - 1)
        entered += passes * last
        sent += passes * -(-population.size // config.lanes)
        sent = max(sent, entered - last) + added.get(population.name, 0.0)
        if population.relayed:
            words = -(-population.size // VALUES_PER_WORD)
            entered += words * config.formats.relay_planes
    return max(entered, sent)
