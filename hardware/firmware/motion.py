"""Everything that moves: lock, press, lamps, the stroke counter, interlocks and timers.

Rules: outputs fall at start; LOCK and PRESS run for a limited time; one press per grant; the
counter is in non-volatile memory before anybody reads it; an open door, a cut tamper loop, a
second press or a lost link drops the outputs. `controller.py` decides what may be asked.
MicroPython subset, hence no `from __future__`, enum or dataclass.
"""

from hardware.firmware import memory
from hardware.firmware import registers as r
from hardware.firmware.board import Board
from hardware.firmware.events import Events
from hardware.firmware.lamps import Lamps

LOOP_FILTER_MS = 10  # an open loop shorter than this is noise
BOLT_MS = 500  # the bolt is out this long after LOCK dropped, or it is stuck
BOOT_MS = 5000
STALL_MS = 10000  # a press that stays away from its top for longer is stuck
SERVICE_MS = 300000
CURRENT_MAX_MA = 3000
INRUSH_MS = 100  # a starting motor draws more for this long

_MILLIS_MASK = 0xFFFFFFFF
_UP, _DOWN = 1, 2  # what the press motor does; 0 is nothing


class Motion:
    """State of one seal's lock and press; `poll` at least every 5 ms drives it."""

    def __init__(self, board: Board, motor: bool = False) -> None:
        board.write_outputs(0)
        self.board = board
        self.motor = motor
        self.config = [20, 0, 30, 20, 30]  # registers 9200..9204
        self.state = r.BOOT
        self.fault = 0
        self.alarms = self.told = 0  # latched; as last read by the agent
        self.uptime_ms = 0
        self.peak_ma = 0
        self.stroke_ms = 0
        self.window = False  # LOCK was opened and the bolt is not out again
        self.lamps = Lamps()
        self.inputs = 0
        self._millis = board.millis()
        self.events = Events()
        self._good_at_ms = [0] * 8
        self._since_ms = 0  # when this state began
        self._armed_until_ms = 0
        self._lock_until_ms = 0
        self._hatch_until_ms = 0
        self._heard_ms = 0
        self._link_lost = False
        self._pressed = False  # this window has had its press
        self._top, self._bottom, self._reached = True, False, False
        self._left_top_ms = 0
        self._motor_job, self._motor_until_ms = 0, 0
        self._motor_wanted = False
        self._mains_lost = self._door_open = False
        self._dirty = False
        self.counters = memory.Counters()
        self._remember_boot()

    def poll(self) -> None:
        """Sense, count, judge, drive; the one place where outputs change."""
        self._tick()
        self.inputs = self.board.read_inputs() & 0xFF
        self._watch_press()
        self._watch_loops()
        self._watch_link()
        self._watch_state()
        self._watch_motor()
        self.drive()

    def drive(self) -> None:
        """Write the outputs as they should be now, and what is not yet in memory."""
        if self._dirty:
            self.save()
        self.board.write_outputs(self.outputs())

    def outputs(self) -> int:
        """Return the mask of the outputs as they should be now."""
        mask = self.lamps.mask
        if self.fault:
            return mask
        if self.uptime_ms < self._lock_until_ms:
            mask |= 1 << r.LOCK
        if self._motor_job:
            mask |= 1 << (r.PRESS if self._motor_job == _DOWN else r.PRESS_RETURN)
        if self.uptime_ms < self._hatch_until_ms:
            mask |= 1 << r.HATCH
        return mask

    def missing(self) -> str:
        """Return the word for the first interlock that forbids opening, or an empty one."""
        inputs = self.board.read_inputs()
        for number, word in r.INTERLOCKS:
            if not inputs >> number & 1:
                return word
        return ""

    def arm(self, life_s: int) -> None:
        """Stand ready for one UNLOCK or STROKE during `life_s` seconds."""
        self._armed_until_ms = self.uptime_ms + 1000 * life_s
        self._enter(r.ARMED)
        self.event(r.E_ARMED, life_s)

    def disarm(self) -> None:
        """Back to LOCKED from ARMED."""
        if self.state == r.ARMED:
            self._enter(r.LOCKED)

    def unlock(self, with_motor: bool) -> bool:
        """Open the lock for its pulse; False when the memory cannot take the note of it."""
        self.alarms = 0
        self.counters.flags &= ~memory.UNCERTAIN
        self.counters.lock_cycles += 1
        self.event(r.E_UNLOCKED, self.counters.lock_cycles & 0xFFFF)
        if not self.save():
            return False
        pulse_ms = min(100 * self.config[2], self._armed_until_ms - self.uptime_ms)
        self._lock_until_ms = self.uptime_ms + pulse_ms
        self.window, self._pressed = True, False
        self._motor_wanted = with_motor
        self.peak_ma = 0
        self._enter(r.OPEN)
        return True

    def cancel(self) -> None:
        """End whatever was granted: LOCK drops, a motor press goes back up."""
        if self.state in (r.ARMED, r.OPEN, r.STROKE, r.SERVICE):
            self.event(r.E_CANCELLED, self.state)
        self._drop()
        if self.state in (r.ARMED, r.SERVICE):
            self._enter(r.LOCKED)
        elif self.state == r.OPEN:
            self._enter(r.RETURNED)

    def acknowledge(self) -> str:
        """Clear latched alarms that were read and whose cause is gone; return the word of why not.

        That power was lost in a press stays said until the next UNLOCK, however often we restart.
        """
        for number, word in ((r.TAMPER_OK, "tamper"), (r.PRESS_TOP, "press-not-at-top")):
            if not self.inputs >> number & 1:
                return word
        if not self.inputs >> r.BOLT_OUT & 1:
            return "bolt-not-out"
        if self.alarms & ~self.told:  # the agent could not write down what it does not know
            return "alarm"
        self.event(r.E_ACKNOWLEDGED, self.alarms)
        self.alarms &= 1 << r.ALARMS.index("power-lost-pressing")
        if self.state == r.ALARM:
            self.window = False
            self._enter(r.LOCKED)
        return ""

    def service(self) -> None:
        """Let a technician open the hatch by pulses; nothing else opens meanwhile."""
        self._enter(r.SERVICE)
        self.event(r.E_SERVICE, 0)

    def open_hatch(self, length_ms: int) -> None:
        """Free the hatch for `length_ms`; only `service` makes this reachable."""
        self._hatch_until_ms = self.uptime_ms + length_ms
        self.event(r.E_HATCH, length_ms // 100)

    def all_off(self) -> None:
        """Every output off; a press that is down goes back up."""
        self.lamps.off()
        self._hatch_until_ms = 0
        self.cancel()

    def heard(self) -> None:
        """The agent lives: start the link watchdog again."""
        self._heard_ms = self.uptime_ms
        self._link_lost = False

    def fail(self, fault: int) -> None:
        """Stop for good: what this controller says could not be trusted any more."""
        self.fault = fault
        self._drop()
        self.state = r.FAULT

    def event(self, code: int, argument: int) -> None:
        """Put an event into the ring; its number never repeats."""
        self.counters.event_head += 1
        self.events.put(self.counters.event_head, self.uptime_ms, code, argument)
        self._dirty = True

    def save(self) -> bool:
        """Write the counters into the older slot; False, and a fault, when that fails."""
        if self.fault:
            return False
        self.counters.generation += 1
        try:
            self.board.store(self.counters.generation % 2, memory.encode(self.counters))
        except OSError:
            self.fail(r.F_MEMORY)
            return False
        self._dirty = False
        return True

    def _remember_boot(self) -> None:
        known = memory.newest(self.board.load(0), self.board.load(1))
        if known is None:
            self.fail(r.F_MEMORY)
            return
        self.counters = known
        known.boots += 1
        self.event(r.E_BOOT, self.board.reset_cause())
        if known.flags & memory.PENDING:
            known.strokes += 1
            self._bottom = True  # still down, perhaps: this press is counted already
            self.event(r.E_POWER_LOSS_STROKE, known.strokes)
        elif known.flags & memory.MOVING:
            known.flags |= memory.UNCERTAIN
        known.flags &= memory.UNCERTAIN
        if known.flags:
            self._latch("power-lost-pressing")
        self.save()

    def _tick(self) -> None:
        now = self.board.millis()
        self.uptime_ms += (now - self._millis) & _MILLIS_MASK
        self._millis = now

    def _reads(self, number: int) -> bool:
        return bool(self.inputs >> number & 1)

    def _broken(self, number: int, filter_ms: int = LOOP_FILTER_MS) -> bool:
        """True when this loop has read 0 for longer than noise does."""
        if self._reads(number):
            self._good_at_ms[number] = self.uptime_ms
        return self.uptime_ms - self._good_at_ms[number] >= filter_ms

    def _watch_press(self) -> None:
        top, bottom = self._reads(r.PRESS_TOP), self._reads(r.PRESS_BOTTOM)
        if top and bottom:
            self._alarm("press-sensor")
        elif not top and self._top:
            self._left_top_ms = self.uptime_ms
            self.counters.flags |= memory.MOVING
            self.save()
            if self.state == r.OPEN:
                self._enter(r.STROKE)
        if bottom and not self._bottom:
            self._reached_bottom()
        if top and not bottom and not self._top:
            self._reached_top()
        if not top and self.uptime_ms - self._left_top_ms >= STALL_MS:
            self._alarm("press-stuck")
        self._top, self._bottom = top, bottom

    def _reached_bottom(self) -> None:
        self._reached = True
        self.counters.flags |= memory.PENDING
        self.save()
        self._lock_until_ms = 0  # the bolt falls in as soon as the lever is back
        if not self.window:
            self._alarm("press-without-grant")
        elif self._pressed:
            self._alarm("second-press")
        self._pressed = True

    def _reached_top(self) -> None:
        if self._reached:
            self.counters.strokes += 1
            self.stroke_ms = self.uptime_ms - self._left_top_ms
            self.event(r.E_STROKE, self.counters.strokes)
        self.counters.flags &= memory.UNCERTAIN
        self.save()
        if self.state == r.STROKE:
            self._enter(r.RETURNED if self._reached else r.OPEN)
        self._reached = False

    def _watch_loops(self) -> None:
        if self._broken(r.TAMPER_OK):
            if not self._latched("tamper"):
                self.counters.tampers += 1
            self._alarm("tamper")
        granted = self.state in (r.OPEN, r.STROKE)
        door, mains = self._broken(r.DOOR_CLOSED), self._broken(r.MAINS_OK)
        seal, paper = self._broken(r.SEAL_PRESENT), self._broken(r.PAPER)
        if door and not self._door_open:
            self.event(r.E_DOOR, self.state)
        if mains and not self._mains_lost:
            self.event(r.E_MAINS_LOST, self.state)
        self._door_open, self._mains_lost = door, mains
        if granted and (door or seal):
            self._alarm("door" if door else "seal-missing")
        elif granted and (mains or paper):
            self._give_up(paper)

    def _give_up(self, paper: bool) -> None:
        """Before the press: the grant ends without alarm. A press that has begun ends itself."""
        if self.state == r.STROKE:
            self._lock_until_ms = 0
            return
        if paper:
            self.event(r.E_PAPER, self.state)
        self.cancel()

    def _watch_link(self) -> None:
        if self._link_lost or self.uptime_ms - self._heard_ms < 100 * self.config[0]:
            return
        self._link_lost = True
        if self.state in (r.ARMED, r.OPEN, r.STROKE, r.SERVICE) or self.lamps.mask:
            self.event(r.E_WATCHDOG, self.state)
        if self.state in (r.ARMED, r.OPEN, r.STROKE):
            self._latch("watchdog")
        self.all_off()

    def _watch_state(self) -> None:
        self.lamps.expire(self.uptime_ms)
        bolt_missing = self._broken(r.BOLT_OUT, BOLT_MS)
        age_ms = self.uptime_ms - self._since_ms
        if self.state == r.BOOT:
            self._watch_boot(age_ms)
        elif self.state == r.ARMED and self.uptime_ms >= self._armed_until_ms:
            self.cancel()
        elif self.state in (r.LOCKED, r.ARMED) and bolt_missing:
            self._alarm("bolt-stuck")
        elif self.state == r.OPEN and self.uptime_ms >= self._lock_until_ms:
            self.event(r.E_WINDOW_OVER, 0)
            self._enter(r.RETURNED)
        elif self.state == r.RETURNED:
            self._watch_bolt(age_ms)
        elif self.state == r.SERVICE and age_ms >= SERVICE_MS:
            self.cancel()

    def _watch_boot(self, age_ms: int) -> None:
        if self._reads(r.BOLT_OUT) and self._reads(r.PRESS_TOP):
            self._enter(r.LOCKED)
        elif age_ms >= BOOT_MS:
            self._alarm("bolt-stuck")

    def _watch_bolt(self, age_ms: int) -> None:
        self._drop()
        if self._reads(r.BOLT_OUT) and self._reads(r.PRESS_TOP):
            self.window = False
            self._enter(r.LOCKED)
            self.event(r.E_LOCKED, int(self._pressed))
        elif self._reads(r.PRESS_TOP) and age_ms >= BOLT_MS:
            self._alarm("bolt-stuck")

    def _watch_motor(self) -> None:
        if self._motor_wanted and self.state == r.OPEN and not self._reads(r.BOLT_OUT):
            self._motor_wanted = False
            self._run_motor(_DOWN)
        if not self._motor_job:
            return
        current = self.board.press_current_ma()
        self.peak_ma = max(self.peak_ma, current)
        running_ms = self.uptime_ms + 100 * self.config[3] - self._motor_until_ms
        overcurrent = current > CURRENT_MAX_MA and running_ms >= INRUSH_MS
        late = self.uptime_ms >= self._motor_until_ms
        if self._motor_job == _DOWN:
            if overcurrent:
                self._alarm("overcurrent")
            elif late:
                self._alarm("press-stuck")
            elif self._reads(r.PRESS_BOTTOM):
                self._run_motor(_UP)
        elif self._reads(r.PRESS_TOP):
            self._motor_job = 0
        elif late or overcurrent:
            self._motor_job = 0
            self._alarm("press-stuck")

    def _run_motor(self, job: int) -> None:
        self._motor_job = job
        self._motor_until_ms = self.uptime_ms + 100 * self.config[3]

    def _enter(self, state: int) -> None:
        if self.state != r.FAULT:
            self.state = state
            self._since_ms = self.uptime_ms

    def _drop(self) -> None:
        """LOCK and HATCH off now; a motor press that is on its way down goes back up."""
        self._lock_until_ms = 0
        self._hatch_until_ms = 0
        self._motor_wanted = False
        if self._motor_job == _DOWN:
            self._run_motor(_UP)

    def _latched(self, word: str) -> bool:
        return bool(self.alarms >> r.ALARMS.index(word) & 1)

    def _latch(self, word: str) -> None:
        self.alarms |= 1 << r.ALARMS.index(word)

    def _alarm(self, word: str) -> None:
        """Latch an alarm once: outputs drop, nothing opens until it is acknowledged."""
        if self._latched(word) and self.state in (r.ALARM, r.FAULT):
            return
        self._latch(word)
        self.event(r.E_ALARM + r.ALARMS.index(word), self.state)
        self._drop()
        self._enter(r.ALARM)
