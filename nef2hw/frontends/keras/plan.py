"""What a file of weights was understood to say, before its neurons' constants are known."""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.frontends.layers.records import BatchNormalization, Dense
from nef2hw.model.fields import AnyArray


@dataclass(frozen=True)
class NeuronsHere:
    """A place for neurons, of the type that the file says, if it does."""

    type_name: str | None = None


Step = Dense | BatchNormalization | NeuronsHere


@dataclass(frozen=True, eq=False)
class NengoNeurons:
    """Neurons of a file that NengoDL wrote: their biases are in it, their gains are not."""

    sizes: tuple[int, ...]  #: neurons of each layer
    bias_name: str  #: in the file
    bias: AnyArray  #: of all of them, in an order that NengoDL chose
    converted: bool  #: a scaled Dense bias is part of it


@dataclass(frozen=True, eq=False)
class Plan:
    """Layers in their order, each with the place that messages name."""

    steps: tuple[tuple[str, Step], ...]
    notes: tuple[str, ...]
    nengo: NengoNeurons | None = None
