"""What ``import nef2hw`` offers."""

from pathlib import Path

import pytest

import nef2hw
from nef2hw.model.npz import load_model

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_a_model_is_loaded_and_compiled_in_two_calls():
    program = nef2hw.compile(
        nef2hw.load(EXAMPLES / "nef_channel" / "model.npz"), board="icebreaker", lanes=2
    )
    assert program.config.lanes == 2
    assert program.config.weight_memory == "huge"


def test_load_reads_what_the_model_reader_reads():
    path = EXAMPLES / "digits" / "model.npz"
    assert nef2hw.load(path).dt_s == load_model(path).dt_s


def test_the_package_has_a_version():
    assert nef2hw.__version__


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="module 'nef2hw' has no attribute 'compyle'"):
        _ = nef2hw.compyle
