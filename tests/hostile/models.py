"""Model files that have to be refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.hostile.archives import archive, deflated_zeros, header, npy, npz, one_entry
from tests.hostile.bad import PICKLE, Bad, Payload, changed, content
from tests.hostile.fuzz import damages, poisoned, truncations
from tests.model.models import full_model

CHECK = ("check", "{bad}")
COMPILE = ("compile", "{bad}", "--board", "ulx3s", "--no-bitstream", "-o", "{out}")
SIMULATE = ("simulate", "{bad}", "--steps", "2", "-o", "{out}")
IMPORT = ("import", "{bad}", "-o", "{out}")
#: Importing alone does not fold.
COMMANDS = (CHECK, COMPILE, SIMULATE, IMPORT)

#: Names that mean something to a shell, a file system, a terminal or Verilog.
NAMES = (
    "../../victim", "/etc/passwd", "a/../../b", "..", ".", "", " ", "a b", "a;b", "a\nb",
    "$(touch executed)", "`touch executed`", "\\escaped ", "1a b", "a\x1b[2Jb",
    "é", "\u202eb", "a" * 65, "a'b", 'a"b', "<script>", "a.neurons.b", "%s%n", "a\\b",
    "CON/x", "a:b", "*/",
)  # fmt: skip


def renamed(name: str) -> dict[str, Any]:
    """Return the model with its ensemble called ``name``."""
    ends = {"a": name, "a.neurons": f"{name}.neurons"}
    return {
        key.replace("ensembles/a/", f"ensembles/{name}/"): ends.get(value, value)
        if isinstance(value, str)
        else value
        for key, value in full_model().items()
    }


def _huge() -> dict[str, dict[str, Any]]:
    """Sizes that nothing on earth holds, in files of a few bytes."""
    full = full_model()
    plain = {
        "format": "nef2hw-model-1", "dt": 0.001, "inputs/x/size": 10**6,
        "ensembles/a/gain": np.ones(1000), "ensembles/a/bias": np.zeros(1000),
        "connections/c/pre": "x", "connections/c/post": "a.neurons",
        "connections/c/pre_slice": np.zeros(1000, int),
    }  # fmt: skip
    square = {
        "probes/p/target": "a.neurons", "probes/p/synapse": 0.1,
        "ensembles/a/gain": np.ones(20_000), "ensembles/a/bias": np.zeros(20_000),
    }  # fmt: skip
    return {
        "input of 1e12": full | {"inputs/x/size": 10**12},
        "input of -1": full | {"inputs/x/size": -1},
        "dense input of a million": plain,
        "filtered spikes of 20 000": {"format": "nef2hw-model-1", "dt": 0.001} | square,
        "output of 1e15": full | {"probes/z/size": 10**15},
        "delay of 1e9": full | {"connections/r/delay": 10**9},
        "denormal dt": full | {"dt": 5e-324},
        "slice far out": full | {"connections/n/pre_slice": [2, 2**62]},
        "slice below": full | {"connections/n/pre_slice": [-1, 0]},
        "a thousand notes": full | {"notes": ["x"] * 1000},
        "notes with escapes": full | {"notes": ["\x1b]0;x\x07"]},
    }


def _files() -> dict[str, bytes]:
    """Files that are no models at all, or lie about what they hold."""
    one = header("()")
    return {
        "empty": b"",
        "text": b"hello",
        "zip head alone": b"PK\x03\x04",
        "empty zip": b"PK\x05\x06" + bytes(18),
        "bomb": one_entry("dt.npy", deflated_zeros(), 1 << 31),
        "bomb that lies": one_entry("dt.npy", deflated_zeros(), 100),
        "bomb of bz2": one_entry("dt.npy", bytes(99), 100, method=12),
        "bomb of lzma": one_entry("dt.npy", bytes(99), 100, method=14),
        "method unknown": one_entry("dt.npy", bytes(99), 99, method=77),
        "encrypted": one_entry("dt.npy", bytes(99), 99, method=0, flags=1),
        "wrong sum": one_entry("dt.npy", npy(1.0), len(npy(1.0)), method=0, crc=7),
        "declared shape": archive({"dt.npy": header(f"({10**9}, {10**9})")}),
        "negative shape": archive({"dt.npy": header("(-1,)") + bytes(8)}),
        "shape of 5000 digits": archive({"dt.npy": header(f"({'9' * 5000},)")}),
        "code for shape": archive({"dt.npy": header("__import__('os').mkdir('executed')")}),
        "deep shape": archive({"dt.npy": header("(" * 900 + ")" * 900)}),
        "object head": archive({"format.npy": header("()", "|O") + PICKLE}),
        "long head": archive({"dt.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"}),
        "version 9": archive({"dt.npy": header("()", version=b"\x09\x09") + bytes(8)}),
        "no dtype": archive({"dt.npy": header("()", "nonsense") + bytes(8)}),
        "text of 2 GiB": archive({"format.npy": header("()", f"<U{1 << 29}")}),
        "twice": archive({"format.npy": npy("nef2hw-model-1"), "./format.npy": one + bytes(8)}),
        "path as entry": archive({"format.npy": one + bytes(8), "../../victim.npy": npy(1.0)}),
        "not an array": archive({"format.npy": b"import os"}),
        "no suffix": archive({"format.npy": npy("nef2hw-model-1"), "format.py": b"import os"}),
        "nested zip": archive({"format.npy": archive({"format.npy": npy(1.0)})}),
    }  # fmt: skip


def _pickles() -> dict[str, dict[str, Any]]:
    """Pickles in every place, one of them beside a good model."""
    pickle = np.array([Payload()], dtype=object)
    return {
        "pickle as format": full_model() | {"format": pickle},
        "pickle besides": full_model() | {"other": pickle},
        "pickle alone": {"arr_0": pickle},
    }


def model_cases() -> list[Bad]:
    """Return every bad model, the commands taking turns."""
    full = npz(full_model())
    writers = {f"name {name!r}": content(_named(name)) for name in NAMES}
    writers |= {name: content(data) for name, data in _files().items()}
    writers |= {name: content(npz(arrays)) for name, arrays in _pickles().items()}
    parts = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
    writers |= {name: content(cut(full)) for name, cut in truncations(parts).items()}
    bad = poisoned(full_model(), seed=1, count=72)
    writers |= {name: content(npz(arrays)) for name, arrays in bad.items()}
    made = [
        Bad(f"model: {name}", "bad.npz", writer, COMMANDS[k % len(COMMANDS)])
        for k, (name, writer) in enumerate(writers.items())
    ]
    made += [
        Bad(f"model: {name}", "bad.npz", content(npz(arrays)), COMMANDS[k % 3])
        for k, (name, arrays) in enumerate(_huge().items())
    ]
    fuzzed = [
        Bad(f"model: {name}", "bad.npz", changed("model.npz", change), CHECK, harmless=True)
        for name, change in damages(seed=100, count=20).items()
    ]
    return made + fuzzed


def _named(name: str) -> bytes:
    """Return a model with an ensemble called ``name``, where an archive can hold that name."""
    arrays = {f"{key}.npy": npy(value) for key, value in renamed(name).items()}
    return archive(arrays)
