# amaranth: UnusedElaboratable=no
"""Parameters that the link cannot be built with."""

import pytest

from nef2hw.rtl.link.frames import FrameReceiver
from nef2hw.rtl.link.identity import Identity
from nef2hw.rtl.link.totals import Totals
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter


@pytest.mark.parametrize("end", [UartReceiver, UartTransmitter])
def test_a_divisor_too_small_to_sample_is_refused(end):
    with pytest.raises(ValueError, match=r"UART divisor 3 is less than 4 clock cycles per bit"):
        end(3)


@pytest.mark.parametrize("size", [8, 100])
def test_a_buffer_that_is_no_power_of_two_is_refused(size):
    with pytest.raises(ValueError, match=rf"frame_bytes is {size}, expected a power of two"):
        FrameReceiver(size)


@pytest.mark.parametrize(
    ("config", "image", "name"), [(7, 8, "config_digest"), (8, 9, "image_digest")]
)
def test_a_digest_of_another_length_is_refused(config, image, name):
    with pytest.raises(ValueError, match=rf"{name} has [79] bytes, expected 8"):
        Identity(bytes(config), bytes(image), 512)


@pytest.mark.parametrize("room", [0, 1, 3, 12])
def test_a_room_for_sums_that_is_no_power_of_two_is_refused(room):
    with pytest.raises(ValueError, match=f"room for {room} sums, expected a power of two from 2"):
        Totals(room)
