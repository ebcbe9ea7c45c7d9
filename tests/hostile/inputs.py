"""Inputs, labels, samples and traces that have to be refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.hostile.archives import archive, deflated_zeros, header, npy, npz, one_entry
from tests.hostile.bad import Bad, Payload, changed, content
from tests.hostile.fuzz import damages, truncations

MODEL = "{good}/model.npz"
RUN = ("simulate", MODEL, "--input", "{bad}", "-o", "{out}")
LABEL = (
    "compile", MODEL, "--board", "ulx3s", "--no-bitstream", "--input", "{good}/x.npz",
    "--labels", "{bad}", "-o", "{out}",
)  # fmt: skip
DATA = ("compile", MODEL, "--board", "ulx3s", "--no-bitstream", "--data", "{bad}", "-o", "{out}")
VERIFY = ("verify", "{good}/build", "--input", "{bad}")
DEVICE = ("run", "{good}/build", "--port", "sim", "--input", "{bad}", "-o", "{out}")

X, S = np.zeros((4, 1)), np.zeros((4, 3))


def _stimuli() -> dict[str, dict[str, Any]]:
    """Arrays by input that do not fit the model."""
    good = {"x": X, "s": S}
    return {
        "nan": good | {"x": X + np.nan},
        "inf": good | {"x": X - np.inf},
        "beyond float64": good | {"x": np.full((4, 1), np.longdouble("1e4000"))},
        "text": good | {"x": np.full((4, 1), "0")},
        "complex": good | {"x": X + 1j},
        "dates": good | {"x": np.zeros((4, 1), "M8[s]")},
        "structures": good | {"x": np.zeros(4, [("a", "f8")])},
        "pickle": good | {"x": np.array([Payload()], dtype=object)},
        "pickle besides": good | {"y": np.array([Payload()], dtype=object)},
        "no rows": good | {"x": np.zeros((0, 1))},
        "no columns": good | {"x": np.zeros((4, 0))},
        "many columns": good | {"x": np.zeros((4, 5000))},
        "eight dimensions": good | {"x": np.zeros((1,) * 8)},
        "rows of two lengths": good | {"x": np.zeros((3, 1))},
        "spikes of two": good | {"s": S + 2},
        "half spikes": good | {"s": S + 0.5},
        "another name": {"y": X, "s": S},
        "a path for a name": {"../x": X, "s": S},
        "escapes in a name": {"\x1b[2Jx": X, "s": S},
        "nothing": {},
    }


def _files() -> dict[str, tuple[str, bytes]]:
    """Name and bytes of files that hold no arrays, or lie about them."""
    return {
        "empty npy": ("x.npy", b""),
        "empty npz": ("x.npz", b""),
        "text": ("x.npy", b"1 2 3\n"),
        "another suffix": ("x.csv", b"1,2,3\n"),
        "no suffix": ("x", npy(X)),
        "npz called npy": ("x.npy", npz({"x": X})),
        "npy called npz": ("x.npz", npy(X)),
        "bomb": ("x.npz", one_entry("x.npy", deflated_zeros(), 1 << 31)),
        "bomb that lies": ("x.npz", one_entry("x.npy", deflated_zeros(), 4000)),
        "huge shape": ("x.npy", header(f"({1 << 40}, 1)")),
        "huge shape of nothing": ("x.npy", header(f"({1 << 40}, {1 << 40})", "<U0")),
        "many of no size": ("x.npz", archive({"x.npy": header(f"({1 << 40}, 1)", "|V0")})),
        "wraps to nothing": ("x.npy", header(f"({1 << 32}, {1 << 32})")),
        "negative": ("x.npy", header("(-4, 1)") + bytes(32)),
        "pickle": ("x.npy", npy(np.array([Payload()], dtype=object))),
        "longer than declared": ("x.npy", npy(X) + b"more"),
    }


def _labels() -> dict[str, Any]:
    return {
        "nan": np.array([np.nan] * 4),
        "halves": np.array([0.5] * 4),
        "negative": np.array([-1] * 4),
        "huge": np.array([2**62] * 4),
        "text": np.array(["a"] * 4),
        "two axes": np.zeros((2, 2), int),
        "too many": np.zeros(400, int),
        "none": np.zeros(0, int),
        "pickle": np.array([Payload()], dtype=object),
        "complex": np.zeros(4, complex),
        "dates": np.zeros(4, "M8[s]"),
    }


def _data() -> dict[str, dict[str, Any]]:
    good = {"x": X, "s": S, "labels": np.zeros(4, int)}
    return {
        "labels of text": good | {"labels": np.array(["a"] * 4)},
        "labels of two axes": good | {"labels": np.zeros((2, 2))},
        "targets of nothing": good | {"targets/none": X},
        "targets of text": good | {"targets/out": np.full((4, 3), "x")},
        "targets of nan": good | {"targets/out": np.full((4, 3), np.nan)},
        "targets too short": good | {"targets/out": np.zeros((2, 3))},
        "targets complex": good | {"targets/out": np.zeros((4, 3), complex)},
        "samples and rows": good | {"x": np.zeros((2, 2, 1))},
        "samples of two lengths": good | {"x": np.zeros((2, 2, 1)), "s": np.zeros((2, 3, 3))},
        "samples of no steps": good | {"x": np.zeros((2, 0, 1)), "s": np.zeros((2, 0, 3))},
        "labels alone": {"labels": np.zeros(4)},
        "nan": good | {"x": X + np.nan},
    }


def input_cases() -> list[Bad]:
    """Return every bad input."""
    commands = (RUN, DEVICE, VERIFY)
    stimuli = {name: ("x.npz", npz(arrays)) for name, arrays in _stimuli().items()} | _files()
    made = [
        Bad(f"input: {name}", file, content(data), commands[k % len(commands)])
        for k, (name, (file, data)) in enumerate(stimuli.items())
    ]
    made += [Bad(f"labels: {n}", "y.npy", content(npy(a)), LABEL) for n, a in _labels().items()]
    made += [Bad(f"data: {n}", "xy.npz", content(npz(a)), DATA) for n, a in _data().items()]
    cuts = truncations((0.02, 0.3, 0.7, 0.97))
    made += [Bad(f"input: {n}", "x.npz", changed("x.npz", cut), RUN) for n, cut in cuts.items()]
    made += [
        Bad(f"input: {name}", "x.npz", changed("x.npz", change), RUN, harmless=True)
        for name, change in damages(seed=200, count=10).items()
    ]
    return made


def trace_files() -> dict[str, bytes]:
    """Return traces that have to be refused; no command reads one."""
    good = {"spikes/a": np.zeros((4, 3), bool), "probes/p": np.zeros((4, 2))}
    whole = npz(good)
    arrays = {
        "no spikes": {"probes/p": np.zeros((4, 2))},
        "numbers for spikes": good | {"spikes/a": np.zeros((4, 3))},
        "another length": good | {"probes/p": np.zeros((5, 2))},
        "no axis": good | {"probes/p": np.array(1.0)},
        "unknown group": good | {"other/p": np.zeros(4)},
        "no name": good | {"spikes/": np.zeros((4, 3), bool)},
        "halves of cycles": good | {"cycles": np.zeros(4)},
        "pickle": good | {"probes/q": np.array([Payload()] * 4, dtype=object)},
        "text": good | {"probes/p": np.full((4, 2), "x")},
    }
    found = {name: npz(each) for name, each in arrays.items()}
    found |= {name: cut(whole) for name, cut in truncations((0.0, 0.1, 0.5, 0.99)).items()}
    return found | {
        "text file": b"spikes",
        "bomb that lies": one_entry("spikes/a.npy", deflated_zeros(), 4000),
        "huge shape": archive({"spikes/a.npy": header(f"({1 << 40}, 1)", "|b1")}),
    }
