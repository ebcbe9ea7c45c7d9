"""Connections between populations, and to what is read out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nir.content import Content, is_bias
from nef2hw.frontends.nir.notes import quoted
from nef2hw.frontends.nir.parts import Part, Parts
from nef2hw.frontends.nir.signals import Signal, Term
from nef2hw.frontends.nir.synapse import in_series
from nef2hw.model.network import PROBES, Connection, Endpoint, FloatArray, IndexArray, Probe, locked
from nef2hw.model.synapses import Synapse


@dataclass(frozen=True, eq=False)
class Link:
    """A connection that has no name yet."""

    pre: Endpoint
    post: Endpoint
    transform: FloatArray
    post_slice: IndexArray | None = None
    synapse: Synapse | None = None
    delay: int = 0

    def named(self, name: str) -> Connection:
        """Return the connection under its name."""
        return Connection(
            name,
            self.pre,
            self.post,
            transform=locked(self.transform),
            post_slice=None if self.post_slice is None else locked(self.post_slice, np.int64),
            synapse=self.synapse,
            delay=self.delay,
        )


def links_into(name: str, content: Content, parts: Parts) -> tuple[Link, ...]:
    """Return the connections into a spiking node.

    Raises
    ------
    ModelError
        For a signal with more filters or delay than a connection has.
    """
    spiking = content.spiking[name]
    currents = [term.rows(spiking.factor) for term in content.currents[name]]
    late = np.array(spiking.late_reset)
    resets = (Link(part.end, part.end, late, delay=1) for part in parts[name] if late)
    return (*_links(name, currents, parts[name], parts, content.dt_s), *resets)


def read_out(
    name: str, probe: str, content: Content, parts: Parts
) -> tuple[Probe, tuple[Link, ...]]:
    """Return the probe of an output, and the connections that lead to it, if it needs any.

    Raises
    ------
    ModelError
        For a signal with more filters or delay than a connection has.
    """
    signal = content.outputs[name]
    moving = tuple(term for term in signal if not is_bias(term))
    size = len(moving[0].matrix)
    bias = content.bias_of(signal, size)
    direct = _direct(name, probe, moving, bias, content, parts)
    if direct is not None:
        return direct, ()
    end = Part(Endpoint(PROBES + probe), np.arange(size))
    links = tuple(_links(name, moving, [end], parts, content.dt_s))
    return Probe(probe, None, size, bias=bias), links


def _direct(
    name: str, probe: str, moving: Signal, bias: FloatArray, content: Content, parts: Parts
) -> Probe | None:
    """Return a probe of one population; None where there are several, or inputs."""
    (term, *others) = moving
    if others or term.source not in content.spiking or len(parts[term.source]) > 1:
        return None
    identity = term.is_diagonal and (term.matrix == 1).all()
    with _between(term, name):
        return Probe(
            probe,
            parts[term.source][0].end,
            len(bias),
            transform=None if identity else locked(term.matrix),
            bias=locked(bias) if bias.any() else None,
            synapse=in_series(term.taus_s, term.delay, content.dt_s),
            delay=term.delay,
        )


def _links(
    name: str, signal: Iterable[Term], posts: Sequence[Part], parts: Parts, dt_s: float
) -> Iterator[Link]:
    for term in signal:
        if not is_bias(term):
            with _between(term, name):
                synapse = in_series(term.taus_s, term.delay, dt_s)
                for pre in parts[term.source]:
                    for post in posts:
                        yield from _link(term, pre, post, synapse)


@contextmanager
def _between(term: Term, name: str) -> Iterator[None]:
    """Put what a term joins before the problems met within."""
    try:
        yield
    except ModelError as problem:
        source = "a bias" if term.source is None else quoted(term.source)
        raise ModelError(f"what comes from {source} to {quoted(name)} {problem}") from problem


def _link(term: Term, pre: Part, post: Part, synapse: Synapse | None) -> Iterator[Link]:
    """Join two parts, if there is any weight between them."""
    size = len(term.matrix)
    whole = len(pre.members) == len(post.members) == size
    if term.is_diagonal and whole and term.matrix.all():
        yield Link(pre.end, post.end, term.matrix / pre.unit, None, synapse, term.delay)
        return
    weights = term.dense[np.ix_(post.members, pre.members)] / pre.unit
    rows = np.flatnonzero(weights.any(axis=1))
    if len(rows):
        post_slice = None if len(rows) == len(weights) else rows
        yield Link(pre.end, post.end, weights[rows], post_slice, synapse, term.delay)
