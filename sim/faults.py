"""The fault catalogue, and which faults are active on one machine.

Each fault has a name, the place where it strikes and what a good machine must then do.
A fault is set with a count (it strikes that many times), with seconds (it lasts that long by
the plant's clock), or with neither (until it is cleared). Pure: time is handed in.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from sim.errors import FaultError

MAX_COUNT = 10_000
MAX_SECONDS = 7 * 24 * 3600.0


class Place(enum.Enum):
    """Where a fault strikes."""

    LINE = "line"  # replies on the serial line
    BOARD = "board"  # inside the controller
    PLANT = "plant"  # mechanics, switches, paper
    CAMERA = "camera"  # the document camera
    POWER = "power"  # the supply of the whole machine
    HOST = "host"  # the computer the agent runs on


class Fault(Struct, frozen=True, kw_only=True):
    """One entry of the catalogue.

    Args:
        counts: it can be set with a count; a state such as an empty tray cannot.
        strikes: what happens in the simulated world.
        must: what the machine must do about it.
    """

    name: str
    place: Place
    counts: bool
    strikes: str
    must: str


CATALOGUE: tuple[Fault, ...] = (
    Fault(
        name="no_reply",
        place=Place.LINE,
        counts=True,
        strikes="the command is executed and its reply never sent",
        must="repeat no command; read state, prove what happened or hold",
    ),
    Fault(
        name="late_reply",
        place=Place.LINE,
        counts=True,
        strikes="the command is executed at once and its reply comes 1.5 s later",
        must="never take the late reply for the answer to a later request",
    ),
    Fault(
        name="bad_crc",
        place=Place.LINE,
        counts=True,
        strikes="the command is executed and its reply arrives with a wrong checksum",
        must="treat it as no reply",
    ),
    Fault(
        name="half_frame",
        place=Place.LINE,
        counts=True,
        strikes="the command is executed and only the first half of its reply arrives",
        must="treat it as no reply",
    ),
    Fault(
        name="wrong_unit",
        place=Place.LINE,
        counts=True,
        strikes="the command is executed and the reply carries another unit number",
        must="treat it as no reply",
    ),
    Fault(
        name="request_lost",
        place=Place.LINE,
        counts=True,
        strikes="the request is lost on the line: nothing is executed, nothing answers",
        must="prove that nothing moved, or hold; send no command again",
    ),
    Fault(
        name="stuck_relay",
        place=Place.BOARD,
        counts=False,
        strikes="the lock's contact welds when it next closes; its coil reads off",
        must="see the bolt missing, alarm and hold; count a press that follows",
    ),
    Fault(
        name="linkage_mode_on",
        place=Place.BOARD,
        counts=True,
        strikes="relay 1 follows input 1, and that many writes of mode 0 do not take",
        must="refuse to work unless mode 0 reads back; hold if the bolt moves without a grant",
    ),
    Fault(
        name="lock_jam",
        place=Place.PLANT,
        counts=True,
        strikes="the bolt does not move: that many pulls fail, or it sticks where it is",
        must="count no impression for a pull that failed; hold when the bolt is not out in time",
    ),
    Fault(
        name="press_stall",
        place=Place.PLANT,
        counts=True,
        strikes="the press sticks half way down and makes no impression",
        must="with a motor stop and retract; count nothing; hold if it does not return",
    ),
    Fault(
        name="double_strike",
        place=Place.PLANT,
        counts=True,
        strikes="one press comes down twice before the bolt can follow",
        must="record one use and one incident, and hold",
    ),
    Fault(
        name="faint_press",
        place=Place.PLANT,
        counts=True,
        strikes="the pad needs ink: the mark is pale",
        must="record the use, tell the clerk, offer one make-up stamp that names it",
    ),
    Fault(
        name="dry_press",
        place=Place.PLANT,
        counts=True,
        strikes="there is no ink at all: the press comes down and leaves nothing",
        must="look twice, sign an incident with both photos, hold until a person has looked",
    ),
    Fault(
        name="half_press",
        place=Place.PLANT,
        counts=True,
        strikes="pressed askew: one half of the mark is missing",
        must="record the use and tell the clerk that the mark is not whole",
    ),
    Fault(
        name="dry_patch",
        place=Place.PLANT,
        counts=True,
        strikes="a patch of the pad is dry: the mark has a hole",
        must="record the use and tell the clerk that the mark is not whole",
    ),
    Fault(
        name="wiped_press",
        place=Place.PLANT,
        counts=True,
        strikes="the sheet moves under the seal: the mark is smeared",
        must="record the use and tell the clerk that the mark is smeared",
    ),
    Fault(
        name="seal_missing",
        place=Place.PLANT,
        counts=False,
        strikes="the seal is not in its holder",
        must="give no grant; alarm",
    ),
    Fault(
        name="paper_missing",
        place=Place.PLANT,
        counts=False,
        strikes="there is no paper on the tray",
        must="give no grant; say so and go on when paper is back",
    ),
    Fault(
        name="door_forced",
        place=Place.PLANT,
        counts=False,
        strikes="the hatch is open although nobody opened it by command",
        must="lock within 500 ms, sign an incident, give no grant",
    ),
    Fault(
        name="tamper_cut",
        place=Place.PLANT,
        counts=False,
        strikes="the tamper loop is open",
        must="lock within 500 ms, sign an incident, hold",
    ),
    Fault(
        name="camera_gone",
        place=Place.CAMERA,
        counts=False,
        strikes="the camera's cable is out",
        must="give no grant; after a grant hold until a photo or a release",
    ),
    Fault(
        name="camera_frozen",
        place=Place.CAMERA,
        counts=False,
        strikes="the camera repeats one old picture",
        must="refuse the picture as not fresh; give no grant",
    ),
    Fault(
        name="camera_black",
        place=Place.CAMERA,
        counts=False,
        strikes="the camera gives black pictures",
        must="refuse the picture; give no grant",
    ),
    Fault(
        name="power_cut",
        place=Place.POWER,
        counts=False,
        strikes="the mains is gone; after the hold-up everything drops and the controller resets",
        must="bolt out; after the start settle the open intent by proof, never by guess",
    ),
    Fault(
        name="clock_back",
        place=Place.HOST,
        counts=False,
        strikes="the host's clock shows the beginning of 2017",
        must="never let device time go back along the chain; flag the skew",
    ),
)

BY_NAME: dict[str, Fault] = {fault.name: fault for fault in CATALOGUE}


class Scope(enum.Enum):
    """Which frames a fault of the line strikes."""

    ANY = "any"  # every frame
    MOVES = "moves"  # only frames that make the lock, the press or the hatch move


class ActiveFault(Struct, frozen=True, kw_only=True):
    """One fault as it stands now; `until_ms` is by the plant's clock."""

    name: str
    count: int | None = None
    until_ms: int | None = None
    scope: Scope = Scope.ANY


