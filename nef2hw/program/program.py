"""A compiled network: what to synthesize, what to load, and what it computes."""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryImage
from nef2hw.program.network import QuantizedNetwork


@dataclass(frozen=True)
class Program:
    """The compiler's product.

    ``network`` holds the same numbers as ``image``, free of any layout: the
    golden model computes from it, and users' units come from it.
    """

    config: CoreConfig
    image: MemoryImage
    network: QuantizedNetwork
