"""HDF5 files from strangers are read whole, or refused with the reason."""

import zlib

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends import hdf5
from nef2hw.frontends.hdf5 import Hdf5Group, read_hdf5
from nef2hw.frontends.hdf5 import walk as walking

h5py = pytest.importorskip("h5py")

LIMIT = 1 << 20


def walk(path, limit=LIMIT):
    """Read a file without the child process."""
    return walking.walk_hdf5(path.read_bytes(), path.name, ModelError, limit)


def plain(found):
    """Return what was read as dicts, lists and numbers."""
    if isinstance(found, Hdf5Group):
        members = {name: plain(member) for name, member in found.members.items()}
        return members | {f"@{name}": plain(value) for name, value in found.attributes.items()}
    return found if isinstance(found, str) else found.tolist()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def write_all_kinds(file):
    file.attrs["backend"] = "tensorflow"
    file.attrs["names"] = [b"dense", b"lif"]
    file.attrs["other_names"] = ["dense", "members"]
    file.attrs["none"] = []
    file.attrs["nothing"] = h5py.Empty("f")
    group = file.create_group("node/weights")
    group["big-endian"] = np.arange(4, dtype=">i2")
    group["scalar"] = np.float32(0.5)
    group["flag"] = True
    group["text"] = "größer"
    group["members"] = "members"
    group["bytes"] = np.array([b"ab", b"c"])
    group["half"] = np.ones((2, 0), np.float16)
    group["edges"] = [["a", "b"], ["b", "c"]]
    group.create_dataset("chunked texts", data=["a", "bb", "ccc"], chunks=(2,))
    square = np.arange(77, dtype=np.float64).reshape(7, 11)
    group.create_dataset("gzip", data=square, chunks=(3, 4), compression="gzip", shuffle=True)
    group.create_dataset("chunks", data=square, chunks=(3, 4), maxshape=(None, None))
    noise = np.random.default_rng(0).integers(0, 256, 100).astype(np.uint8)
    group.create_dataset("noise", data=noise, chunks=(5,), compression="gzip")
    group.create_dataset("flags", data=np.arange(9) % 2 == 0, chunks=(2,), compression="gzip")
    return {
        "@backend": "tensorflow",
        "@names": ["dense", "lif"],
        "@other_names": ["dense", "members"],
        "@none": [],
        "@nothing": [],
        "node": {
            "weights": {
                "big-endian": [0, 1, 2, 3],
                "scalar": 0.5,
                "flag": True,
                "text": "größer",
                "members": "members",
                "bytes": ["ab", "c"],
                "half": [[], []],
                "edges": [["a", "b"], ["b", "c"]],
                "chunked texts": ["a", "bb", "ccc"],
                "gzip": square.tolist(),
                "chunks": square.tolist(),
                "noise": noise.tolist(),
                "flags": [True, False] * 4 + [True],
            }
        },
    }


@pytest.mark.parametrize("options", [{}, {"libver": "latest", "track_order": True}])
def test_arrays_and_texts_are_read_as_they_were_written(path, options):
    with h5py.File(path, "w", **options) as file:
        expected = write_all_kinds(file)
    assert plain(read_hdf5(path, ModelError)) == expected
    assert plain(walk(path)) == expected


def test_a_chunk_that_was_left_uncompressed_is_read(path):
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", (4,), np.uint8, chunks=(4,), compression="gzip")
        dataset.id.write_direct_chunk((0,), b"\1\2\3\4", filter_mask=1)
    assert plain(walk(path)) == {"x": [1, 2, 3, 4]}


def test_what_was_read_cannot_be_changed(path):
    with h5py.File(path, "w") as file:
        file["a"] = [1.0]
        file["texts"] = ["a", "b"]
    for found in (read_hdf5(path, ModelError), walk(path)):
        with pytest.raises(TypeError, match="does not support item assignment"):
            found.members["b"] = 1
        for array in found.members.values():
            with pytest.raises(ValueError, match="read-only"):
                array[0] = array[0]


def chain(file):
    group = file
    for _ in range(70):
        group = group.create_group("g")


def loop_soft(file):
    file["a"] = h5py.SoftLink("/b")
    file["b"] = h5py.SoftLink("/a")


def loop_hard(file):
    file.create_group("a")["back"] = file["/"]


def diamond(file):
    file["weights"] = [1.0]
    file["z_again"] = file["weights"]


def filtered(*filters):
    def write(file):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4,))
        for number in filters:
            plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((4,))
        dataset = h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_INT32, space, plist)
        dataset.write_direct_chunk((0,), bytes(16))

    return write


