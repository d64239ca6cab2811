"""Two independent Modbus implementations: their clients on our side of the wire, and theirs on it.

pymodbus and minimalmodbus serve in tests only. A general client retries; here its retries are off.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty

import minimalmodbus
import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.server import ServerStop, StartSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hardware.firmware import registers as r
from hardware.loader import load_controller

JOB = bytes(range(16))


@pytest.fixture
def instrument(mcu_bus):
    device = minimalmodbus.Instrument(mcu_bus.port, 1)
    device.serial.baudrate = 9600
    device.serial.timeout = 0.5
    yield device
    device.serial.close()


@pytest.fixture
def client(mcu_bus):
    modbus = ModbusSerialClient(mcu_bus.port, baudrate=9600, timeout=0.5, retries=0)
    assert modbus.connect()
    yield modbus
    modbus.close()


def test_minimalmodbus_reads_the_controllers_identity(instrument):
    assert instrument.read_registers(0x9000, 3, functioncode=4) == [0x5345, 0x414C, 1]
    assert instrument.read_long(0x9018, functioncode=4) == 0


def test_minimalmodbus_reads_inputs_and_switches_a_lamp(mcu_bus, instrument):
    assert instrument.read_bits(0, 8, functioncode=2) == [1, 1, 1, 1, 0, 1, 1, 1]

    instrument.write_bit(r.LED_OK, 1)

    assert instrument.read_bits(0, 8, functioncode=1) == [0, 0, 0, 0, 1, 0, 0, 0]


def test_minimalmodbus_writes_limits_and_reads_them_back(instrument):
    instrument.write_registers(0x9202, [25, 15])
    instrument.write_register(0x9204, 9, functioncode=6)

    assert instrument.read_registers(0x9200, 5) == [20, 0, 25, 15, 9]


def test_minimalmodbus_is_told_that_lock_is_never_switched_on(mcu_bus, instrument):
    with pytest.raises(minimalmodbus.IllegalRequestError):
        instrument.write_bit(r.LOCK, 1)

    assert mcu_bus.model.outputs == 0


def test_pymodbus_reads_the_controllers_identity(client):
    assert client.read_input_registers(0x9000, count=3).registers == [0x5345, 0x414C, 1]
    assert client.read_discrete_inputs(0, count=8).bits == [True] * 4 + [False] + [True] * 3


def test_pymodbus_writes_and_reads_every_kind(client):
    assert not client.write_coil(r.LIGHT, True).isError()
    assert not client.write_coils(r.LED_OK, [True, True]).isError()
    assert client.read_coils(0, count=8).bits == [0, 0, 1, 0, 1, 1, 0, 0]
    assert not client.write_register(0x9202, 25).isError()
    assert not client.write_registers(0x9210, list(range(32))).isError()
    assert client.read_holding_registers(0x9210, count=32).registers == list(range(32))


@pytest.mark.parametrize(("address", "code"), [(r.LOCK, 3), (r.PRESS, 3), (8, 2)])
def test_pymodbus_is_told_why_a_coil_is_refused(client, address, code):
    assert client.write_coil(address, True).exception_code == code


class NullModem:
    """Two pseudo-terminals with their ends tied together."""

    def __init__(self):
        self._masters, self._slaves = zip(*(os.openpty() for _ in range(2)), strict=True)
        for terminal in (*self._masters, *self._slaves):
            tty.setraw(terminal)
        self.ports = [os.ttyname(terminal) for terminal in self._slaves]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="null-modem")
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for terminal in (*self._masters, *self._slaves):
            os.close(terminal)

    def _pump(self):
        one, other = self._masters
        while not self._stopped.is_set():
            for end in select.select([one, other], [], [], 0.01)[0]:
                os.write(other if end == one else one, os.read(end, 4096))


class PymodbusBoard:
    """A relay board made of pymodbus' server: coils, inputs and registers, nothing behind them."""

    def __init__(self):
        self.modem = NullModem()
        coils = SimData(0, values=[False] * 0x300, datatype=DataType.BITS)
        inputs = SimData(0, values=[True] * 4 + [False] + [True] * 11, datatype=DataType.BITS)
        holding = [
            SimData(0, values=[0] * 64, datatype=DataType.REGISTERS),
            SimData(0x1000, values=[0] * 8, datatype=DataType.REGISTERS),
        ]
        words = SimData(0, values=[0], datatype=DataType.REGISTERS)
        device = SimDevice(1, ([coils], [inputs], holding, [words]))
        self._thread = threading.Thread(
            target=StartSerialServer,
            args=(device,),
            kwargs={"port": self.modem.ports[0], "baudrate": 9600, "timeout": 1},
            name="pymodbus-server",
        )
        self._thread.start()
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        client = self.client()
        deadline = time.monotonic() + 5
        while client.read_coils(0, count=8).isError():
            assert time.monotonic() < deadline
        client.close()

    def client(self):
        """Return a client on the drivers' end."""
        modbus = ModbusSerialClient(self.modem.ports[1], baudrate=9600, timeout=0.5, retries=3)
        assert modbus.connect()
        return modbus

    def stop(self):
        ServerStop()
        self._thread.join(timeout=5)
        self.modem.stop()


@pytest.fixture
def pymodbus_board():
    board = PymodbusBoard()
    yield board
    board.stop()


def test_our_driver_starts_reads_and_signals_on_pymodbus_server(pymodbus_board):
    relay = load_controller("relay", {"port": pymodbus_board.modem.ports[1]})

    report = relay.start()
    relay.signal(ok=True, light=True)
    relay.stop()

    assert report.inputs.door_closed
    assert not report.inputs.press_bottom
    client = pymodbus_board.client()
    assert client.read_coils(0, count=8).bits == [0, 0, 1, 0, 1, 0, 0, 0]
    client.close()


def test_pulse_of_lctech_arrives_at_pymodbus_server_as_words(pymodbus_board):
    options = {"port": pymodbus_board.modem.ports[1], "board": "lctech"}
    relay = load_controller("relay", options)
    relay.start()

    relay.grant(JOB, 3.0)
    relay.stop()

    client = pymodbus_board.client()
    assert client.read_holding_registers(3, count=2).registers == [4, 30]
    client.close()


def test_pulse_of_r421a08_arrives_at_pymodbus_server_as_seconds(pymodbus_board):
    options = {"port": pymodbus_board.modem.ports[1], "board": "r421a08", "inputs_unit": 1}
    relay = load_controller("relay", options)
    relay.lock()

    relay.grant(JOB, 3.9)
    relay._line.close()  # without switching off, so that the pulse still stands there
    client = pymodbus_board.client()
    words = client.read_holding_registers(1, count=8).registers
    client.close()

    assert words == [0x0603] + [0x0200] * 7
