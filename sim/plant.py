"""The physics of one seal machine: lock, lever or motor, paper, seal, hatch, wires and power.

The plant knows nothing of protocols or permits: outputs go in as a bit mask, inputs come out
as one, and time passes only by `advance`. What it counts, it counts by itself: `presses` and
the impressions on each sheet are the truth that every other count is judged by. Pure and not
thread-safe; one machine owns one plant.
"""

from __future__ import annotations

import enum
import random

import msgspec
from msgspec import Struct

from sim.faults import FaultSet
from sim.mechanics import BOTTOM_SWITCH, TOP_SWITCH, Bolt, HandPress, Mechanics, MotorPress

HOLDUP_MS = 200  # how long the supply's capacitors last without mains
SUPPLY_MV = 12_000
TEMPERATURE_X10 = 235
# How a fault spoils the mark: the words of `sim.camera_ink.Fault`.
INKS = {"faint_press": "faint", "half_press": "half", "dry_patch": "dry", "wiped_press": "wiped"}
HATCH_LATCH_MS = 50  # the hatch springs open after this much current


class Output(enum.IntEnum):
    """What the controller drives; the numbers are the controller's coils."""

    LOCK = 0
    PRESS = 1
    LIGHT = 2
    BUZZER = 3
    LED_OK = 4
    LED_ALARM = 5
    PRESS_RETURN = 6
    HATCH = 7


class Input(enum.IntEnum):
    """What the controller senses; 1 is good or closed."""

    DOOR_CLOSED = 0
    BOLT_OUT = 1
    SEAL_PRESENT = 2
    PRESS_TOP = 3
    PRESS_BOTTOM = 4
    PAPER = 5
    TAMPER_OK = 6
    MAINS_OK = 7


class Impression(Struct, frozen=True, kw_only=True):
    """One mark on one sheet: place in fractions of the page, rotation in degrees.

    `ink` is what went wrong with it, a word of `sim.camera_ink.Fault`.
    """

    at_ms: int
    x: float
    y: float
    rotation_deg: float
    ink: str = "none"


class Press(Struct, frozen=True, kw_only=True):
    """The press came down to the bottom once.

    Args:
        at_ms: when the seal met the tray, by the plant's clock.
        paper: the sheet under it, None for an empty tray.
        impression: a mark was made; False without seal, paper or ink.
    """

    at_ms: int
    paper: str | None
    impression: bool


class Sheet(Struct, frozen=True, kw_only=True):
    """One sheet on the tray; `photo` is a picture's path or `rendered:<seed>:<n>`."""

    id: str
    photo: str
    impressions: tuple[Impression, ...] = ()


class Happening(Struct, frozen=True, kw_only=True):
    """An edge in the physical world, for the trace.

    Kinds: `bolt` (out), `free` (the press can go down), `press` (paper, impression), `lever`
    (at the top or not), `outputs` (mask that has current), `power`, `mains`, `door`, and
    `fault` for one whose time is over. An edge says what now `is`.
    """

    at_ms: int
    kind: str
    facts: dict[str, bool | int | str | None]