def raw_chunk(data):
    def write(file):
        dataset = file.create_dataset("x", (10,), np.uint8, chunks=(10,), compression="gzip")
        dataset.id.write_direct_chunk((0,), data)

    return write


def virtual(file):
    layout = h5py.VirtualLayout((3,), np.float64)
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    file.create_virtual_dataset("x", layout)


def data(**options):
    return lambda file: file.create_dataset("x", **options)


def attribute(value):
    return lambda file: file.attrs.create("x", value)


def reference(file):
    file["x"] = file.ref


def committed_type(file):
    file["x"] = np.dtype(np.float64)


COMPRESSED = {"chunks": (4,), "data": np.zeros(8, np.int32)}

HOSTILE = {
    "soft links in a circle": (loop_soft, "/a is a soft link, which is never followed; expected"),
    "link to another file": (
        lambda file: file.__setitem__("a", h5py.ExternalLink("/etc/passwd", "/x")),
        "/a is a link to another file, which is never followed",
    ),
    "hard links in a circle": (loop_hard, "/a/back is the same object as /, expected each once"),
    "two hard links": (diamond, "/z_again is the same object as /weights, expected each once"),
    "deep": (chain, "(/g)+ lies 65 groups deep, the limit is 64"),
    "committed type": (committed_type, "/x is neither a group nor an array"),
    "another file's data": (
        data(shape=(4,), dtype=np.uint8, external=[("/etc/passwd", 0, 4)]),
        "/x keeps its data in another file, expected it in this one",
    ),
    "virtual": (virtual, "/x is put together of other arrays, expected its own data"),
    "structures": (
        data(data=np.zeros(2, [("a", "f8")])),
        "/x holds structures, expected text, or integers or floats of at most 64 bits",
    ),
    "references": (reference, "/x holds references, expected"),
    "opaque": (data(data=np.void(b"abc")), "/x holds opaque bytes, expected"),
    "lists": (data(shape=(2,), dtype=h5py.vlen_dtype(np.int32)), "/x holds lists of any length"),
    "enumeration": (data(shape=(2,), dtype=h5py.enum_dtype({"A": 1})), "/x holds an enumeration"),
    "arrays in arrays": (
        data(shape=(2,), dtype=np.dtype((np.int32, (2,)))),
        "/x holds arrays within an array",
    ),
    "long doubles": (data(data=np.zeros(2, np.longdouble)), "/x holds numbers of an unusual for"),
    "structure as attribute": (
        attribute(np.zeros(2, [("a", "f8")])),
        "@x holds structures, expected text",
    ),
    "giant shape": (
        data(shape=(1 << 50,), dtype=np.float64, chunks=(1 << 20,)),
        r"/x has 0 of the 1073741824 chunks that shape \(1125899906842624,\) needs",
    ),
    "giant chunk": (
        data(data=np.zeros(1), chunks=(1 << 24,), maxshape=(None,), compression="gzip"),
        "/x brings the file to 134217728 bytes of data, the limit is 1048576",
    ),
    "never written": (
        data(shape=(1 << 40,), dtype=np.float64),
        "/x declares 8796093022208 bytes of data and stores 0",
    ),
    "bomb": (
        data(data=np.zeros(200_000), compression="gzip", chunks=(1000,)),
        "/x brings the file to 1600000 bytes of data, the limit is 1048576",
    ),
    "chunk that is a bomb": (
        raw_chunk(zlib.compress(bytes(1 << 24))),
        r"/x has a chunk at \(0,\) that inflates to more than the 10 bytes it declares",
    ),
    "chunk too short": (
        raw_chunk(zlib.compress(bytes(9))),
        "has 9 bytes in the chunk.*expected 10",
    ),
    "chunk cut off": (
        raw_chunk(zlib.compress(bytes(range(10)))[:8]),
        r"/x has \d bytes in the chunk at \(0,\), expected 10",
    ),
    "chunk not inflatable": (raw_chunk(b"hello"), "reading /x fails .*Error -3"),
    "unknown filter": (filtered(32015), r"/x is compressed by filter 32015 \(.*\), expected gzip"),
    "lzf": (data(compression="lzf", **COMPRESSED), r"filter 32000 \(lzf\).*write it anew with"),
    "checksums": (data(fletcher32=True, **COMPRESSED), r"filter 3 \(fletcher32\), expected gzip"),
    "gzip twice": (filtered(1, 1), r"filter 1 \(deflate\), expected gzip once"),
    "compressed text": (
        data(data=["a", "b"], chunks=(2,), compression="gzip"),
        "/x is text and compressed, expected it uncompressed",
    ),
    "giant chunk of texts": (
        data(data=["a"], chunks=(1 << 20,), maxshape=(None,)),
        "/x brings the file to 8388608 bytes of data",
    ),
    "many texts": (
        data(shape=(1 << 40,), dtype=h5py.string_dtype()),
        "/x brings the file to 1099511627777 groups, arrays, attributes and texts, the limit is 6",
    ),
    "much text": (data(data="x" * (LIMIT + 1)), "/x brings the file to 1048577 bytes of data"),
    "long attribute, many times": (
        attribute(["x" * 20_000] + [""] * 100),
        r"@x brings the file to \d+ bytes of data, the limit is 1048576",
    ),
    "no text": (data(data=np.array([b"\xff\xfe"])), "/x holds text that is not UTF-8: b'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_structure_is_refused(path, name):
    write, message = HOSTILE[name]
    with h5py.File(path, "w") as file:
        write(file)
    with pytest.raises(ModelError, match=rf"a\.h5.*{message}"):
        walk(path)


def test_a_refusal_comes_through_from_the_other_process(path):
    with h5py.File(path, "w") as file:
        loop_soft(file)
    with pytest.raises(ModelError, match=r"a\.h5: /a is a soft link, which is never followed"):
        read_hdf5(path, ModelError)


def test_many_objects_are_refused(path, monkeypatch):
    monkeypatch.setattr(walking, "MAX_OBJECTS", 9)
    with h5py.File(path, "w") as file:
        for k in range(9):
            file[f"a{k}"] = 0
    walk(path)
    with h5py.File(path, "a") as file:
        file.attrs["x"] = 0
    with pytest.raises(ModelError, match=r"/ brings the file to 10 groups.*the limit is 9"):
        walk(path)


def test_many_arrays_count_together_against_the_limit(path):
    with h5py.File(path, "w") as file:
        for k in range(3):
            file[f"a{k}"] = np.zeros(1000)
    walk(path, 24000)
    with pytest.raises(ModelError, match=r"/a2 brings the file to 24000 bytes.*limit is 23999"):
        walk(path, 23999)


def test_a_user_block_is_refused(path):
    h5py.File(path, "w", userblock_size=1024).close()
    with pytest.raises(ModelError, match="has a user block of 1024 bytes before its data"):
        walk(path)


def test_a_file_of_another_format_is_refused(path):
    path.write_bytes(b"PK\x03\x04 not HDF5")
    with pytest.raises(ModelError, match=r"a\.h5 is not an HDF5 file; is it truncated or of an"):
        walk(path)


def test_a_truncated_file_is_refused(path):
    with h5py.File(path, "w") as file:
        file["a"] = np.arange(1000)
    whole = path.read_bytes()
    for kept in (0, 7, 8, 50, 500, 2000, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(ModelError, match=r"is not (an|a sound) HDF5 file.* is it truncated or"):
            walk(path)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.h5 cannot be read: No such file"):
        read_hdf5(tmp_path / "none.h5", ModelError)
    with pytest.raises(ModelError, match="is not a file"):
        read_hdf5(tmp_path, ModelError)


def test_a_large_file_is_refused_unread(path):
    path.write_bytes(bytes(101))
    with pytest.raises(ModelError, match=r"a\.h5 has 101 bytes, the limit is 100"):
        read_hdf5(path, ModelError, limit=100)


def test_a_reader_that_runs_forever_is_stopped(path, monkeypatch):
    monkeypatch.setattr(hdf5, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(hdf5, "_CHILD", "while True: pass")
    path.write_bytes(b"x")
    with pytest.raises(ModelError, match=r"a\.h5 cannot be read within 0\.2 s; is it damaged"):
        read_hdf5(path, ModelError)


def test_a_reader_that_crashes_takes_nothing_with_it(path, monkeypatch):
    monkeypatch.setattr(hdf5, "_CHILD", "import os; os._exit(11)")
    path.write_bytes(b"x")
    with pytest.raises(ModelError, match=r"reads it ended with status 11 ; is the file damaged"):
        read_hdf5(path, ModelError)


def test_the_reader_may_only_take_so_much_memory(path, monkeypatch):
    greedy = "from nef2hw.frontends.hdf5.child import restrict_memory as r; r(1 << 29); "
    monkeypatch.setattr(
        hdf5, "_CHILD", f"import sys; sys.path[:] = sys.argv[3:]; {greedy} bytes(1 << 30)"
    )
    path.write_bytes(b"x")
    with pytest.raises(ModelError, match="ended with status 1 MemoryError; is the file damaged"):
        read_hdf5(path, ModelError)


def test_without_h5py_its_name_is_told(path, monkeypatch):
    h5py.File(path, "w").close()
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ModelError, match=r"a\.h5: reading HDF5 needs the package h5py; pip insta"):
        walk(path)
