"""Every board's platform elaborates and constrains clock and serial port to their pins."""

import re

import pytest
from amaranth.build import Platform
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from nef2hw.boards.registry import ALL_BOARDS, find_board
from nef2hw.boards.spec import SerialPins
from nef2hw.build.clock import choose_pll, core_clock_hz
from nef2hw.build.design import BoardDesign
from nef2hw.build.families.registry import family_of
from nef2hw.build.options import uart_divisor
from nef2hw.build.platform import load_platform, uart_resource
from nef2hw.build.synthesis import write_sources

DEVICES = [board for board in ALL_BOARDS if family_of(board).flow is not None]

#: Clock, rx and tx as the makers' schematics and constraint files have them.
PINS = {
    "ulx3s_12f": ("G2", "M1", "L4"),
    "ulx3s_25f": ("G2", "M1", "L4"),
    "ulx3s_45f": ("G2", "M1", "L4"),
    "ulx3s_85f": ("G2", "M1", "L4"),
    "orangecrab_25f": ("A9", "N17", "M18"),
    "orangecrab_85f": ("A9", "N17", "M18"),
    "ecpix5_45f": ("K23", "R26", "R24"),
    "ecpix5_85f": ("K23", "R26", "R24"),
    "colorlight_5a75b": ("P6", "M13", "P11"),
    "colorlight_i5": ("P3", "H18", "J17"),
    "icesugar_pro": ("P6", "A9", "B9"),
    "versa_ecp5": ("P3", "C11", "A11"),
    "icebreaker": ("35", "6", "9"),
    "upduino": ("20", "12", "21"),
    "icesugar": ("35", "4", "6"),
    "ice40_up5k_b_evn": ("35", "3", "21"),
    "tang_nano_9k": ("52", "18", "17"),
    "tang_nano_20k": ("4", "70", "69"),
    "tang_primer_20k": ("H11", "T13", "M11"),
    "arty": ("E3", "A9", "D10"),
    "arty_100t": ("E3", "A9", "D10"),
    "cmod_a7": ("L17", "J17", "J18"),
    "nexys4ddr": ("E3", "C4", "D4"),
}

#: Where a line of a constraint file has port and pin.
LINES = {
    "ecp5": r'LOCATE COMP "(\S+)" SITE "(\S+)"',
    "ice40": r"set_io (\S+) (\S+)",
    "gowin": r'IO_LOC "(\S+)" (\S+);',
    "xilinx7": r"set_property LOC (?P<pin>\S+) \[get_ports (?P<port>\S+)\]",
}


class Echo(wiring.Component):
    """Just enough logic to keep both pins and the clock."""

    rx: In(1)
    tx: Out(1)

    def elaborate(self, platform):
        m = Module()
        last = Signal(init=1)
        m.d.sync += last.eq(self.rx)
        m.d.comb += self.tx.eq(last)
        return m


def constrained(board, folder, clock_hz=None):
    """Return the text of the constraint file, and the pin of each port in it."""
    design = BoardDesign(board, Echo(), choose_pll(board, core_clock_hz(board, clock_hz)))
    sources = write_sources(design, board, folder)
    text = (folder / sources.flow.constraints).read_text()
    pins = {}
    for match in re.finditer(LINES[board.family], text):
        named = match.groupdict()
        port, pin = (named["port"], named["pin"]) if named else match.groups()
        pins[port] = pin
    return text, pins


@pytest.mark.parametrize("board", DEVICES, ids=lambda board: board.name)
def test_clock_and_serial_port_are_on_their_pins(board, tmp_path):
    _, pins = constrained(board, tmp_path)
    clock, rx, tx = PINS[board.name]
    assert pins["uart_0__rx__io"] == rx
    assert pins["uart_0__tx__io"] == tx
    clocks = [pin for port, pin in pins.items() if port.startswith("clk")]
    assert clocks == [clock]


@pytest.mark.parametrize("board", DEVICES, ids=lambda board: board.name)
def test_a_board_agrees_with_its_amaranth_platform(board):
    platform = load_platform(board)
    assert isinstance(platform, Platform)
    assert getattr(platform, "part", None) == board.device or platform.device == board.device
    assert platform.default_clk_frequency == board.clock_hz
    assert platform.lookup(*uart_resource(board))


@pytest.mark.parametrize("name", ["ulx3s", "upduino", "icebreaker", "tang_nano_9k", "arty"])
def test_a_pll_brings_its_own_clock_constraint(name, tmp_path):
    board = find_board(name)
    text, _ = constrained(board, tmp_path, clock_hz=2 * board.clock_hz)
    clock = {"ecp5": "50000000.0 HZ", "ice40": "set_frequency clock.$signal 24", "gowin": ""}
    assert clock.get(board.family, "create_clock -period 10.0") in text


@pytest.mark.parametrize(
    ("name", "primitive"),
    [
        ("icebreaker", "SB_PLL40_PAD"),
        ("upduino", "SB_PLL40_CORE"),
        ("orangecrab", "EHXPLLL"),
        ("tang_nano_20k", "rPLL"),
        ("arty", "PLLE2_BASE"),
        ("cmod_a7", "MMCME2_BASE"),
    ],
)
def test_the_pll_is_the_one_that_its_clock_pin_can_reach(name, primitive, tmp_path):
    board = find_board(name)
    constrained(board, tmp_path, clock_hz=2 * board.clock_hz)
    assert f"cell \\{primitive} " in (tmp_path / "top.il").read_text()


@pytest.mark.parametrize(
    ("name", "chip", "series"),
    [
        ("tang_nano_9k", "GW1N-9C", "gw1n"),
        ("tang_nano_20k", "GW2A-18C", "gw2a"),
        ("tang_primer_20k", "GW2A-18C", "gw2a"),
    ],
)
def test_gowin_tools_are_told_the_die_and_the_clock_of_the_core(name, chip, series, tmp_path):
    board = find_board(name)
    design = BoardDesign(board, Echo(), choose_pll(board, 54e6))
    _, place, pack = write_sources(design, board, tmp_path).commands
    assert f"family={chip}" in place
    assert place[place.index("--freq") + 1] == "54.0"
    assert pack[pack.index("-d") + 1] == chip
    assert f"synth_gowin -family {series} -nolutram" in (tmp_path / "top.ys").read_text()


@pytest.mark.parametrize("board", ALL_BOARDS, ids=lambda board: board.name)
def test_the_default_clock_of_the_core_can_be_made_and_gives_the_boards_rate(board):
    clock_hz = core_clock_hz(board, None)
    pll = choose_pll(board, clock_hz)
    assert uart_divisor(board, pll.output_hz if pll else clock_hz) >= 4


@pytest.mark.parametrize("board", DEVICES, ids=lambda board: board.name)
def test_a_board_whose_pins_are_free_says_how_to_reach_them(board):
    if isinstance(board.uart, SerialPins) and "USB-serial adapter" not in board.serial:
        assert board.serial.endswith("USB")
    assert board.programmer[0] in ("openFPGALoader", "dfu-util", "icesprog")
