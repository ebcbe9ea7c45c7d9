"""The shapes that were weighed, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nef2hw.build.sizing.candidates import Candidate
from nef2hw.build.sizing.choice import Weighing
from nef2hw.build.sizing.families import measured_as
from nef2hw.errors import CapacityError

#: Alternatives that need more than so many times what is allowed are not told.
NEARLY = 1.5


def explain(weighing: Weighing) -> dict[str, Any]:
    """Describe the choice of a core: what was asked, what was weighed, what was chosen.

    Where nothing will do, ``problem`` says why and what would help; it is None otherwise.
    """
    chosen, problem = None, None
    try:
        chosen = weighing.choose().chosen
    except CapacityError as error:
        problem = str(error)
    first, family = weighing.candidates[0], weighing.board.family
    return {
        "board": weighing.board.name,
        "family": family,
        "clock_mhz": first.clock_hz / 1e6,
        "target_steps_per_s": weighing.demands.target_rate_hz,
        "budgets": dict(weighing.demands.budgets),
        "allowed": {name: first.allowed[name] for name in first.usage if name in first.allowed},
        "estimated": True,
        "estimated_as": measured_as(family),
        "alternatives": [
            {**describe_candidate(c), "chosen": c is chosen} for c in weighing.candidates
        ],
        "problem": problem,
    }


def worth_telling(explained: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the chosen alternative, and those that have no better one and nearly fit.

    If there is none of these, the one that comes nearest to fitting.
    """
    entries: Sequence[Mapping[str, Any]] = explained["alternatives"]
    allowed = explained["allowed"]
    return [
        entry
        for entry in entries
        if entry["chosen"]
        or (_excess(entry, allowed) <= NEARLY and not _has_better(entry, entries))
    ] or [min(entries, key=lambda entry: _excess(entry, allowed))]


def _excess(entry: Mapping[str, Any], allowed: Mapping[str, int]) -> float:
    """How many times as much is needed as is allowed, of the resource that is scarcest."""
    used = entry["resources"]
    return max((float(used[name] / max(most, 1)) for name, most in allowed.items()), default=0.0)


def _has_better(entry: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether another one is as fast and takes no more; of equal ones, one that stands before."""
    before = True
    for other in entries:
        if other is entry:
            before = False
        elif _is_as_good(other, entry) and (before or not _is_as_good(entry, other)):
            return True
    return False


def _is_as_good(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    used, others = one["resources"], other["resources"]
    return one["steps_per_s"] >= other["steps_per_s"] and all(
        used[name] <= others[name] for name in others
    )


def describe_candidate(candidate: Candidate) -> dict[str, Any]:
    """One shape: its structure, its speed, and what it takes."""
    config = candidate.config
    return {
        "lanes": config.lanes,
        "neuron_lanes": config.neuron_lanes,
        "neuron_interval": config.neuron_interval,
        "weights": config.weight_memory,
        "sums": config.sum_memory,
        "cycles_per_step": {"typical": candidate.cycles, "max": candidate.cycles_most},
        "steps_per_s": round(candidate.rate_hz),
        "resources": {name: usage.used for name, usage in candidate.usage.items()},
        "fits": not candidate.overflows,
        "overflows": list(candidate.overflows),
    }
