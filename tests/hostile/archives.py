"""ZIP archives that no honest program writes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np

#: Bytes that a bomb inflates to.
BOMB_BYTES = 1 << 31


def npz(arrays: dict[str, Any]) -> bytes:
    """Return an archive as ``numpy.savez`` writes it, pickles included."""
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return memory.getvalue()


def npy(array: Any) -> bytes:
    """Return a file as ``numpy.save`` writes it."""
    memory = io.BytesIO()
    np.save(memory, array)
    return memory.getvalue()


def header(shape: str, dtype: str = "<f8", version: bytes = b"\x01\x00") -> bytes:
    """Return the head of an ``.npy`` file that may say anything."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


def archive(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of entries of any name."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return memory.getvalue()


def one_entry(
    name: str, packed: bytes, size: int, method: int = 8, flags: int = 0, crc: int = 0
) -> bytes:
    """Return an archive of one entry whose heads say what they are told to say."""
    raw = name.encode()
    fields = (flags, method, 0, 0, crc, len(packed), min(size, 0xFFFFFFFE), len(raw))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, *fields, 0) + raw + packed
    tail = (0, 0, 0, 0, 0, 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, *fields, *tail) + raw
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + end


def deflated_zeros(size: int = BOMB_BYTES) -> bytes:
    """Return ``size`` zeros deflated, without deflating all of them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size >> 20) + b"\x03\x00"
