"""The two moving parts of a machine: the bolt that blocks the press, and the press itself.

Pure physics in steps of one millisecond; no clock, no switches, no wiring. Positions run from
0 to 1. A bolt that is out keeps the press at the top; a press that is down keeps the bolt in.
"""

from __future__ import annotations

import enum

PULL_DELAY_MS = 20  # a small 12 V solenoid builds up its field
RELEASE_DELAY_MS = 30  # its flyback diode holds the current a little
BOLT_TRAVEL_MS = 30  # pulled in by the solenoid, pushed out by its spring
HAND_TRAVEL_MS = 250  # a clerk's hand, each way
HAND_HOLD_MS = 120  # and its rest on the paper
# A bouncing press turns back where the top switch is closed and the bolt's notch not yet open.
BOUNCE_DEPTH = 0.02
BOUNCE_GAP_MS = 25
STALL_DEPTH = 0.6  # where a stalled press sticks
STALL_HOLD_MS = 800  # how long a hand tries before it lets go
MOTOR_DOWN_MS = 300
MOTOR_RETURN_MS = 250
SPRING_RETURN_MS = 600  # a motor press without current rises by its spring
RUN_MA = 1_500
RETURN_MA = 800
STALL_MA = 4_500

TOP_SWITCH = 0.05
BOTTOM_SWITCH = 0.97
BOLT_SWITCH = 0.9
BOLT_CLEAR = 0.1


class Bolt:
    """A spring bolt drawn in by a solenoid."""

    def __init__(self) -> None:
        self.reach = 1.0  # 1 is out: locked
        self._pulling = False
        self._since_ms = RELEASE_DELAY_MS

    @property
    def out(self) -> bool:
        """The bolt switch is closed: locked."""
        return self.reach >= BOLT_SWITCH

    @property
    def clear(self) -> bool:
        """The press can go down."""
        return self.reach <= BOLT_CLEAR

    @property
    def resting(self) -> bool:
        """Nothing will move while the current stays as it is."""
        return self.reach == (0.0 if self._pulling else 1.0)

    def step(self, *, pull: bool, jammed: bool, blocked: bool) -> None:
        """Pass one millisecond.

        Args:
            pull: the solenoid has current.
            jammed: the bolt does not move.
            blocked: the press is not at its very top, so that the bolt cannot come out.
        """
        if pull != self._pulling:
            self._pulling = pull
            self._since_ms = 0
        self._since_ms += 1
        delay_ms = PULL_DELAY_MS if pull else RELEASE_DELAY_MS
        if jammed or self._since_ms <= delay_ms:
            return
        if pull:
            self.reach = max(0.0, self.reach - 1 / BOLT_TRAVEL_MS)
        elif not blocked:
            self.reach = min(1.0, self.reach + 1 / BOLT_TRAVEL_MS)


class Mechanics(enum.Enum):
    """What brings the seal down."""

    HAND = "hand"  # the clerk's lever; LOCK only frees it
    MOTOR = "motor"  # PRESS and PRESS_RETURN drive it


class Phase(enum.Enum):
    """Where a stroke by hand stands."""

    REST = "rest"  # at the top, no hand on the lever
    DOWN = "down"  # on its way to the paper
    HELD = "held"  # the seal is on the paper
    STUCK = "stuck"  # stalled half way
    UP = "up"  # the spring brings it back
    GAP = "gap"  # all but at the top, between the two strikes of a bouncing press


