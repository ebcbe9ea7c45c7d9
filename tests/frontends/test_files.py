"""Files are told apart by what they hold, and options by what a format leaves open."""

import os
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.files import KERAS, MODEL, NIR, format_of, load_imported, read_network
from nef2hw.frontends.options import ImportOptions, flag
from tests.model.models import small_model

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)


def save(path, arrays):
    np.savez(path, **arrays)
    return path


def test_formats_are_told_by_content_and_name(tmp_path):
    model = save(tmp_path / "anything.npz", small_model())
    weights = save(tmp_path / "weights.npz", {"arr_0": np.ones((2, 3))})
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    (tmp_path / "a.nir").write_bytes(HDF5)
    (tmp_path / "a.h5").write_bytes(HDF5)
    assert format_of(model) is MODEL
    assert format_of(weights) is KERAS
    assert format_of(tmp_path / "a.keras") is KERAS
    assert format_of(tmp_path / "a.nir") is NIR
    assert format_of(tmp_path / "a.h5") is KERAS


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_refused_with_what_is_known(tmp_path, content):
    path = tmp_path / "network.nir"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"network.nir is none of the files that are known, .*nir"):
        format_of(path)


def test_a_damaged_archive_is_refused(tmp_path):
    whole = save(tmp_path / "m.npz", small_model()).read_bytes()
    path = tmp_path / "half.npz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"half.npz is damaged: "):
        format_of(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"none.npz cannot be read: No such file"):
        format_of(tmp_path / "none.npz")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.npz")
    with pytest.raises(ModelError, match=r"m\.npz is not a file"):
        format_of(tmp_path / "m.npz")


def test_a_model_file_tells_what_it_leaves_to_defaults(tmp_path):
    network = read_network(save(tmp_path / "m.npz", small_model()), ImportOptions())
    assert any("is not given for" in note for note in network.notes)


def test_an_option_that_a_format_has_no_use_for_is_refused(tmp_path):
    path = save(tmp_path / "m.npz", small_model())
    message = r"--dt and --unroll cannot be used with a model file; expected no such option"
    with pytest.raises(ModelError, match=message):
        read_network(path, ImportOptions(dt=0.1, unroll=True))
    (tmp_path / "a.nir").write_bytes(HDF5)
    message = r"--amplitude cannot be used with a NIR graph; expected --discretization, --dt, "
    with pytest.raises(ModelError, match=message):
        read_network(tmp_path / "a.nir", ImportOptions(amplitude=0.5))


def test_zero_is_said():
    said = ImportOptions(tau_ref_s=0.0).for_format("it", frozenset({"tau_ref_s"}))
    assert said == {"tau_ref_s": 0.0}


def test_every_parameter_of_a_format_is_an_option():
    names = {field.name for field in fields(ImportOptions)}
    assert NIR.parameters | KERAS.parameters == names


def test_flags_are_parameters_without_units():
    assert [flag(n) for n in ("dt", "tau_ref_s", "input_kind")] == [
        "--dt",
        "--tau-ref",
        "--input-kind",
    ]


def test_what_has_to_be_imported_is_told(tmp_path):
    weights = save(tmp_path / "weights.npz", {"arr_0": np.ones((2, 3))})
    message = r"weights.npz is Keras weights; .*: nef2hw import .*weights.npz -o model.npz"
    with pytest.raises(ModelError, match=message):
        load_imported(weights)
    assert load_imported(save(tmp_path / "m.npz", small_model())).dt_s == 0.001


def test_a_model_without_format_is_told_so(tmp_path):
    arrays = {key: value for key, value in small_model().items() if key != "format"}
    with pytest.raises(ModelError, match=r"m.npz: format is missing, expected 'nef2hw-model-1'"):
        load_imported(save(tmp_path / "m.npz", arrays))
