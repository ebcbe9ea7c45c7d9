"""Connections and probes: who is joined to whom, through which matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Collector, ModelError
from nef2hw.model.fields import Fields, Range, shape_text, suggestion
from nef2hw.model.network import (
    PROBES,
    Connection,
    Endpoint,
    Ensemble,
    FloatArray,
    IndexArray,
    Input,
    Probe,
)
from nef2hw.model.schema import SYNAPSE_FIELDS
from nef2hw.model.synapse_fields import read_synapse

Arrays = Mapping[str, npt.NDArray[Any]]
Ends = Mapping[str, Input | Ensemble]
Outputs = Mapping[str, int]  #: size of each probe that connections lead to, as ``probes/<p>``

_SIZE = Range(1, 1_000_000)


def read_connection(name: str, arrays: Arrays, ends: Ends, outputs: Outputs) -> Connection:
    """Read ``connections/<name>`` from one of ``ends`` to one of ``ends`` or ``outputs``."""
    fields = Fields(arrays, f"connections/{name}/")
    collect = Collector()
    with collect:
        pre = _endpoint(fields, "pre", ends)
        decoders, pre_slice, size_mid = _read_source(fields, "pre", pre, ends)
    with collect:
        post, size_post = _read_post(fields, ends, outputs)
        post_slice = fields.indices("post_slice", size_post, str(post))
        _check_post_slice(fields, post_slice)
    with collect:
        synapse, delay = read_synapse(fields)
    collect.check()
    size_out = size_post if post_slice is None else len(post_slice)
    transform = _read_transform(fields, size_mid, size_out)
    return Connection(name, pre, post, decoders, transform, pre_slice, post_slice, synapse, delay)


def read_probe(name: str, arrays: Arrays, ends: Ends) -> Probe:
    """Read ``probes/<name>`` of an ensemble in ``ends``, or one that connections lead to."""
    fields = Fields(arrays, f"{PROBES}{name}/")
    if fields.has("size"):
        return _read_output(name, fields)
    collect = Collector()
    with collect:
        target = _endpoint(fields, "target", ends)
        if isinstance(ends[target.name], Input):
            raise ModelError(
                f"{fields.key('target')} is the input {target.name!r}, "
                "expected an ensemble, or its neurons as '<ensemble>.neurons'"
            )
        decoders, _, size_mid = _read_source(fields, "target", target, ends)
        size = size_mid
        if fields.has("transform") and fields.arrays[fields.key("transform")].ndim == 2:
            size = fields.needed_floats("transform", ("size", size_mid)).shape[0]
        transform = _read_transform(fields, size_mid, size)
        bias = fields.floats("bias", (size,))
    with collect:
        synapse, delay = read_synapse(fields)
    collect.check()
    return Probe(name, target, size, decoders, transform, bias, synapse, delay)


def _read_output(name: str, fields: Fields) -> Probe:
    size = fields.integer("size", _SIZE)
    for field in ("target", "decoders", "transform", *SYNAPSE_FIELDS):
        if fields.has(field):
            raise ModelError(
                f"{fields.key(field)} is given, expected it absent: a probe with a size is the sum "
                f"of the connections to '{PROBES}{name}'"
            )
    return Probe(name, None, size, bias=fields.floats("bias", (size,)))


def _read_post(fields: Fields, ends: Ends, outputs: Outputs) -> tuple[Endpoint, int]:
    found = fields.text("post", "the name of an ensemble")
    if not found.startswith(PROBES):
        post = _endpoint(fields, "post", ends)
        return post, _post_size(fields, post, ends)
    if found not in outputs:
        raise ModelError(
            f"{fields.key('post')} is {found!r}, expected a probe with a size; give "
            f"{found}/size, and no target{suggestion(found, outputs)}"
        )
    return Endpoint(found), outputs[found]


def _endpoint(fields: Fields, field: str, ends: Ends) -> Endpoint:
    found = fields.text(field, "the name of an input or ensemble")
    name, dot, attribute = found.partition(".")
    if dot and attribute != "neurons":
        raise ModelError(f"{fields.key(field)} is {found!r}, expected '<name>' or '<name>.neurons'")
    if name not in ends:
        raise ModelError(
            f"{fields.key(field)} is {found!r}, expected one of "
            f"{', '.join(ends) or 'none'}{suggestion(name, ends)}"
        )
    if dot and isinstance(ends[name], Input):
        raise ModelError(
            f"{fields.key(field)} is {found!r}, but {name!r} is an input and has no "
            f"neurons; expected {name!r}"
        )
    return Endpoint(name, bool(dot))


def _read_source(
    fields: Fields, field: str, pre: Endpoint, ends: Ends
) -> tuple[FloatArray | None, IndexArray | None, int]:
    source = ends[pre.name]
    if isinstance(source, Ensemble) and not pre.neurons:
        fields.need(
            "decoders",
            f"shape (size_mid, {source.n_neurons}), as {field} is the ensemble "
            f"{pre.name!r}; for its spikes use '{pre.name}.neurons'",
        )
        decoders = fields.needed_floats("decoders", ("size_mid", source.n_neurons))
        rows = fields.indices("pre_slice", len(decoders), "decoders") if field == "pre" else None
        return decoders, rows, len(decoders) if rows is None else len(rows)
    if fields.has("decoders"):
        raise ModelError(
            f"{fields.key('decoders')} is given, expected it absent: {field} is "
            f"{str(pre)!r}, and only an ensemble is decoded"
        )
    size = source.n_neurons if isinstance(source, Ensemble) else source.size
    pre_slice = fields.indices("pre_slice", size, str(pre)) if field == "pre" else None
    return None, pre_slice, size if pre_slice is None else len(pre_slice)


def _post_size(fields: Fields, post: Endpoint, ends: Ends) -> int:
    target = ends[post.name]
    if isinstance(target, Input):
        raise ModelError(f"{fields.key('post')} is the input {post.name!r}, expected an ensemble")
    if post.neurons:
        return target.n_neurons
    if target.encoders is None:
        raise ModelError(
            f"ensembles/{post.name}/encoders is missing, expected shape "
            f"({target.n_neurons}, d), as {fields.key('post')} is {post.name!r}; to "
            f"connect to its neurons use '{post.name}.neurons'"
        )
    return int(target.encoders.shape[1])


def _check_post_slice(fields: Fields, indices: IndexArray | None) -> None:
    if indices is None:
        return
    values, counts = np.unique(indices, return_counts=True)
    if (counts > 1).any():
        raise ModelError(
            f"{fields.key('post_slice')} holds the index {values[counts > 1][0]} "
            "more than once, expected each at most once"
        )


def _read_transform(fields: Fields, size_mid: int, size_out: int) -> FloatArray | None:
    if not fields.has("transform"):
        if size_mid != size_out:
            raise ModelError(
                f"{fields.key('transform')} is missing, expected shape "
                f"({size_out}, {size_mid}), as {size_mid} values go to {size_out}"
            )
        return None
    found = fields.arrays[fields.key("transform")].shape
    square = size_mid == size_out
    if len(found) == 2 or (len(found) < 2 and not square):
        return fields.needed_floats("transform", (size_out, size_mid))
    if len(found) > 2:
        raise ModelError(
            f"{fields.key('transform')} has shape {found}, expected (), "
            f"{shape_text((size_mid,))} or ({size_out}, {size_mid})"
        )
    return fields.needed_floats("transform", (size_mid,) * len(found))
