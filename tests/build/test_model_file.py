"""What is compiled, copied and hashed is one and the same file."""

import os

import numpy as np
import pytest

from nef2hw.build import model_file
from nef2hw.build.model_file import read_model_file
from nef2hw.errors import ModelError
from nef2hw.model.npz import load_model


def save(path, neurons):
    weights = {"layers/0/weights": np.ones((neurons, 3))}
    np.savez(path, format="nef2hw-model-1", dt=0.001, **weights)


def test_a_model_comes_with_the_bytes_it_was_read_from(tmp_path):
    save(tmp_path / "model.npz", 5)
    trained, content = read_model_file(tmp_path / "model.npz")
    assert len(trained.ensembles[0].bias) == 5
    assert content == (tmp_path / "model.npz").read_bytes()


def test_a_name_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.npz")
    save(path, 5)
    with pytest.raises(ModelError, match=r"caf\\udce9\.npz' has a name that is no text; rename it"):
        read_model_file(path)


def write_again(path):
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(1, 1))


def put_another_in_its_place(path):
    save(path.with_name("other.npz"), 5)
    path.with_name("other.npz").replace(path)


@pytest.mark.parametrize("change", [write_again, put_another_in_its_place])
def test_a_file_that_is_written_meanwhile_is_refused(tmp_path, monkeypatch, change):
    path = tmp_path / "model.npz"
    save(path, 5)

    def load(place):
        trained = load_model(place)
        change(place)
        return trained

    monkeypatch.setattr(model_file, "load_imported", load)
    with pytest.raises(ModelError, match=r"model\.npz was written while it was read; compile it"):
        read_model_file(path)
