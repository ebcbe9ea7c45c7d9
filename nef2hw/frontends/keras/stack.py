"""Files that hold arrays alone: which of them make which Dense layer.

Nothing is guessed: arrays that can be read in no way, or in more than one, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.contents import Contents, listing, shown
from nef2hw.frontends.keras.plan import NeuronsHere, Plan, Step
from nef2hw.frontends.keras.readings import MAX_SEARCHED, DenseArrays, Reading, readings
from nef2hw.frontends.layers.records import Dense
from nef2hw.model.fields import AnyArray, suggestion

#: How a user names the arrays of each Dense layer: its kernel, or its kernel and bias.
ArrayNames = Sequence[str | Sequence[str]]


def plan_of_arrays(contents: Contents, chosen: ArrayNames | None, readout: bool) -> Plan:
    """Find the Dense layers, and put neurons after each; after the last unless ``readout``.

    Raises
    ------
    ModelError
        The arrays can be read in no way, or in several; it lists them.
    """
    if chosen is not None:
        reading = Reading(tuple(_chosen(contents.arrays, chosen)))
    else:
        reading = _only(readings(contents, readout), contents)
    steps: list[tuple[str, Step]] = []
    last = reading.dense[-1]
    for dense in reading.dense:
        bias = None if dense.bias is None else dense.bias[1]
        steps.append((shown(dense.name), Dense(dense.kernel[1], bias)))
        if dense is not last or not readout:
            steps.append((shown(dense.name), NeuronsHere()))
    where = f"every Dense layer but the last, {shown(last.name)}" if readout else "every layer"
    notes = [dense.note() for dense in reading.dense]
    if chosen is not None:
        notes += _not_used(contents.arrays, reading.dense)
    if reading.nengo is not None:
        notes.append(
            f"the neurons' own biases are {shown(reading.nengo.bias_name)}; their voltages start "
            "at 0, which NengoDL draws at random"
        )
    notes.append(f"the file does not say where neurons are; they stand after {where}")
    return Plan(tuple(steps), tuple(notes), reading.nengo)


def _chosen(arrays: Mapping[str, AnyArray], chosen: Any) -> Iterator[DenseArrays]:
    if not isinstance(chosen, (list, tuple)) or not chosen:
        raise ModelError(f"arrays is {chosen!r:.60}, expected [('kernel', 'bias'), ...]")
    for k, names in enumerate(chosen):
        pair = (names,) if isinstance(names, str) else names
        if not isinstance(pair, (list, tuple)) or len(pair) not in (1, 2):
            raise ModelError(
                f"arrays[{k}] is {pair!r:.60}, expected the name of a kernel, or those of a "
                "kernel and its bias"
            )
        for name in pair:
            if name not in arrays:
                raise ModelError(
                    f"arrays[{k}] names {name!r:.60}, expected one of {listing(arrays)}"
                    f"{suggestion(str(name), arrays)}"
                )
        kernel, *bias = ((name, arrays[name]) for name in pair)
        yield DenseArrays(kernel[0], kernel, bias[0] if bias else None)


def _not_used(arrays: Mapping[str, AnyArray], dense: Sequence[DenseArrays]) -> list[str]:
    used = {name for layer in dense for name, _ in (layer.kernel, *filter(None, [layer.bias]))}
    rest = {name: array for name, array in arrays.items() if name not in used}
    return [f"not used: {listing(rest)}"] if rest else []


def _only(found: Sequence[Reading], contents: Contents) -> Reading:
    if len(found) == 1:
        return found[0]
    nengo = (
        ""
        if "layers" in contents.origin
        else "; of a network of NengoDL, sim.freeze_params(net) and then nef2hw.from_nengo(net, "
        "ranges={'its input': (-1, 1)})"
    )
    ways = "in more than one way" if found else "in no way"
    if contents.origin == "unordered layers" and len(contents.layers) > MAX_SEARCHED:
        ways = f"in an order that is searched for {MAX_SEARCHED} layers at most"
    raise ModelError(
        f"the arrays make a chain of Dense layers {ways}: "
        f"{listing(contents.arrays)}; save the whole model with model.save('model.keras'), which "
        "says what its layers are, or name kernel (n_in, n_out) and bias of each layer, "
        f"arrays=[('name', 'name'), ...]{nengo}"
    )
