"""What the faults of the line do to a reply. Pure."""

from __future__ import annotations

from hardware import frames
from sim.controller.line import Answer
from sim.faults import FaultSet

LATE_S = 1.5  # later than any driver waits
_OTHER_UNIT_BIT = 0x40


def spoil(reply: bytes, faults: FaultSet, *, moves: bool) -> tuple[Answer | None, str | None]:
    """Return what leaves for a good `reply`, and which fault struck it.

    Args:
        moves: the request made something move, which a fault's scope may ask for.
    """
    if faults.strikes("no_reply", moves=moves):
        return None, "no_reply"
    if faults.strikes("late_reply", moves=moves):
        return Answer(reply, late_s=LATE_S), "late_reply"
    if faults.strikes("bad_crc", moves=moves):
        return Answer(reply[:-1] + bytes((reply[-1] ^ 0xFF,))), "bad_crc"
    if faults.strikes("half_frame", moves=moves):
        return Answer(reply[: len(reply) // 2]), "half_frame"
    if faults.strikes("wrong_unit", moves=moves):
        unit, pdu = frames.decode(reply)
        return Answer(frames.encode(unit ^ _OTHER_UNIT_BIT, pdu)), "wrong_unit"
    return Answer(reply), None
