"""Two Modbus clients that are not ours understand the simulated boards on their terminals."""

from __future__ import annotations

from collections.abc import Callable

import minimalmodbus
import pytest
from pymodbus.client import ModbusSerialClient

from sim.machine import SimMachine

BuildMachine = Callable[..., SimMachine]
RESTING = [True, True, True, True, False, True, True, True]


@pytest.mark.parametrize("profile", ["A", "B"])
def test_pymodbus_reads_inputs_and_pulses_or_is_refused(
    build_machine: BuildMachine, profile: str
) -> None:
    machine = build_machine(profile=profile)
    client = ModbusSerialClient(machine.addresses["serial"], baudrate=9600, retries=0)
    assert client.connect()

    inputs = client.read_discrete_inputs(0, count=8, device_id=1)
    plain_on = client.write_coil(0, True, device_id=1)
    client.close()  # type: ignore[no-untyped-call]  # pymodbus types it nowhere

    assert inputs.bits == RESTING
    assert plain_on.isError() is (profile == "B")
    assert machine.state()["outputs"]["lock"] is (profile == "A")


@pytest.mark.parametrize("profile", ["A", "B"])
def test_minimalmodbus_reads_inputs_and_tells_the_profiles_apart(
    build_machine: BuildMachine, profile: str
) -> None:
    machine = build_machine(profile=profile)
    client = minimalmodbus.Instrument(machine.addresses["serial"], 1)
    assert client.serial is not None
    client.serial.baudrate = 9600
    client.serial.timeout = 0.5

    inputs = client.read_bits(0, 8, functioncode=2)
    try:
        magic = bytes(
            byte
            for word in client.read_registers(0x9000, 2, functioncode=4)
            for byte in word.to_bytes(2, "big")
        )
    except minimalmodbus.IllegalRequestError:
        magic = b""
    client.serial.close()

    assert [bool(bit) for bit in inputs] == RESTING
    assert magic == (b"SEAL" if profile == "B" else b"")
