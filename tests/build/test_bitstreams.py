"""The examples become bitstreams that fit and meet the boards' clocks (minutes each)."""

from pathlib import Path

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.build.sizing.demands import Demands

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own for each test: nothing comes from earlier runs."""
    monkeypatch.setenv("NEF2HW_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.bitstream
@pytest.mark.parametrize("example", ["digits", "nef_channel"])
@pytest.mark.parametrize("board", ["ulx3s", "icebreaker", "tang_nano_9k"])
def test_an_example_becomes_a_bitstream(example, board, tmp_path):
    model = EXAMPLES / example / "model.npz"
    report = make_build(model, find_board(board), tmp_path / "build").report
    assert (tmp_path / "build" / report["bitstream"]).stat().st_size > 50_000
    assert report["clock_mhz"]["reached"] >= report["clock_mhz"]["asked"]
    assert report["verified"]["equal"]


@pytest.mark.bitstream
def test_an_example_is_synthesized_for_the_arty(tmp_path):
    model = EXAMPLES / "nef_channel" / "model.npz"
    report = make_build(model, find_board("arty"), tmp_path / "build").report
    assert all(entry["used"] <= entry["present"] for entry in report["resources"].values())
    assert report["verified"]["equal"]
    assert bool(report["bitstream"]) != bool(report["missing"])


@pytest.mark.bitstream
@pytest.mark.parametrize(
    ("board", "options"),
    [
        ("ulx3s_12f", BuildOptions(demands=Demands(lanes=4, neuron_lanes=1), seed=1)),
        ("icebreaker", BuildOptions(standard_core=True)),
        ("tang_nano_9k", BuildOptions(demands=Demands(lanes=2, neuron_lanes=1), seed=1)),
    ],
)
def test_a_retrained_model_is_neither_synthesized_nor_placed(board, options, tmp_path):
    model = EXAMPLES / "nef_channel" / "model.npz"
    with np.load(model) as archive:
        arrays = dict(archive)
    for name in ("ensembles/channel/bias", "probes/value/decoders"):
        arrays[name] = arrays[name] * 0.99
    np.savez(tmp_path / "retrained.npz", **arrays)
    reports = [
        make_build(path, find_board(board), tmp_path / path.stem, options).report
        for path in (model, tmp_path / "retrained.npz")
    ]
    first, second = (report["placement"]["from_cache"] for report in reports)
    assert (first, second) == (False, True)
    seconds = reports[1]["seconds"]
    assert "place" not in seconds
    assert "synthesize" not in seconds
    assert sum(seconds[stage] for stage in ("elaborate", "fill", "pack")) < 10
    digests = [report["program"] for report in reports]
    assert digests[0]["config_digest"] == digests[1]["config_digest"]
    assert digests[0]["image_digest"] != digests[1]["image_digest"]
    bitstreams = [
        (tmp_path / p.stem / r["bitstream"]).read_bytes()
        for p, r in zip((model, tmp_path / "retrained"), reports, strict=True)
    ]
    assert bitstreams[0] != bitstreams[1]
