"""Names for the parts of a Nengo network, of labels that may be missing or repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nef2hw.frontends.names import unique_names

Path = tuple[str, ...]


def part_names(network: Any) -> dict[Any, str]:
    """Name every ensemble and node of ``network``, all different.

    A label is taken as it is. Where it is only a number or not the only one, it gets the labels
    of the networks that it is in as prefix, as many as needed. What has no label is called as the
    attribute of its network that holds it, or else numbered: ``ens0``, ``ens1``, ..., ``node0``.
    """
    paths = dict(_with_paths(network))
    lengths = {part: 2 if path[-1].isdecimal() else 1 for part, path in paths.items()}
    while True:
        short = {part: "_".join(path[-lengths[part] :]) for part, path in paths.items()}
        count = Counter(short.values())
        longer = [
            part
            for part, path in paths.items()
            if count[short[part]] > 1 and lengths[part] < len(path)
        ]
        if not longer:
            break
        for part in longer:
            lengths[part] += 1
    return dict(zip(short, unique_names(short.values(), "part"), strict=True))


def _with_paths(network: Any) -> Iterator[tuple[Any, Path]]:
    numbers: Counter[str] = Counter()

    def label_of(part: Any, kind: str, attributes: Mapping[int, str]) -> str:
        label = part.label or attributes.get(id(part))
        if label:
            return str(label)
        numbers[kind] += 1
        return f"{kind}{numbers[kind] - 1}"

    def walk(inner: Any, path: Path) -> Iterator[tuple[Any, Path]]:
        attributes = {id(value): name for name, value in vars(inner).items()}
        for part in inner.ensembles:
            yield part, (*path, label_of(part, "ens", attributes))
        for part in inner.nodes:
            yield part, (*path, label_of(part, "node", attributes))
        for part in dict.fromkeys(inner.networks):
            yield from walk(part, (*path, label_of(part, "net", attributes)))

    yield from walk(network, ())
