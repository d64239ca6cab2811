"""What the firmware needs from the board under it: pins, clock, memory, chance and a key.

MicroPython subset; there the protocol is an ordinary class and a board any object like it.
"""

try:
    from typing import Protocol
except ImportError:  # MicroPython has no typing
    Protocol = object  # type: ignore[assignment]


class Board(Protocol):
    """The simulator and `rp2040.py` supply one each."""

    def millis(self) -> int:
        """Return milliseconds since power on, modulo 2**32."""
        ...

    def read_inputs(self) -> int:
        """Return the discrete inputs; bit n is input n."""
        ...

    def write_outputs(self, mask: int) -> None:
        """Set all outputs at once; bit n is coil n."""
        ...

    def supply_mv(self) -> int:
        """Return the supply voltage in millivolts."""
        ...

    def temperature_x10(self) -> int:
        """Return tenths of a degree Celsius, two's complement."""
        ...

    def press_current_ma(self) -> int:
        """Return the press motor's current in milliamperes."""
        ...

    def load(self, slot: int) -> bytes:
        """Return the bytes of non-volatile slot 0 or 1, empty when it was never written."""
        ...

    def store(self, slot: int, data: bytes) -> None:
        """Write a slot, durable on return; a power cut meanwhile spoils at most this slot.

        Raises:
            OSError: the memory does not answer.
        """
        ...

    def random(self, count: int) -> bytes:
        """Return `count` bytes that nobody can foresee."""
        ...

    def unique_id(self) -> bytes:
        """Return the 8 bytes that name this controller."""
        ...

    def machine_key(self) -> bytes:
        """Return the 32 bytes shared with the agent, empty before commissioning."""
        ...

    def reset_cause(self) -> int:
        """Return the board's own number for why it started."""
        ...
