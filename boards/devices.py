"""What the devices of several boards hold, from their data sheets."""

from __future__ import annotations

from nef2hw.boards.spec import Capacity

ICE40_UP5K = Capacity(
    lut=5_280,
    ff=5_280,
    block_rams=30,
    block_ram_bits=4_096,
    dsp=8,
    spram_bits=4 * 262_144,
)

#: The 12F carries the die of the 25F; open tools use all of it.
ECP5_25 = Capacity(lut=24_288, ff=24_288, block_rams=56, block_ram_bits=18_432, dsp=28)
ECP5_45 = Capacity(lut=43_848, ff=43_848, block_rams=108, block_ram_bits=18_432, dsp=72)
ECP5_85 = Capacity(lut=83_640, ff=83_640, block_rams=208, block_ram_bits=18_432, dsp=156)

#: Multipliers are counted as 18 x 18.
GW1N_9 = Capacity(lut=8_640, ff=6_480, block_rams=26, block_ram_bits=18_432, dsp=20)
GW2A_18 = Capacity(lut=20_736, ff=15_552, block_rams=46, block_ram_bits=18_432, dsp=48)

#: Block RAMs are counted as halves of 18 kbit.
XC7A35T = Capacity(lut=20_800, ff=41_600, block_rams=100, block_ram_bits=18_432, dsp=90)
XC7A100T = Capacity(lut=63_400, ff=126_800, block_rams=270, block_ram_bits=18_432, dsp=240)

#: A device that nobody has named.
ANY_DEVICE = Capacity(lut=0, ff=0, block_rams=0, block_ram_bits=18_432, dsp=0, limited=False)
