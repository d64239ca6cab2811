"""The board under the firmware: an RP2040 with FRAM, RS-485 and eight opto-isolated inputs.

Not yet run on silicon; WIRING.md has the pins and the commissioning steps. MicroPython only:
nothing else imports this file. Start it from the chip's main.py:
`from hardware.firmware.rp2040 import main; main()`
"""

import hashlib
import os
import time

import machine  # type: ignore[import-not-found]  # exists on the chip only

from hardware.firmware.controller import Firmware
from hardware.firmware.memory import RECORD_BYTES

UNIT = 1
MOTOR = False
BAUD = 9600
# 3.5 characters of silence end a frame; 4 ms at 9600 baud.
SILENCE_MS = 4
FRAME_MAX = 256
WATCHDOG_MS = 250  # the chip resets, and every pin lets go, when the loop stands still
OUTPUT_PINS = (2, 3, 4, 5, 6, 7, 8, 9)
INPUT_PINS = (10, 11, 12, 13, 14, 15, 16, 17)
UART_TX, UART_RX, UART_ENABLE = 0, 1, 22
I2C_SDA, I2C_SCL = 20, 21
FRAM_ADDRESS = 0x50  # FM24CL64 and its like: two bytes of address, no wear, no write time
FRAM_SLOT_BYTES = 64
ADC_SUPPLY, ADC_CURRENT, ADC_TEMPERATURE = 26, 27, 4
REFERENCE_MV = 3300
SUPPLY_DIVIDER = 11  # 100 k over 10 k
CURRENT_MV_PER_A = 100
KEY_FILE = "machine.key"


class Rp2040Board:
    """See `Board`."""

    def __init__(self) -> None:
        # Off first: a pin is driven low before anything else is looked at.
        self._outputs = [machine.Pin(number, machine.Pin.OUT, value=0) for number in OUTPUT_PINS]
        # An open loop pulls up: the optocoupler conducts, and the pin is low, while all is good.
        self._inputs = [
            machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP) for number in INPUT_PINS
        ]
        pins = {"sda": machine.Pin(I2C_SDA), "scl": machine.Pin(I2C_SCL)}
        self._fram = machine.I2C(0, freq=400000, **pins)
        self._supply = machine.ADC(ADC_SUPPLY)
        self._current = machine.ADC(ADC_CURRENT)
        self._temperature = machine.ADC(ADC_TEMPERATURE)
        self._ticks = time.ticks_ms()  # type: ignore[attr-defined]  # MicroPython's clock
        self._millis = 0

    def millis(self) -> int:
        """MicroPython's ticks wrap at 2**30; here they are made to wrap at 2**32."""
        now = time.ticks_ms()  # type: ignore[attr-defined]  # MicroPython's clock
        self._millis += time.ticks_diff(now, self._ticks)  # type: ignore[attr-defined]  # likewise
        self._ticks = now
        return self._millis & 0xFFFFFFFF

    def read_inputs(self) -> int:
        """See `Board`."""
        mask = 0
        for number in range(8):
            mask |= (1 - self._inputs[number].value()) << number
        return mask

    def write_outputs(self, mask: int) -> None:
        """See `Board`; what goes off goes off before anything goes on."""
        for number in range(8):
            if not mask >> number & 1:
                self._outputs[number].value(0)
        for number in range(8):
            if mask >> number & 1:
                self._outputs[number].value(1)

    def supply_mv(self) -> int:
        """See `Board`."""
        return int(self._supply.read_u16() * REFERENCE_MV * SUPPLY_DIVIDER >> 16)

    def temperature_x10(self) -> int:
        """See `Board`; 27 degrees at 706 mV, 1.721 mV less for each degree more (datasheet)."""
        microvolts = self._temperature.read_u16() * REFERENCE_MV * 1000 >> 16
        return 270 - (int(microvolts) - 706000) * 10 // 1721

    def press_current_ma(self) -> int:
        """See `Board`."""
        millivolts = self._current.read_u16() * REFERENCE_MV >> 16
        return int(millivolts * 1000 // CURRENT_MV_PER_A)

    def load(self, slot: int) -> bytes:
        """See `Board`; a new FRAM is all zeros or all ones."""
        options = {"addrsize": 16}
        data = self._fram.readfrom_mem(
            FRAM_ADDRESS, slot * FRAM_SLOT_BYTES, RECORD_BYTES, **options
        )
        blank = data in (bytes(RECORD_BYTES), b"\xff" * RECORD_BYTES)
        return b"" if blank else bytes(data)

    def store(self, slot: int, data: bytes) -> None:
        """See `Board`; I2C raises OSError when the FRAM does not acknowledge."""
        options = {"addrsize": 16}
        self._fram.writeto_mem(FRAM_ADDRESS, slot * FRAM_SLOT_BYTES, data, **options)

    def random(self, count: int) -> bytes:
        """See `Board`; the ring oscillator's bits are stretched by a hash, with the time."""
        seed = os.urandom(64) + self._millis.to_bytes(8, "big") + self.unique_id()
        return hashlib.sha256(seed).digest()[:count]

    def unique_id(self) -> bytes:
        """See `Board`."""
        return bytes(machine.unique_id())

    def machine_key(self) -> bytes:
        """See `Board`."""
        try:
            with open(KEY_FILE, "rb") as file:  # noqa: PTH123 - MicroPython has no pathlib
                return file.read()
        except OSError:
            return b""

    def reset_cause(self) -> int:
        """See `Board`: 1 power, 3 watchdog."""
        return int(machine.reset_cause())


def main() -> None:
    """Run the firmware for ever; the chip's watchdog resets it when this loop stands still."""
    board = Rp2040Board()
    firmware = Firmware(board, UNIT, MOTOR)
    pins = {"tx": machine.Pin(UART_TX), "rx": machine.Pin(UART_RX)}
    uart = machine.UART(0, BAUD, **pins)
    sending = machine.Pin(UART_ENABLE, machine.Pin.OUT, value=0)
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    frame, heard_ms = b"", 0
    while True:
        watchdog.feed()
        firmware.poll()
        now_ms = board.millis()
        data = uart.read() if uart.any() else None
        if data:
            frame, heard_ms = (frame + data)[-FRAME_MAX:], now_ms
        elif frame and (now_ms - heard_ms) & 0xFFFFFFFF >= SILENCE_MS:
            reply = firmware.receive(frame)
            frame = b""
            _send(uart, sending, reply, firmware)


def _send(uart, sending, reply: bytes, firmware: Firmware) -> None:  # type: ignore[no-untyped-def]  # machine.UART and Pin have no types here
    """Drive the bus only while bytes leave; the firmware goes on meanwhile."""
    if not reply:
        return
    sending.value(1)
    uart.write(reply)
    while not uart.txdone():
        firmware.poll()
    sending.value(0)
