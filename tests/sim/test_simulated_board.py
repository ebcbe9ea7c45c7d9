"""The simulated board carries bytes both ways through a pseudo-terminal."""

import time

import pytest
import serial
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from nef2hw.errors import ToolError
from nef2hw.rtl.link.uart import UartReceiver, UartTransmitter
from nef2hw.sim.compiled.board import SimulatedBoard
from nef2hw.tools import has_tool

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
