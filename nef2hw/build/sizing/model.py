"""Estimate of what a core and its link take of a device."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.resources import Usage, present
from nef2hw.build.sizing.families import FamilyRules, measured_as, rules_of
from nef2hw.build.sizing.mapping import map_memory
from nef2hw.build.sizing.memories import memories_of
from nef2hw.build.sizing.multipliers import count_multipliers
from nef2hw.build.sizing.terms import logic_terms
from nef2hw.errors import CapacityError
from nef2hw.program.config import CoreConfig

#: Bits of one single-port RAM.
SPRAM_BITS = 16 * 16_384

Coefficients = Mapping[str, Mapping[str, float]]  #: by resource and term


@cache
def coefficients() -> Mapping[str, Coefficients]:
    """What synthesis takes per unit of each term, by family; written by the benchmark."""
    text = files(__package__).joinpath("coefficients.json").read_text(encoding="utf-8")
    found: Mapping[str, Coefficients] = json.loads(text)
    return found


def estimate(config: CoreConfig, family: str, fitted: Coefficients | None = None) -> dict[str, int]:
    """Estimate what a core and its link take, by resource.

    A family that was not measured is taken for ECP5. Memories and multipliers are counted by the
    rules of synthesis, logic by fitted terms.

    Raises
    ------
    CapacityError
        The family has no RAM of the kind that the core asks for.
    """
    rules = rules_of(family)
    terms = logic_terms(config, rules)
    fitted = coefficients()[measured_as(family)] if fitted is None else fitted
    logic = {
        resource: round(sum(each.get(term, 0.0) * count for term, count in terms.items()))
        for resource, each in fitted.items()
    }
    return {
        **logic,
        **_rams(config, family, rules),
        "dsp": count_multipliers(config, rules.multipliers),
    }


def _rams(config: CoreConfig, family: str, rules: FamilyRules) -> dict[str, int]:
    """Count blocks of RAM, and bits of single-port RAM where the family has it."""
    counts = {kind.resource: 0 for kind in rules.rams}
    for name, memory in memories_of(config, rules.receive_bytes).items():
        mapping = map_memory(memory, rules.rams)
        if mapping is None:
            raise CapacityError(
                f"{family} has no {memory.style or 'RAM'} memory for {name}; choose another kind"
            )
        if mapping.resource in counts:
            counts[mapping.resource] += mapping.blocks
    used = {"block_rams": counts["block_rams"]}
    if "spram_blocks" in counts:
        used["spram_bits"] = counts["spram_blocks"] * SPRAM_BITS
    return used


def estimate_usage(config: CoreConfig, board: BoardSpec) -> dict[str, Usage]:
    """Estimate what a core takes of ``board``, resource by resource."""
    used = estimate(config, board.family)
    return {name: Usage(count, present(board, name)) for name, count in used.items()}
