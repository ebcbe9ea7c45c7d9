"""NIR graphs and Keras files that have to be refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tests.frontends.test_hdf5 import HOSTILE
from tests.hostile.archives import archive, deflated_zeros, npy, npz, one_entry
from tests.hostile.bad import PICKLE, Bad, Payload, changed, content
from tests.hostile.fuzz import damages, truncations

NIR = ("import", "{bad}", "--dt", "0.0001", "-o", "{out}")
KERAS = ("import", "{bad}", "--amplitude", "0.01", "--synapse", "0.005", "-o", "{out}")


def _hdf5(write: Callable[[h5py.File], object]) -> Callable[[Path, Path], object]:
    def writer(path: Path, good: Path) -> None:
        with h5py.File(path, "w") as file:
            write(file)

    return writer


def _edited(edit: Callable[[h5py.File], object]) -> Callable[[Path, Path], object]:
    """Return a writer of the good graph, edited."""

    def writer(path: Path, good: Path) -> None:
        path.write_bytes((good / "network.nir").read_bytes())
        with h5py.File(path, "r+") as file:
            edit(file["node"])

    return writer


def _put(key: str, value: object) -> Callable[[h5py.Group], object]:
    def edit(node: h5py.Group) -> None:
        del node[key]
        node[key] = value

    return edit


def _first(node: h5py.Group, field: str) -> str:
    return next(f"nodes/{name}/{field}" for name in node["nodes"] if field in node["nodes"][name])


def _graphs() -> dict[str, Callable[[Path, Path], object]]:
    """Sound HDF5 that is no sound graph."""
    edits: dict[str, Callable[[h5py.Group], object]] = {
        "no edges": lambda node: node.__delitem__("edges"),
        "edges of numbers": _put("edges", np.zeros((3, 2))),
        "edges to nowhere": _put("edges", [["a", "b"], ["b", "c"]]),
        "edges of three": _put("edges", [["a", "b", "c"]]),
        "no nodes": lambda node: node.__delitem__("nodes"),
        "node of a kind unknown": lambda node: _put(_first(node, "type"), "__import__('os')")(node),
        "weights of nan": lambda node: _fill(node, "weight", np.nan),
        "weights of inf": lambda node: _fill(node, "weight", np.inf),
        "weights of text": lambda node: _put(_first(node, "weight"), "x")(node),
        "weights of one axis": lambda node: _put(_first(node, "weight"), np.ones(3))(node),
        "weights of no rows": lambda node: _put(_first(node, "weight"), np.ones((0, 3)))(node),
        "a hostile name": lambda node: node["nodes"].create_group("$(touch executed)\x1b[2J"),
        "an ensemble of a million": lambda node: _put(
            _first(node, "weight"), np.ones((1, 1_000_000), np.int8)
        )(node),
    }
    return {name: _edited(edit) for name, edit in edits.items()}


def _fill(node: h5py.Group, field: str, value: float) -> None:
    data = node[_first(node, field)]
    data[...] = np.full(data.shape, value)


def _keras_archive(config: str, **entries: bytes) -> Callable[[Path, Path], object]:
    """Return a writer of the good ``.keras`` file with another configuration."""

    def writer(path: Path, good: Path) -> None:
        with zipfile.ZipFile(good / "model.keras") as file:
            found = {name: file.read(name) for name in file.namelist()}
        path.write_bytes(archive(found | {"config.json": config.encode()} | entries))

    return writer


def _lambda_config() -> str:
    """Return a model with a layer of Python code, as Keras saves it."""
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA"}}
    layer = {"class_name": "Lambda", "config": {"name": "f", "function": code}}
    return json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}})


def _keras() -> dict[str, tuple[str, Callable[[Path, Path], object]]]:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_dataset("layers/dense/vars/0", shape=(1 << 20,) * 2, dtype="f4", chunks=True)
    sparse = memory.getvalue()
    return {
        "no configuration": ("m.keras", content(archive({"config.json": b""}))),
        "configuration of 1e5 lists": ("m.keras", _keras_archive("[" * 100_000)),
        "configuration is a number": ("m.keras", _keras_archive("1")),
        "configuration of nulls": ("m.keras", _keras_archive('{"config": null}')),
        "layer of code": ("m.keras", _keras_archive(_lambda_config())),
        "number of 5000 digits": ("m.keras", _keras_archive("9" * 5000)),
        "weights are a pickle": (
            "m.keras", _keras_archive("{}", **{"model.weights.h5": PICKLE}),
        ),
        "weights of 1e12": ("m.keras", _keras_archive("{}", **{"model.weights.h5": sparse})),
        "weights of 1e12 alone": ("w.h5", content(sparse)),
        "bomb": ("m.keras", content(one_entry("config.json", deflated_zeros(), 1 << 31))),
        "bomb that lies": ("m.keras", content(one_entry("config.json", deflated_zeros(), 100))),
        "entry above": ("m.keras", content(archive({"../../victim": b"x"}))),
        "pickled arrays": ("w.npz", content(npz({"a": np.array([Payload()], dtype=object)}))),
        "arrays of nan": ("w.npz", content(npz({"a": np.full((3, 2), np.nan)}))),
        "arrays of text": ("w.npz", content(npz({"a": np.full((3, 2), "x")}))),
        "arrays without a chain": ("w.npz", content(npz({"a": np.ones((3, 2)), "b": np.ones(7)}))),
        "no arrays": ("w.npz", content(archive({"a.npy": npy(np.zeros(0))}))),
        "empty": ("w.h5", content(b"")),
        "python": ("w.h5", content(b"import os; os.mkdir('executed')")),
    }  # fmt: skip


def network_cases() -> list[Bad]:
    """Return every bad graph and file of weights."""
    made = [Bad(f"nir: {name}", "n.nir", w, NIR) for name, w in _graphs().items()]
    made += [Bad(f"keras: {name}", file, w, KERAS) for name, (file, w) in _keras().items()]
    made += [
        Bad(f"hdf5: {name}", ("n.nir", "w.h5")[k % 2], _hdf5(write), (NIR, KERAS)[k % 2])
        for k, (name, (write, _)) in enumerate(HOSTILE.items())
    ]
    for file, source, command in (
        ("n.nir", "network.nir", NIR),
        ("w.h5", "weights.h5", KERAS),
        ("m.keras", "model.keras", KERAS),
    ):
        cuts = truncations((0.001, 0.2, 0.6, 0.95))
        made += [
            Bad(f"{file}: {n}", file, changed(source, cut), command) for n, cut in cuts.items()
        ]
        made += [
            Bad(f"{file}: {name}", file, changed(source, change), command, harmless=True)
            for name, change in damages(seed=300, count=5).items()
        ]
    return made