class Plant:
    """One machine's mechanics and wiring.

    Args:
        seed: decides where the clerk's impressions land.
        mechanics: a clerk's lever or a motor.
        start_ms: what the plant's clock shows at first; it only ever goes forward.
    """

    def __init__(
        self,
        *,
        seed: int,
        faults: FaultSet,
        mechanics: Mechanics = Mechanics.HAND,
        start_ms: int = 0,
    ) -> None:
        self.now_ms = start_ms
        self.mechanics = mechanics
        self.presses: list[Press] = []
        self.sheet: Sheet | None = None
        self.powered = True
        self._faults = faults
        self._random = random.Random(seed)
        self._sheets = 0
        self._spot = (0.7, 0.75)
        self._commanded = 0
        self._welded = False
        self._pull_jammed = False
        self._drive_stalled = False
        self._bolt = Bolt()
        self._hand = HandPress()
        self._motor = MotorPress()
        self._door_open = False
        self._seal_in = True
        self._hatch_ms = 0
        self._holdup_ms = HOLDUP_MS
        self._happenings: list[Happening] = []
        self._seen: dict[str, bool | int | str | None] = self._edges()

    def advance(self, dt_ms: int) -> None:
        """Let `dt_ms` whole milliseconds pass."""
        for _ in range(dt_ms):
            self._step()

    def drive(self, outputs: int) -> None:
        """Switch the controller's outputs: bit n is output n."""
        self._commanded = outputs

    def inputs(self) -> int:
        """The switches as the controller's terminals see them: bit n is input n."""
        closed = {
            Input.DOOR_CLOSED: self.door_closed,
            Input.BOLT_OUT: self.bolt_out,
            Input.SEAL_PRESENT: self.seal_present,
            Input.PRESS_TOP: self.depth <= TOP_SWITCH,
            Input.PRESS_BOTTOM: self.depth >= BOTTOM_SWITCH,
            Input.PAPER: self.paper is not None,
            Input.TAMPER_OK: not self._faults.on("tamper_cut"),
            Input.MAINS_OK: self.mains,
        }
        return sum(1 << number for number, good in closed.items() if good)

    def outputs(self) -> int:
        """The outputs that have current, whatever the controller says: bit n is output n."""
        if not self.powered:
            return 0
        return self._commanded | (1 << Output.LOCK if self._welded else 0)

    def press_lever(self) -> bool:
        """A hand presses the lever; False if it does not go down."""
        if self.mechanics is not Mechanics.HAND or not self.open or not self._hand.resting:
            return False
        strikes = 2 if self._faults.strikes("double_strike") else 1
        stall = self._faults.strikes("press_stall")
        return self._hand.push(free=True, strikes=strikes, stall=stall)

    def press_inside(self) -> bool:
        """A hand behind the open hatch holds the bolt back and presses; False if it cannot."""
        if self.mechanics is not Mechanics.HAND or self.door_closed:
            return False
        return self._hand.push(free=True, strikes=1, stall=False)

    def move_seal(self, present: bool) -> bool:
        """A hand behind the open hatch takes the seal out or puts it in; False if it cannot."""
        if self.door_closed:
            return False
        self._seal_in = present
        return True

    def lay(self, photo: str | None) -> Sheet | None:
        """Lay a new sheet, which bears no impression of this machine, or empty the tray."""
        if photo is None:
            self.sheet = None
            return None
        self._sheets += 1
        self._spot = (self._random.uniform(0.60, 0.76), self._random.uniform(0.68, 0.82))
        self.sheet = Sheet(id=f"sheet-{self._sheets}", photo=photo)
        return self.sheet

    def close_door(self) -> None:
        """Somebody pushes the hatch shut."""
        self._door_open = False

    def take_happenings(self) -> list[Happening]:
        """Return the edges since the last call, oldest first."""
        taken, self._happenings = self._happenings, []
        return taken

    @property
    def busy(self) -> bool:
        """Something moves or is about to, so that fine steps matter."""
        resting = self._bolt.resting and self._hand.resting and self._motor.resting
        return not resting or self.outputs() != 0 or bool(self._faults.active())

    @property
    def bolt_out(self) -> bool:
        """The bolt is where it locks."""
        return self._bolt.out

    @property
    def open(self) -> bool:
        """The press could go down now: the bolt is clear of it."""
        return self._bolt.clear

    @property
    def bolt_reach(self) -> float:
        """Where the bolt is: 1 out, 0 in."""
        return self._bolt.reach

    @property
    def depth(self) -> float:
        """Where the press is: 0 at the top, 1 on the paper."""
        return max(self._hand.depth, self._motor.depth)

    @property
    def pressing(self) -> bool:
        """A stroke has begun and has not ended."""
        return not self._hand.resting or self._motor.depth > 0.0

    @property
    def paper(self) -> Sheet | None:
        """The sheet that lies under the seal and the camera."""
        return None if self._faults.on("paper_missing") else self.sheet

    @property
    def seal_present(self) -> bool:
        """The seal is in its holder."""
        return self._seal_in and not self._faults.on("seal_missing")

    @property
    def door_closed(self) -> bool:
        """The hatch is shut."""
        return not (self._door_open or self._faults.on("door_forced"))

    @property
    def mains(self) -> bool:
        """There is mains; without it the supply lasts HOLDUP_MS."""
        return not self._faults.on("power_cut")

    @property
    def supply_mv(self) -> int:
        """The supply's voltage."""
        return SUPPLY_MV * self._holdup_ms // HOLDUP_MS

    @property
    def temperature_x10(self) -> int:
        """Temperature inside, in tenths of a degree Celsius."""
        return TEMPERATURE_X10

    @property
    def press_current_ma(self) -> int:
        """What the press motor draws now."""
        return self._motor.current_ma

    def _step(self) -> None:
        self.now_ms += 1
        for name in self._faults.expire(self.now_ms):
            self._happen("fault", {"name": name, "active": False})
        self._holdup_ms = HOLDUP_MS if self.mains else max(0, self._holdup_ms - 1)
        self.powered = self._holdup_ms > 0
        before, mask = self._seen["outputs"], self.outputs()
        rising = mask & ~before if isinstance(before, int) else mask
        self._move_bolt(bool(mask & 1 << Output.LOCK), bool(rising & 1 << Output.LOCK))
        self._move_press(mask, bool(rising & 1 << Output.PRESS))
        self._move_hatch(bool(mask & 1 << Output.HATCH))
        self._note_edges()

    def _move_bolt(self, pull: bool, rising: bool) -> None:
        self._welded = self._faults.on("stuck_relay") and (self._welded or pull)
        if rising:
            self._pull_jammed = self._faults.strikes("lock_jam")
        elif not pull:
            self._pull_jammed = False
        jammed = self._pull_jammed or self._faults.lasts("lock_jam")
        self._bolt.step(pull=pull, jammed=jammed, blocked=self.depth > 0.0)

    def _move_press(self, mask: int, rising: bool) -> None:
        stalled = self._faults.lasts("press_stall")
        if self.mechanics is Mechanics.HAND:
            reached = self._hand.step(stalled=stalled)
        else:
            if rising:
                self._drive_stalled = self._faults.strikes("press_stall")
            reached = self._motor.step(
                down=bool(mask & 1 << Output.PRESS),
                back=bool(mask & 1 << Output.PRESS_RETURN),
                free=self.open,
                stalled=stalled or self._drive_stalled,
            )
            if reached and self._faults.strikes("double_strike"):
                self._motor.bounce()
        if reached:
            self._stamp()

    def _move_hatch(self, current: bool) -> None:
        self._hatch_ms = self._hatch_ms + 1 if current else 0
        if self._hatch_ms >= HATCH_LATCH_MS:
            self._door_open = True

    def _ink(self) -> str:
        spoilt = (ink for fault, ink in INKS.items() if self._faults.strikes(fault))
        return next(spoilt, "none")

    def _stamp(self) -> None:
        paper = self.paper
        marked = paper is not None and self.seal_present and not self._faults.strikes("dry_press")
        if paper is not None and marked:
            x, y = self._spot
            mark = Impression(
                at_ms=self.now_ms,
                x=round(x + self._random.uniform(-0.03, 0.03), 4),
                y=round(y + self._random.uniform(-0.03, 0.03), 4),
                rotation_deg=round(self._random.uniform(-9.0, 9.0), 2),
                ink=self._ink(),
            )
            self.sheet = msgspec.structs.replace(paper, impressions=(*paper.impressions, mark))
        sheet_id = paper.id if paper is not None else None
        self.presses.append(Press(at_ms=self.now_ms, paper=sheet_id, impression=marked))
        self._happen("press", {"paper": sheet_id, "impression": marked})

    def _edges(self) -> dict[str, bool | int | str | None]:
        return {
            "outputs": self.outputs(),
            "bolt": self.bolt_out,
            "free": self.open,
            "lever": self.depth <= TOP_SWITCH,
            "power": self.powered,
            "mains": self.mains,
            "door": self.door_closed,
        }

    def _note_edges(self) -> None:
        now = self._edges()
        for kind, value in now.items():
            if self._seen[kind] != value:
                self._happen(kind, {"is": value})
        self._seen = now

    def _happen(self, kind: str, facts: dict[str, bool | int | str | None]) -> None:
        self._happenings.append(Happening(at_ms=self.now_ms, kind=kind, facts=facts))
