"""Files of weights from strangers: what they are, and what is refused."""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.hdf5 import Hdf5Group
from nef2hw.frontends.keras import files, import_keras
from nef2hw.frontends.keras.hdf5_layout import read_layout
from nef2hw.frontends.keras.readings import readings

h5py = pytest.importorskip("h5py")

VECTORS = Path(__file__).parents[2] / "vectors" / "nengo_dl"


def refused(path, message):
    with pytest.raises(ModelError, match=message) as caught:
        import_keras(path)
    assert all(problem.startswith(str(path)) for problem in caught.value.problems)


def test_a_file_is_what_its_content_says(tmp_path):
    (tmp_path / "weights.npz").write_bytes((VECTORS / "keras2_weights.h5").read_bytes())
    (tmp_path / "no suffix").write_bytes((VECTORS / "keras3_model.keras").read_bytes())
    assert len(import_keras(tmp_path / "weights.npz").ensembles) == 2
    assert len(import_keras(str(tmp_path / "no suffix")).ensembles) == 2


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"hello, world", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "w.h5").write_bytes(content)
    refused(tmp_path / "w.h5", r"w.h5: neither HDF5 nor a zip archive, expected weights of Keras")


def test_a_folder_is_refused_with_what_to_save_instead(tmp_path):
    refused(tmp_path, r"a folder, as TensorFlow saves models; .*model.save\('model.keras'\)")


def test_a_file_that_is_not_there_is_told(tmp_path):
    refused(tmp_path / "w.h5", r"w.h5: cannot be read: No such file")


@pytest.mark.parametrize("name", ["keras2_weights.h5", "keras3_model.keras", "keras2_arrays.npz"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_truncated_files_are_refused(tmp_path, name, part):
    whole = (VECTORS / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(part * len(whole))])
    refused(tmp_path / name, "is it truncated|not a sound")


def test_an_hdf5_file_without_weights_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_group("layers/dense/vars")
    refused(tmp_path / "w.h5", "the arrays make a chain of Dense layers in no way: no arrays")


def test_what_hdf5_may_do_besides_holding_arrays_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/")
    refused(tmp_path / "w.h5", "/layers/dense/vars/0 is a link to another file")


def keras_archive(path, config=b"{}", weights=None, **others):
    weights = (VECTORS / "keras3.weights.h5").read_bytes() if weights is None else weights
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"config.json": config, "model.weights.h5": weights, **others}.items():
            if data is not False:
                archive.writestr(name, data)
    return path


SEQUENTIAL = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            {"class_name": "Dense", "config": {"name": "zulu", "units": 10, "activation": "relu"}},
            {"class_name": "Dense", "config": {"name": "alpha", "units": 3}},
        ]
    },
}


def test_only_two_entries_of_an_archive_are_looked_at(tmp_path):
    others = {"../../escaped": b"x", "/tmp/escaped": b"x", "assets/code.py": b"raise SystemExit"}
    path = keras_archive(tmp_path / "m.keras", json.dumps(SEQUENTIAL), **others)
    assert [e.n_neurons for e in import_keras(path).ensembles] == [10]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"", r"m.keras: config.json is not sound JSON: Expecting value"),
        (b"\xff\xfe\xfa", "config.json is not sound JSON: "),
        (b"[" * 100_000, "config.json is not sound JSON: .*recursion"),
        (b"1" * 10_000, "config.json is not sound JSON: .*digits"),
        (b"[1]", r"m.keras: the description of the model is of type list"),
        (
            b" " * (1 << 24) + b"{}",
            "'config.json' would inflate to 16777218 bytes, the limit is 16",
        ),
        (False, "holds 'config.json' 0 times, expected it once"),
    ],
)
def test_bad_descriptions_in_archives_are_refused(tmp_path, config, message):
    refused(keras_archive(tmp_path / "m.keras", config), message)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (False, "holds 'model.weights.h5' 0 times, expected it once"),
        (b"hello", "m.keras: model.weights.h5 is not an HDF5 file"),
    ],
)
def test_bad_weights_in_archives_are_refused(tmp_path, weights, message):
    refused(keras_archive(tmp_path / "m.keras", json.dumps(SEQUENTIAL), weights), message)


def test_an_entry_that_is_there_twice_is_refused(tmp_path):
    path = keras_archive(tmp_path / "m.keras", json.dumps(SEQUENTIAL))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("config.json", "{}")
    refused(path, "holds 'config.json' 2 times, expected it once")


def test_archives_that_would_inflate_beyond_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 100_000)
    path = keras_archive(tmp_path / "m.keras", json.dumps(SEQUENTIAL), bytes(100_001))
    refused(path, "'model.weights.h5' would inflate to 100001 bytes, the limit is 100000")
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    refused(path, r"m.keras: has \d+ bytes, the limit is 100")


