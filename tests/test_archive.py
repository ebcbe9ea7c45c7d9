"""Files from strangers are read only when every size and header agrees."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest

from nef2hw.archive import read_npy, read_npz, write_npz
from nef2hw.errors import ModelError, Nef2hwError
from nef2hw.model.npz import load_model


def npy_bytes(array, version=None):
    """Return the bytes of an .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def header_bytes(text):
    """Return an .npy header of any text, with one float64 of data."""
    raw = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + bytes(8)


def zip_file(path, entries, method=zipfile.ZIP_STORED):
    """Write ``entries`` (name, bytes) as a zip file."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def redeclare(path, size):
    """Make the first entry of a zip file claim to inflate to ``size`` bytes."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    data[start + 24 : start + 28] = struct.pack("<I", size)
    path.write_bytes(bytes(data))
    return path


def test_arrays_come_back_as_written(tmp_path):
    arrays = {
        "a/b": np.arange(6.0).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "text": np.asarray("hello"),
        "empty": np.zeros((0, 3), np.uint8),
        "empty text": np.asarray(""),
    }
    write_npz(tmp_path / "a.npz", arrays)
    for read in (read_npz(tmp_path / "a.npz", ModelError), np.load(tmp_path / "a.npz")):
        assert list(read) == list(arrays)
        for key, array in arrays.items():
            np.testing.assert_array_equal(read[key], array)
            assert read[key].dtype == array.dtype


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path, save):
    save(tmp_path / "a.npz", **{"x/y": np.arange(1000)})
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", ModelError)["x/y"], np.arange(1000))


def test_a_newer_header_version_is_read(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy_bytes(np.arange(3), version=(2, 0)))
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy", ModelError), np.arange(3))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.arange(3)})
    with pytest.raises(ValueError, match="Object arrays"):
        write_npz(tmp_path / "a.npz", {"a": np.array([object()])})
    assert list(read_npz(tmp_path / "a.npz", ModelError)) == ["a"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


class Trap:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


SOUND = npy_bytes(np.zeros(100))

BAD_ENTRIES = {
    "pickled": (npy_bytes(np.array([Trap()])), "pickled objects.*never loaded"),
    "structured objects": (
        header_bytes("{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (1,)}"),
        "pickled objects",
    ),
    "no array": (b"hello, this is not an array", "not a NumPy array"),
    "empty": (b"", "not a NumPy array"),
    "data cut off": (SOUND[:-8], r"has 920 bytes, but its header .*\(100,\).* needs 928"),
    "data to spare": (SOUND + b"more", "has 932 bytes, but its header .* needs 928"),
    "huge shape": (
        header_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
        "needs 8000000000128",
    ),
    "negative shape": (
        header_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
        r"shape \(-1,\), expected at most 8 dimensions, none negative",
    ),
    "many dimensions": (
        header_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}"),
        "at most 8 dimensions",
    ),
    "code in the header": (header_bytes("__import__('os').abort()"), "not a NumPy array"),
    "nested header": (header_bytes("(" * 110), "not a NumPy array"),
    "unknown version": (b"\x93NUMPY\x09\x00" + bytes(100), "not a NumPy array"),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
@pytest.mark.filterwarnings("default")
def test_a_bad_array_is_refused(tmp_path, name):
    data, message = BAD_ENTRIES[name]
    zip_file(tmp_path / "a.npz", [("dt.npy", data)])
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / "a.npz")
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ModelError, match=message):
        read_npy(tmp_path / "a.npy", ModelError)


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"not a zip file at all")
    with pytest.raises(ModelError, match=r"a\.npz is not a sound \.npz file .*truncated"):
        load_model(tmp_path / "a.npz")


@pytest.mark.parametrize("kept", [0, 1, 30, 500, 900, -1])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match="not a sound"):
        load_model(path)


def test_any_damaged_byte_is_refused_or_harmless(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)], zipfile.ZIP_DEFLATED)
    whole = path.read_bytes()
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 0xFF
        path.write_bytes(bytes(data))
        try:
            arrays = read_npz(path, ModelError)
        except ModelError:
            continue
        assert all(array.nbytes <= 1000 for array in arrays.values())


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path):
    path = redeclare(zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)]), 1 << 31)
    with pytest.raises(ModelError, match="would inflate to 2147483648 bytes, the limit is 1073741"):
        load_model(path)


def test_many_entries_count_together_against_the_limit(tmp_path):
    path = zip_file(
        tmp_path / "a.npz", [(f"{k}.npy", SOUND) for k in range(5)], zipfile.ZIP_DEFLATED
    )
    assert len(read_npz(path, ModelError, limit=5 * len(SOUND))) == 5
    with pytest.raises(ModelError, match="would inflate to 4640 bytes, the limit is 4639"):
        read_npz(path, ModelError, limit=5 * len(SOUND) - 1)


def test_an_entry_never_inflates_beyond_what_it_declares(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)], zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="Bad CRC-32"):
        read_npz(redeclare(path, 500), ModelError)


def test_a_large_file_is_refused_unread(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)])
    with pytest.raises(ModelError, match=r"a\.npz has \d+ bytes, the limit is 100"):
        read_npz(path, ModelError, limit=100)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_key_written_twice_is_refused(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND), ("dt.npy", SOUND)])
    with pytest.raises(ModelError, match=r"holds 'dt\.npy' twice, expected it once"):
        load_model(path)


def test_other_things_than_arrays_are_refused(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("readme.txt", b"hello")])
    with pytest.raises(ModelError, match=r"holds 'readme\.txt', expected only \.npy entries"):
        load_model(path)


def test_other_compressions_are_refused(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)], zipfile.ZIP_BZIP2)
    with pytest.raises(ModelError, match="compression method 12, expected stored or deflated"):
        load_model(path)


def test_encrypted_entries_are_refused(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"'dt\.npy' is encrypted, expected a plain entry"):
        load_model(path)


def test_a_damaged_stream_is_refused(tmp_path):
    path = zip_file(tmp_path / "a.npz", [("dt.npy", SOUND)], zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    data[36] = 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match="cannot be read: Error -3"):
        load_model(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.npz cannot be read: No such file"):
        load_model(tmp_path / "none.npz")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="is not a file"):
        load_model(tmp_path)


def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "out.npz")
    with pytest.raises(Nef2hwError, match=r"out\.npz is there and is not a file; name another"):
        write_npz(tmp_path / "out.npz", {"a": np.ones(3)})
    assert (tmp_path / "out.npz").is_fifo()
