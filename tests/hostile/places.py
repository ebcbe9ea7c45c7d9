"""Bad numbers on the command line, files of bad kinds, and outputs where something else is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.hostile.bad import Bad, content

COMPILE = ("compile", "{good}/model.npz", "--board", "ulx3s", "--no-bitstream")
BUILD = (*COMPILE, "-o", "{bad}")
SIMULATE = ("simulate", "{good}/model.npz", "--input", "{good}/x.npz", "-o", "{bad}")
IMPORT = ("import", "{good}/model.npz", "-o", "{bad}")
NIR = ("import", "{good}/network.nir", "-o", "{out}")
KERAS = ("import", "{good}/weights.h5", "-o", "{out}")

#: Options that name no number that can be.
OPTIONS = (
    (*COMPILE, "--clock", "nan"), (*COMPILE, "--clock", "inf"), (*COMPILE, "--clock", "1e300"),
    (*COMPILE, "--clock", "1e-300"), (*COMPILE, "--target-rate", "nan"),
    (*COMPILE, "--target-rate", "inf"), (*COMPILE, "--weight-bits", "-1"),
    (*COMPILE, "--weight-bits", str(10**30)), (*COMPILE, "--voltage-bits", "10000"),
    (*COMPILE, "--input-bits", "0"), (*COMPILE, "--lanes", str(10**12)), (*COMPILE, "--lanes", "0"),
    (*COMPILE, "--neuron-lanes", "3"), (*COMPILE, "--budget", "rmse=nan"),
    (*COMPILE, "--budget", "rmse=-1"), (*COMPILE, "--budget", "rmse"),
    (*COMPILE, "--budget", "../x=1"), (*COMPILE, "--seed", str(2**70), "--seeds", "0"),
    (*COMPILE, "--max-luts", "-5"), (*COMPILE, "--hold", "0"),
    (*NIR, "--dt", "nan"), (*NIR, "--dt", "inf"), (*NIR, "--dt", "0"), (*NIR, "--dt", "1e-300"),
    (*NIR, "--dt", "0.0001", "--input-range", "nan", "nan"),
    (*NIR, "--dt", "0.0001", "--input-range", "-inf", "inf"),
    (*NIR, "--dt", "0.0001", "--input-range", "1", "-1"),
    (*KERAS, "--amplitude", "nan"), (*KERAS, "--amplitude", "-1"), (*KERAS, "--amplitude", "inf"),
    (*KERAS, "--gain", "nan"), (*KERAS, "--neuron-bias", "inf"), (*KERAS, "--synapse", "nan"),
    (*KERAS, "--tau-rc", "nan"), (*KERAS, "--tau-rc", "0"), (*KERAS, "--tau-ref", "inf"),
    (*KERAS, "--scale-firing-rates", "inf"), (*KERAS, "--scale-firing-rates", "nan"),
    (*KERAS, "--dt", "-1"),
    ("simulate", "{good}/model.npz", "--input", "{good}/x.npz", "--steps", str(10**15)),
    ("simulate", "{good}/model.npz", "--input", "{good}/row.npz", "--steps", str(10**15)),
    ("simulate", "{good}/model.npz", "--input", "{good}/x.npz", "--hold", str(10**15)),
    ("verify", "{good}/build", "--seed", "-1"),
    ("run", "{good}/build", "--port", "sim", "--input", "{good}/row.npz", "--steps", str(10**15)),
    ("load", "{good}/build", "--port", "/dev/../etc/passwd"),
    ("load", "{good}/build", "--port", "socket://;ls"),
    ("load", "{good}/build", "--port", "spy:///dev/null?file=executed"),
    ("link-test", "{good}/build", "--port", "loop://", "--baud", str(10**30)),
)  # fmt: skip


def _link(target: str) -> Callable[[Path, Path], object]:
    return lambda path, good: path.symlink_to(target.format(good=good))


def _pipe(path: Path, good: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path, good: Path) -> None:
    path.mkdir()
    (path / "mine").write_text("precious")


def place_cases() -> list[Bad]:
    """Return every bad place and number."""
    made = [Bad(f"option: {_spelled(c)}", "unused", content(b""), c) for c in OPTIONS]
    reading = {
        "check": ("check", "{bad}"),
        "input": (*SIMULATE[:3], "{bad}", "-o", "{out}"),
        "labels": (*COMPILE, "--input", "{good}/x.npz", "--labels", "{bad}", "-o", "{out}"),
        "data": (*COMPILE, "--data", "{bad}", "-o", "{out}"),
    }
    suffix = {"check": "m.nir", "input": "x.npy", "labels": "y.npy", "data": "xy.npz"}
    for name, command in reading.items():
        made += [
            Bad(f"{name}: a pipe", suffix[name], _pipe, command),
            Bad(f"{name}: an endless device", suffix[name], _link("/dev/zero"), command),
            Bad(f"{name}: a link to itself", suffix[name], _link(suffix[name]), command),
        ]
    for name, command in {"build": BUILD, "trace": SIMULATE, "model": IMPORT}.items():
        made += [
            Bad(f"{name} onto a pipe", "out", _pipe, command),
            Bad(f"{name} onto a folder of mine", "out", _folder, command),
            Bad(f"{name} below a file", "out", _link("{good}/model.npz"), _below(command)),
        ]
    linked = {"mine": "{good}/precious", "a device": "/dev/null", "itself": "out"}
    made += [Bad(f"build onto a link to {n}", "out", _link(to), BUILD) for n, to in linked.items()]
    return made


def _spelled(command: tuple[str, ...]) -> str:
    """Return a command in short, to name a case."""
    names = [part.rpartition("/")[2].strip("{}") for part in command]
    return " ".join([names[0], *names[-4:]])


def _below(command: tuple[str, ...]) -> tuple[str, ...]:
    return (*command[:-1], "{bad}/x")
