"""Options of the kiosk: how long, how often, where; plain values with safe defaults."""

from __future__ import annotations

from datetime import timedelta, timezone

from msgspec import Struct

CHINA_TIME = timezone(timedelta(hours=8))


class KioskOptions(Struct, frozen=True, kw_only=True):
    """Times in seconds.

    Args:
        idle_s: a signed-in clerk who touches nothing for so long is signed out.
        warn_s: so long before that the screen says so and offers to go on.
        pin_idle_s: a card without its PIN is forgotten after so long.
        pin_tries: wrong PINs in a row that lock a card.
        pin_locked_s: how long it stays locked.
        answer_s: how long a page waits for the agent's answer.
        copies_max: most copies of one request where the list names no number.
        time_zone: the local time that people read.
    """

    idle_s: float = 180.0
    warn_s: float = 30.0
    pin_idle_s: float = 60.0
    pin_tries: int = 5
    pin_locked_s: float = 600.0
    answer_s: float = 20.0
    copies_max: int = 50
    time_zone: timezone = CHINA_TIME
