"""Folders of builds with something wrong in them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nef2hw.archive import read_npz
from nef2hw.errors import ProgramError
from tests.hostile.archives import deflated_zeros, npz, one_entry
from tests.hostile.bad import Bad, Payload
from tests.hostile.fuzz import damages, poisoned, truncations

RUN = ("run", "{bad}", "--port", "sim", "--input", "{good}/x.npz", "-o", "{out}")
LOAD = ("load", "{bad}", "--port", "sim")
REPORT = ("report", "{bad}")
PROGRAM = ("program", "{bad}")
SIMULATE = ("simulate", "{bad}", "--input", "{good}/x.npz", "-o", "{out}")
VERIFY = ("verify", "{bad}", "--steps", "2")

Edit = Callable[[Path], object]


def _folder(edit: Edit) -> Callable[[Path, Path], object]:
    """Return a writer of the good build, edited."""

    def writer(path: Path, good: Path) -> None:
        shutil.copytree(good / "build", path)
        edit(path)

    return writer


def _file(name: str, data: bytes) -> Edit:
    return lambda folder: (folder / name).write_bytes(data)


def _changed(name: str, change: Callable[[bytes], bytes]) -> Edit:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def _report(change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(folder: Path) -> None:
        report = json.loads((folder / "report.json").read_text())
        change(report)
        (folder / "report.json").write_text(json.dumps(report))

    return edit


def _arrays(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / "program.npz"
        path.write_bytes(npz(change(dict(read_npz(path, ProgramError)))))

    return edit


def _poison(place: int) -> Edit:
    """Damage one array, so that its type cannot be right."""

    def change(arrays: dict[str, Any]) -> dict[str, Any]:
        every = list(poisoned(arrays, seed=3, count=10_000).values())
        return every[place * 37 % len(every)]

    return _arrays(change)


def _fifo(name: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return edit


def _reports() -> dict[str, tuple[Edit, tuple[str, ...]]]:
    texts = {
        "empty": b"", "a number": b"1", "a list": b"[]", "null": b"null", "not JSON": b"{'a': 1}",
        "a million lists": b"[" * 1_000_000, "not UTF-8": b"\xff\xfe\x00", "zeros": bytes(4096),
        "a number of 5000 digits": b"9" * 5000, "format alone": b'{"format": "nef2hw-build-1"}',
        "another format": b'{"format": "nef2hw-build-9"}', "format is a list": b'{"format": []}',
    }  # fmt: skip
    commands = (REPORT, LOAD, SIMULATE, PROGRAM)
    found = {
        name: (_file("report.json", text), commands[k % 4])
        for k, (name, text) in enumerate(texts.items())
    }
    changes: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...]]] = {
        "no board": (lambda r: r.pop("board"), REPORT),
        "no clock": (lambda r: r.pop("clock_mhz"), RUN),
        "clock of text": (lambda r: r.update(clock_mhz={"asked": "x", "reached": "y"}), RUN),
        "clock of nan": (lambda r: r.update(clock_mhz={"asked": float("nan")}), LOAD),
        "board of text": (lambda r: r.update(board="x"), PROGRAM),
        "baud of text": (lambda r: r.update(baud="fast"), LOAD),
        "baud of lists": (lambda r: r.update(baud=[[]]), LOAD),
        "baud below zero": (lambda r: r.update(baud=-1), LOAD),
        "bitstream outside": (lambda r: r.update(bitstream="../../../etc/passwd"), PROGRAM),
        "bitstream of numbers": (lambda r: r.update(bitstream=[1]), PROGRAM),
        "programmer is a shell": (
            lambda r: r["board"].update(programmer=["sh", "-c", "mkdir executed"]), PROGRAM,
        ),
        "speed of text": (lambda r: r.update(speed="fast"), REPORT),
        "resources of text": (lambda r: r.update(resources={"lut": "many"}), REPORT),
        "fidelity is gone": (lambda r: r.pop("fidelity"), REPORT),
        "cycles of null": (lambda r: r.update(cycles_per_step=None), REPORT),
        "rates of numbers": (lambda r: r.update(rates=3), REPORT),
        "placement is odd": (lambda r: r.update(placement={"x": 1}), REPORT),
    }  # fmt: skip
    return found | {name: (_report(change), command) for name, (change, command) in changes.items()}


def _programs() -> dict[str, tuple[Edit, tuple[str, ...]]]:
    config = "config"
    edits: dict[str, Edit] = {
        "gone": lambda folder: (folder / "program.npz").unlink(),
        "a folder": lambda folder: ((folder / "program.npz").unlink(),
                                    (folder / "program.npz").mkdir()),
        "a pipe": _fifo("program.npz"),
        "empty": _file("program.npz", b""),
        "bomb": _file("program.npz", one_entry("format.npy", deflated_zeros(), 1 << 31)),
        "bomb that lies": _file("program.npz", one_entry("format.npy", deflated_zeros(), 100)),
        "pickle": _arrays(lambda a: a | {"config": np.array([Payload()], dtype=object)}),
        "no configuration": _arrays(lambda a: {k: v for k, v in a.items() if k != config}),
        "configuration of a number": _arrays(lambda a: a | {config: np.array("7")}),
        "configuration of lists": _arrays(lambda a: a | {config: np.array("[" * 100_000)}),
        "digests gone": _arrays(lambda a: {k: v for k, v in a.items() if k != "digests"}),
        "digests of another": _arrays(lambda a: a | {"digests": np.array(["0" * 32, "1" * 32])}),
        "no digests": _arrays(lambda a: a | {"digests": np.array(["", ""])}),
        "network of null": _arrays(lambda a: a | {"network": np.array("null")}),
        "lanes of 1e9": _arrays(lambda a: _with(a, "lanes", 10**9)),
        "lanes of -1": _arrays(lambda a: _with(a, "lanes", -1)),
        "lanes of text": _arrays(lambda a: _with(a, "lanes", "x")),
        "weight words of 1e18": _arrays(lambda a: _with(a, "weight_words", 10**18)),
        "no weights": _arrays(lambda a: {k: v for k, v in a.items() if k != "image/WEIGHTS"}),
        "weights cut": _arrays(lambda a: a | {"image/WEIGHTS": a["image/WEIGHTS"][:-1]}),
        "weights turned": _arrays(lambda a: a | {"image/WEIGHTS": ~a["image/WEIGHTS"]}),
    }  # fmt: skip
    edits |= {f"poisoned {k}": _poison(k) for k in range(16)}
    edits |= {
        name: _changed("program.npz", cut)
        for name, cut in truncations((0.01, 0.3, 0.8, 0.999)).items()
    }
    commands = (RUN, LOAD, VERIFY)
    return {name: (edit, commands[k % 3]) for k, (name, edit) in enumerate(edits.items())}


def _with(arrays: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return the arrays with one number of the configuration changed."""
    config = json.loads(str(arrays["config"]))
    return arrays | {"config": np.array(json.dumps(config | {key: value}))}


def build_cases() -> list[Bad]:
    """Return every bad build."""
    found = {f"report: {name}": case for name, case in _reports().items()}
    found |= {f"program: {name}": case for name, case in _programs().items()}
    found["report: a pipe"] = (_fifo("report.json"), REPORT)
    found["model: gone"] = (lambda folder: (folder / "model.npz").unlink(), SIMULATE)
    found["model: a pipe"] = (_fifo("model.npz"), SIMULATE)
    found["model: empty"] = (_file("model.npz", b""), RUN)
    made = [
        Bad(f"build: {name}", "build", _folder(edit), command)
        for name, (edit, command) in found.items()
    ]
    made += [Bad("build: a pipe", "build", lambda path, good: os.mkfifo(path), REPORT)]
    made += [Bad("build: nothing in it", "build", lambda path, good: path.mkdir(), RUN)]
    fuzzed = damages(seed=400, count=10)
    return made + [
        Bad(
            f"build: {name}", "build", _folder(_changed("program.npz", change)), LOAD, harmless=True
        )
        for name, change in fuzzed.items()
    ]