class FaultSet:
    """The active faults of one machine. Not thread-safe: the machine's lock guards it."""

    def __init__(self) -> None:
        self._active: dict[str, ActiveFault] = {}

    def set(
        self,
        name: str,
        now_ms: int,
        *,
        count: int | None = None,
        seconds: float | None = None,
        scope: Scope = Scope.ANY,
    ) -> ActiveFault:
        """Make a fault active from now on; a fault set again starts over.

        Raises:
            FaultError: unknown name, both figures, figures out of range, or a count or scope
                for a fault that has none.
        """
        fault = find(name)
        _check(fault, count, seconds, scope)
        until_ms = None if seconds is None else now_ms + round(seconds * 1000)
        active = ActiveFault(name=name, count=count, until_ms=until_ms, scope=scope)
        self._active[name] = active
        return active

    def clear(self, name: str) -> bool:
        """End a fault; True if it was active.

        Raises:
            FaultError: unknown name.
        """
        return self._active.pop(find(name).name, None) is not None

    def expire(self, now_ms: int) -> list[str]:
        """End the faults whose time is over and return their names."""
        over = [
            name
            for name, fault in self._active.items()
            if fault.until_ms is not None and now_ms >= fault.until_ms
        ]
        for name in over:
            del self._active[name]
        return over

    def active(self) -> list[ActiveFault]:
        """Every active fault, oldest first."""
        return list(self._active.values())

    def on(self, name: str) -> bool:
        """True while the fault is active in any way."""
        return name in self._active

    def lasts(self, name: str) -> bool:
        """True while the fault is active and not counted: a state, not a stroke of bad luck."""
        fault = self._active.get(name)
        return fault is not None and fault.count is None

    def strikes(self, name: str, *, moves: bool = True) -> bool:
        """True if the fault strikes here and now; a counted fault is used up by one.

        Args:
            moves: the frame in question makes something move; matters for the faults of the
                line alone.
        """
        fault = self._active.get(name)
        if fault is None or (fault.scope is Scope.MOVES and not moves):
            return False
        if fault.count is None:
            return True
        if fault.count == 1:
            del self._active[name]
        else:
            self._active[name] = ActiveFault(name=name, count=fault.count - 1, scope=fault.scope)
        return True


def find(name: str) -> Fault:
    """Return the catalogue's entry.

    Raises:
        FaultError: there is no such fault.
    """
    fault = BY_NAME.get(name)
    if fault is None:
        raise FaultError(f"one of {', '.join(BY_NAME)}", repr(name))
    return fault


def _check(fault: Fault, count: int | None, seconds: float | None, scope: Scope) -> None:
    if count is not None and seconds is not None:
        raise FaultError("count or seconds", "both")
    if count is not None and not fault.counts:
        raise FaultError(f"seconds or nothing for {fault.name}, which is a state", "a count")
    if count is not None and not 1 <= count <= MAX_COUNT:
        raise FaultError(f"a count from 1 to {MAX_COUNT}", str(count))
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise FaultError(f"seconds over 0 and at most {MAX_SECONDS:.0f}", str(seconds))
    if scope is not Scope.ANY and fault.place is not Place.LINE:
        raise FaultError(f"no scope for {fault.name}, which is not on the line", scope.value)
