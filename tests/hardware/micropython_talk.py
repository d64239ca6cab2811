"""One conversation with the firmware, run by CPython and by MicroPython; it prints the replies.

MicroPython subset. `test_micropython.py` compares what both print. Lines on the input: frames in
hex, or `+N` to let N milliseconds pass, or `=N` to set the inputs to N.
"""

import binascii
import hashlib
import sys

from hardware.firmware.controller import Firmware


class TalkBoard:
    """A board without parts."""

    def __init__(self):
        self.now_ms = 0
        self.inputs = 0xEF
        self.outputs = 0
        self.slots = [b"", b""]
        self.draws = 0

    def millis(self):
        return self.now_ms

    def read_inputs(self):
        return self.inputs

    def write_outputs(self, mask):
        self.outputs = mask

    def supply_mv(self):
        return 12100

    def temperature_x10(self):
        return -35

    def press_current_ma(self):
        return 0

    def load(self, slot):
        return self.slots[slot]

    def store(self, slot, data):
        self.slots[slot] = data

    def random(self, count):
        self.draws += 1
        return hashlib.sha256(bytes([self.draws])).digest()[:count]

    def unique_id(self):
        return b"SEAL0001"

    def machine_key(self):
        return bytes(range(32))

    def reset_cause(self):
        return 1


def main():
    board = TalkBoard()
    firmware = Firmware(board)
    for line in sys.stdin:
        line = line.strip()  # noqa: PLW2901 - MicroPython subset, kept short
        if line[:1] == "+":
            for _ in range(int(line[1:]) // 5):
                board.now_ms += 5
                firmware.poll()
            print("outputs", board.outputs)
        elif line[:1] == "=":
            board.inputs = int(line[1:])
        elif line:
            reply = firmware.receive(binascii.unhexlify(line))
            print(binascii.hexlify(reply).decode())


main()