class HandPress:
    """A lever with a return spring."""

    def __init__(self) -> None:
        self.depth = 0.0
        self._phase = Phase.REST
        self._strikes = 0
        self._stall = False
        self._left_ms = 0

    @property
    def resting(self) -> bool:
        """No hand on the lever and the lever at the top."""
        return self._phase is Phase.REST

    @property
    def current_ma(self) -> int:
        """A hand draws none."""
        return 0

    def push(self, *, free: bool, strikes: int, stall: bool) -> bool:
        """A hand presses the lever; False if it does not move.

        Args:
            free: the bolt lets it down.
            strikes: 1, or 2 for a press that bounces.
            stall: it will stick half way.
        """
        if not free or not self.resting:
            return False
        self._phase, self._strikes, self._stall = Phase.DOWN, strikes, stall
        return True

    def step(self, *, stalled: bool) -> bool:
        """Pass one millisecond; True in the one in which the seal meets the paper.

        Args:
            stalled: it sticks half way for as long as this holds.
        """
        before = self.depth
        self._left_ms -= 1
        match self._phase:
            case Phase.DOWN:
                self._go_down(stalled)
            case Phase.UP:
                self._go_up()
            case Phase.HELD if self._left_ms <= 0:
                self._phase = Phase.UP
            case Phase.STUCK if self._left_ms <= 0 and not stalled:
                self._stall = False
                self._phase = Phase.UP
            case Phase.GAP if self._left_ms <= 0:
                self._phase = Phase.DOWN
            case _:
                pass
        return before < BOTTOM_SWITCH <= self.depth

    def _go_down(self, stalled: bool) -> None:
        self.depth = min(1.0, self.depth + 1 / HAND_TRAVEL_MS)
        if (self._stall or stalled) and self.depth >= STALL_DEPTH:
            self._phase, self._left_ms = Phase.STUCK, STALL_HOLD_MS
        elif self.depth >= 1.0:
            self._phase, self._left_ms = Phase.HELD, HAND_HOLD_MS

    def _go_up(self) -> None:
        self.depth = max(0.0, self.depth - 1 / HAND_TRAVEL_MS)
        if self._strikes > 1 and self.depth <= BOUNCE_DEPTH:
            self._strikes -= 1
            self._phase, self._left_ms = Phase.GAP, BOUNCE_GAP_MS
        elif self.depth == 0.0:
            self._phase = Phase.REST


class MotorPress:
    """A press driven both ways by a motor, with a slow return spring and no brake."""

    def __init__(self) -> None:
        self.depth = 0.0
        self.current_ma = 0
        self._again = False  # a second strike nobody ordered is due at the top
        self._running_again = False

    @property
    def resting(self) -> bool:
        """At the top, without current and with no strike due."""
        return self.depth == 0.0 and self.current_ma == 0 and not self._again

    def bounce(self) -> None:
        """The next return to the top is followed by one more strike nobody ordered."""
        self._again = not self._running_again

    def step(self, *, down: bool, back: bool, free: bool, stalled: bool) -> bool:
        """Pass one millisecond; True in the one in which the seal meets the paper.

        Args:
            down: PRESS has current; both drives at once cancel out.
            back: PRESS_RETURN has current.
            free: the bolt lets it down from the top.
            stalled: it sticks half way.
        """
        before = self.depth
        if self._again and before <= BOUNCE_DEPTH and not down:
            self._again, self._running_again = False, True
        if self._running_again or (down and not back):
            self._drive_down(free, stalled)
        else:
            self._rise(back and not down)
        self._running_again = self._running_again and self.depth < 1.0
        return before < BOTTOM_SWITCH <= self.depth

    def _drive_down(self, free: bool, stalled: bool) -> None:
        blocked = self.depth == 0.0 and not free
        if blocked or self.depth >= 1.0 or (stalled and self.depth >= STALL_DEPTH):
            self.current_ma = STALL_MA
            return
        self.current_ma = RUN_MA
        self.depth = min(1.0, self.depth + 1 / MOTOR_DOWN_MS)

    def _rise(self, driven: bool) -> None:
        self.current_ma = RETURN_MA if driven and self.depth > 0.0 else 0
        travel_ms = MOTOR_RETURN_MS if driven else SPRING_RETURN_MS
        self.depth = max(0.0, self.depth - 1 / travel_ms)