def patched(path, name, offset, form, value):
    """Write ``value`` into the header of an entry in the central directory."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02", data.index(name.encode()) + 1)
    while data[start + 46 : start + 46 + len(name)] != name.encode():
        start = data.index(b"PK\x01\x02", start + 1)
    struct.pack_into(form, data, start + offset, value)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (8, "<H", 1, "'config.json' is encrypted, expected a plain entry"),
        (10, "<H", 14, "'config.json' has compression method 14, expected stored or deflated"),
        (10, "<H", 99, "'config.json' has compression method 99, expected stored or deflated"),
        (24, "<I", 9999, r"'config.json' has \d+ bytes, it declares 9999"),
        (24, "<I", 10, r"not a sound zip archive \(Bad CRC-32 for file 'config.json'\)"),
        (16, "<I", 1, r"not a sound zip archive \(Bad CRC-32 for file 'config.json'\)"),
    ],
)
def test_damaged_entries_are_refused(tmp_path, offset, form, value, message):
    path = keras_archive(tmp_path / "m.keras", json.dumps(SEQUENTIAL))
    refused(patched(path, "config.json", offset, form, value), message)


def test_a_model_file_is_told_from_weights(tmp_path):
    np.savez(tmp_path / "m.npz", format="nef2hw-model-1", dt=0.001)
    refused(tmp_path / "m.npz", "m.npz: a model file already; load it with nef2hw.load")


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "w.npz", np.array([{}], object))
    refused(tmp_path / "w.npz", "holds pickled objects")


def test_an_archive_of_other_things_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(tmp_path / "w.zip", "holds 'readme.txt', expected only .npy entries")


def texts(*values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def group(attributes=None, **members):
    return Hdf5Group(attributes or {}, members)


LEGACY = {
    "layer_names": texts("in", "d"),
    "model_config": json.dumps(SEQUENTIAL),
}
EMPTY = group({"weight_names": np.empty(0)})


def weights(*names, **members):
    return group({"weight_names": texts(*names)}, **members)


def test_keras_2_names_layers_and_weights_in_attributes():
    d = weights("d/kernel:0", "d/bias:0", d=group(**{"kernel:0": np.ones(1), "bias:0": np.ones(2)}))
    found = read_layout(group(LEGACY, **{"in": EMPTY, "d": d, "optimizer_weights": d}))
    assert list(found.arrays) == ["d/d/kernel:0", "d/d/bias:0"]
    assert (found.origin, found.config) == ("layers", SEQUENTIAL)


def test_numbered_layers_are_sorted_as_numbers_and_optimizers_left_alone():
    def layer(k):
        return group(vars=group({"name": f"n{k}"}, **{"0": np.full((2, 2), k)}))

    keys = ["dense", "dense_1", "dense_2", "dense_10"]
    layers = group(**{key: layer(k) for k, key in enumerate(keys)}, dropout=group(vars=group()))
    found = read_layout(group(layers=layers, optimizer=layer(9), vars=group()))
    assert [layer.key for layer in found.layers] == keys
    assert [layer.name for layer in found.layers] == ["n0", "n1", "n2", "n3"]
    assert found.origin == "layers"


def test_the_order_of_layers_of_several_classes_is_not_known():
    one = group(vars=group(**{"0": np.ones((2, 2))}))
    assert read_layout(group(layers=group(dense=one, my_dense=one))).origin == "unordered layers"
    assert read_layout(group(layers=group(dense=one, dense_1=one))).origin == "layers"


def test_a_subclassed_model_has_layers_beside_its_layers():
    one = group(vars=group(**{"0": np.ones((2, 2))}))
    found = read_layout(
        group(
            fc1=one,
            blocks=group(dense=one, dense_1=one),
            layers=group(dense_2=one),
            optimizer=one,
            vars=group(),
        )
    )
    assert found.origin == "unordered layers"
    assert list(found.arrays) == [
        "blocks/dense/vars/0",
        "blocks/dense_1/vars/0",
        "fc1/vars/0",
        "layers/dense_2/vars/0",
    ]
    assert len(found.layers) == 4


def test_layers_of_the_shape_of_dense_ones_are_refused_by_their_class():
    one = group(vars=group(**{"0": np.ones((2, 2))}))
    contents = read_layout(group(layers=group(embedding_3=one, dense=one)))
    with pytest.raises(ModelError, match="layers/embedding_3 is of class Embedding, expected Den"):
        readings(contents, readout=True)


def test_members_of_a_subclassed_model_are_in_no_known_order():
    one = group(vars=group(**{"0": np.ones((2, 2))}))
    found = read_layout(group(b=one, a=one, optimizer=one))
    assert (found.origin, [layer.key for layer in found.layers]) == ("unordered layers", ["a", "b"])


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (group({"layer_names": "d"}), "/: attribute layer_names is not a list of texts"),
        (group({"layer_names": np.ones(2)}), "/: attribute layer_names is not a list of texts"),
        (group({"layer_names": texts("d")}), "layer_names has d, but there is no such group"),
        (
            group({"layer_names": texts("d/e")}, d=np.ones(1)),
            "layer_names has d/e, but there is no",
        ),
        (
            group({"layer_names": texts("d")}, d=group({"weight_names": np.ones((1, 1))})),
            "d: attribute weight_names is not a list of texts",
        ),
        (
            group({"layer_names": texts("d")}, d=weights("k", k="a text")),
            "layer d names k but holds no such array",
        ),
        (
            group({"layer_names": texts("d")}, d=weights("k", "k", k=np.ones(1))),
            "layer d names k twice",
        ),
        (
            group({"layer_names": texts(), "model_config": np.ones(1)}),
            "the attribute model_config is not a text, expected JSON",
        ),
        (
            group({"layer_names": texts(), "model_config": "{"}),
            "the attribute model_config is not sound JSON",
        ),
    ],
)
def test_attributes_that_do_not_fit_are_refused(root, message):
    with pytest.raises(ModelError, match=message):
        read_layout(root)
