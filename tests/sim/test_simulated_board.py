"""The simulated board carries bytes both ways through a pseudo-terminal."""

import time

import pytest
import serial
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from nef2hw.errors import ToolError
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter
from nef2hw.sim.compiled.board import SimulatedBoard, simulate_board
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.sim.networks import crowded, leakless, program_of, recurrent

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)


class Echo(wiring.Component):
    """Sends back every byte it receives."""

    rx: In(1, init=1)
    tx: Out(1, init=1)
    busy: Out(1)

    def __init__(self, divisor):
        self.divisor = divisor
        super().__init__()

    def elaborate(self, _platform):
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self.divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(self.divisor)
        connect(m, receiver.o, transmitter.i)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]
        m.d.comb += self.busy.eq(~transmitter.i.ready)
        return m


class Deaf(wiring.Component):
    tx: Out(1)

    def elaborate(self, _platform):
        m = Module()
        m.d.sync += self.tx.eq(~self.tx)
        return m


def open_port(board):
    return serial.Serial(board.port, 115200, timeout=5)


@needs_compiler
@pytest.mark.parametrize("divisor", [4, 7])
def test_every_byte_comes_back(divisor):
    with SimulatedBoard(Echo(divisor), divisor) as board, open_port(board) as port:
        for start in range(0, 256, 32):
            sent = bytes(range(start, start + 32))
            port.write(sent)
            assert port.read(32) == sent


@needs_compiler
def test_the_port_can_be_opened_again():
    with SimulatedBoard(Echo(4), 4) as board:
        for word in (b"one", b"two"):
            with open_port(board) as port:
                port.write(word)
                assert port.read(3) == word


@needs_compiler
def test_the_clock_sleeps_while_nothing_goes_on():
    with SimulatedBoard(Echo(4), 4) as board:
        time.sleep(0.2)
        before = board.cycles
        time.sleep(0.5)
        assert board.cycles - before < 100_000


@needs_compiler
def test_faults_lose_and_alter_bytes():
    with (
        SimulatedBoard(Echo(4), 4, fault_probability=0.2, seed=4) as board,
        serial.Serial(board.port, 115200, timeout=0.2) as port,
    ):
        sent = bytes(range(32))
        port.write(sent)
        assert port.read(32) != sent
        assert board.faults > 0


@needs_compiler
def test_a_closed_board_has_no_port():
    board = SimulatedBoard(Echo(4), 4)
    board.close()
    board.close()
    assert board.cycles == 0
    with pytest.raises(serial.SerialException):
        open_port(board)


@needs_compiler
def test_a_top_without_a_serial_line_is_refused():
    with pytest.raises(ToolError, match=r"the RTL lacks the ports rx, busy; .*those of Top"):
        SimulatedBoard(Deaf(), 4)


@needs_compiler
@pytest.mark.parametrize("network", [recurrent, leakless, crowded])
def test_a_program_runs_on_the_simulated_board_as_on_golden(network):
    program = program_of(network(), lanes=8)
    codes = extreme_codes(program.network, 40)
    expected = simulate_golden(program.network, codes)
    with simulate_board(program) as board, Link.open(board.port) as link:
        device = Device(link, program)
        assert first_difference(expected, device.run(codes)) is None
        states = device.run({name: rows[:2] for name, rows in codes.items()}, states=True)
    golden = simulate_golden(program.network, codes, states=True)
    for name, rows in states.states.items():
        assert (rows == golden.states[name][:2]).all(), name
