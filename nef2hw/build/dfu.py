"""The suffix that marks a file as meant for one USB device, so that its loader takes no other."""

from __future__ import annotations

import struct
import zlib


def with_dfu_suffix(content: bytes, vendor: int, product: int) -> bytes:
    """Append the 16 bytes of USB's Device Firmware Upgrade 1.1, appendix B, to ``content``."""
    any_release, dfu_version = 0xFFFF, 0x0100
    fields = struct.pack("<4H", any_release, product, vendor, dfu_version)
    suffixed = content + fields + b"UFD" + bytes([16])
    return suffixed + struct.pack("<I", zlib.crc32(suffixed) ^ 0xFFFFFFFF)
