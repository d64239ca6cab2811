"""One simulated machine put together: plant, controller, line, camera, card reader and clock.

One lock guards everything; whoever takes it first lets the plant catch up with real time, so
that the physics is exact to the millisecond however late a thread is served. Threads: `plant`
here, and those of the line, the camera and the control address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog
from msgspec import Struct

from sim.benches import Benches
from sim.build import MachineOptions, board_name, has_modes
from sim.camera import Scene, SimCamera
from sim.clock import FLAT_BATTERY_MS, read_offset_ms, real_ms, write_offset_ms
from sim.controller.line import Answer, SerialLine
from sim.controller.spoil import spoil
from sim.errors import FaultError
from sim.faults import ActiveFault, FaultSet, Scope, find
from sim.paper import PaperStack
from sim.plant import Output, Plant, Sheet
from sim.reader import CardWedge, card_line
from sim.state import PanelState, active, physical
from sim.trace import Fact, Trace

log = structlog.get_logger()

TICK_S = 0.004
LEVER_PATIENCE_S = 5.0


class Stroke(Struct, frozen=True, kw_only=True):
    """What became of a clerk's press.

    Args:
        down: the lever went down.
        presses: how often the press met the tray because of it.
        impressions: how many marks that left.
    """

    down: bool
    presses: int = 0
    impressions: int = 0


class SimMachine:
    """Runs one machine; every public method may be called from any thread.

    Args:
        folder: an existing folder for the clock's offset file and a key made here.
    """

    def __init__(self, options: MachineOptions, folder: Path) -> None:
        self.options = options
        self._lock = threading.RLock()
        self._started_ns = time.monotonic_ns()
        self._started_ms = real_ms()
        self._faults = FaultSet()
        self._clock_file = folder / "clock-offset"
        write_offset_ms(self._clock_file, 0)
        self._key_file = options.machine_key or folder / "machine.key"
        self._benches = Benches(options, self._faults, self._key_file, self._started_ms)
        self._plant = self._benches.first.plant
        self._stack = PaperStack(options.seed, options.photo)
        self._plant.lay(self._stack.next())
        self._clock_set_back = False
        self._panel = PanelState()
        self._trace = Trace(options.trace)
        self._line = SerialLine(self._hear, self._speak, options.baud)
        self._reader = CardWedge()
        self._camera = SimCamera(self.scene, options.seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sim-plant", daemon=True)

    def start(self) -> None:
        """Switch the machine on."""
        with self._lock:
            self._note("start", profile=self.options.profile, seed=self.options.seed)
            for bench in self._benches:
                bench.controller.power_on()
        self._thread.start()
        self._line.start()
        self._camera.start()

    def stop(self) -> None:
        """Stop every thread and hang up the terminals."""
        self._stopping.set()
        self._thread.join()
        self._camera.stop()
        self._line.stop()
        self._reader.close()
        with self._lock:
            for bench in self._benches:
                bench.controller.power_off()
            self._note("stop")
            self._trace.close()

    @property
    def addresses(self) -> dict[str, str]:
        """Where programs reach the parts of this machine."""
        found = {
            "serial": self._line.path,
            "camera": self._camera.url,
            "reader": self._reader.path,
            "clock": str(self._clock_file),
        }
        if self.options.profile == "B":
            found["machine_key"] = str(self._key_file)
        return found

    def set_fault(
        self, name: str, *, count: int | None, seconds: float | None, scope: Scope
    ) -> ActiveFault:
        """Make a fault active; raise FaultError if it cannot be."""
        if find(name).name == "linkage_mode_on" and not has_modes(self.options):
            raise FaultError("a board with control modes", board_name(self.options))
        with self._lock:
            self._catch_up()
            fault = self._faults.set(
                name, self._plant.now_ms, count=count, seconds=seconds, scope=scope
            )
            self._note("fault", name=name, active=True, count=count, seconds=seconds)
            self._catch_up()
            return fault

    def clear_fault(self, name: str) -> bool:
        """End a fault; True if it was active; raise FaultError for an unknown name."""
        with self._lock:
            self._catch_up()
            was_active = self._faults.clear(name)
            self._note("fault", name=name, active=False)
            self._catch_up()
            return was_active

    def active_faults(self) -> list[ActiveFault]:
        """The faults that are active now."""
        with self._lock:
            self._catch_up()
            return self._faults.active()

    def lay(self, photo: str | None) -> Sheet | None:
        """Lay a new sheet (see sim.paper), or empty the tray with None."""
        with self._lock:
            self._catch_up()
            return self._laid(self._plant.lay(None if photo is None else self._stack.next(photo)))

    def lay_again(self) -> Sheet | None:
        """Lay another sheet of what was laid last."""
        with self._lock:
            self._catch_up()
            return self._laid(self._plant.lay(self._stack.next()))

    def lay_card(self, uid: str) -> str:
        """Lay a card on the reader and return how it is typed.

        Raises:
            CardError: it is no card's identifier.
        """
        typed = card_line(uid)
        with self._lock:
            self._catch_up()
            if self._plant.powered:
                self._reader.lay(typed)
            self._note("card", read=self._plant.powered)
        return typed

    def press_lever(self, seal: int = 1) -> Stroke:
        """The clerk presses a seal's lever; returns when it is at the top again."""
        return self._pressed(self._of(seal), Plant.press_lever)

    def press_inside(self, seal: int = 1) -> Stroke:
        """Somebody presses behind the open hatch; returns when the press is at the top again."""
        return self._pressed(self._of(seal), Plant.press_inside)

    def move_seal(self, present: bool, seal: int = 1) -> bool:
        """Somebody takes a seal out or puts it in, behind the open hatch; True if it went."""
        plant = self._of(seal)
        with self._lock:
            self._catch_up()
            return plant.move_seal(present)

    def _of(self, seal: int) -> Plant:
        bench = self._benches.numbered(seal)
        if bench is None:
            raise FaultError(f"a seal of 1..{self.options.seals}", str(seal))
        return bench.plant

    def _pressed(self, plant: Plant, push: Callable[[Plant], bool]) -> Stroke:
        with self._lock:
            self._catch_up()
            before = len(plant.presses)
            down = push(plant)
        if not down:
            return Stroke(down=False)
        self._wait_for_top(plant)
        with self._lock:
            made = plant.presses[before:]
            marks = sum(press.impression for press in made)
            return Stroke(down=True, presses=len(made), impressions=marks)

    def close_door(self, seal: int = 1) -> bool:
        """Somebody pushes a seal's hatch shut; True if it then is."""
        plant = self._of(seal)
        with self._lock:
            self._catch_up()
            plant.close_door()
            return plant.door_closed

    def show_panel(self, *, ok: bool | None, alarm: bool | None, tones: int) -> PanelState:
        """The front panel's lamps and buzzer."""
        with self._lock:
            self._panel = PanelState(
                ok=self._panel.ok if ok is None else ok,
                alarm=self._panel.alarm if alarm is None else alarm,
                tones=self._panel.tones + tones,
            )
            return self._panel

    def scene(self) -> Scene:
        """What the camera sees now."""
        with self._lock:
            self._catch_up()
            paper = self._plant.paper
            marks = paper.impressions if paper is not None else ()
            return Scene(
                page=paper.photo if paper is not None else None,
                impressions=tuple((mark.x, mark.y, mark.rotation_deg) for mark in marks),
                inks=tuple(mark.ink for mark in marks),
                light=any(one.plant.outputs() & 1 << Output.LIGHT for one in self._benches),
                camera=self._camera_state(),
            )

    def state(self) -> dict[str, Any]:
        """The whole state as plain values; the keys are those of docs/commands.md."""
        options = self.options
        with self._lock:
            self._catch_up()
            now_ms = self._plant.now_ms
            return {
                **physical(self._plant),
                "seals": [physical(one.plant) for one in self._benches],
                "clock_ms": real_ms() + read_offset_ms(self._clock_file),
                "simulated": True,
                "profile": options.profile,
                "board": board_name(options),
                "mechanics": options.mechanics.value,
                "seed": options.seed,
                "panel": msgspec.to_builtins(self._panel),
                "faults": active(self._faults, now_ms),
            }

    def events(self, after: int) -> list[dict[str, Fact]]:
        """The last events of the trace whose number is over `after`, oldest first."""
        with self._lock:
            self._catch_up()
            return self._trace.recent(after)

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            with self._lock:
                self._catch_up()

    def _catch_up(self) -> None:
        """Let the plant's clock reach real time; the caller holds the lock."""
        elapsed_ms = (time.monotonic_ns() - self._started_ns) // 1_000_000
        for _ in range(self._started_ms + elapsed_ms - self._plant.now_ms):
            self._benches.step()
            self._benches.follow_faults()
            self._follow_power()
        self._follow_clock_fault()
        for bench in self._benches:
            which = {} if bench.number == 1 else {"seal": bench.number}
            for event in bench.plant.take_happenings():
                at_ns = self._ns_at(event.at_ms)
                self._trace.add(event.kind, event.at_ms, at_ns, **event.facts, **which)

    def _follow_power(self) -> None:
        for bench in self._benches:
            if bench.plant.powered == bench.powered:
                continue
            bench.powered = bench.plant.powered
            if bench.powered:
                bench.controller.power_on()
                log.info("power_returned", at_ms=bench.plant.now_ms, seal=bench.number)
            else:
                bench.controller.power_off()
                log.info("power_lost", at_ms=bench.plant.now_ms, seal=bench.number)

    def _follow_clock_fault(self) -> None:
        set_back = self._faults.on("clock_back")
        if set_back != self._clock_set_back:
            write_offset_ms(self._clock_file, FLAT_BATTERY_MS - real_ms() if set_back else 0)
            self._clock_set_back = set_back

    def _hear(self, frame: bytes) -> Answer | None:
        with self._lock:
            self._catch_up()
            if not self._plant.powered:
                return None
            controller = self._benches.addressed(frame).controller
            moves = controller.moves(frame)
            lost = self._faults.strikes("request_lost", moves=moves)
            self._note("rx", hex=frame.hex(), moves=moves, lost=lost)
            if lost:
                return None
            reply = controller.receive(frame)
            if not reply:
                return None
            answer, fault = spoil(reply, self._faults, moves=moves)
            if fault is not None:
                self._note("tx", hex=reply.hex(), fault=fault)
            return answer

    def _speak(self, frame: bytes) -> bool:
        with self._lock:
            self._catch_up()
            if self._plant.powered:
                self._note("tx", hex=frame.hex())
            return self._plant.powered

    def _camera_state(self) -> Literal["ok", "gone", "frozen", "black"]:
        if not self._plant.powered or self._faults.on("camera_gone"):
            return "gone"
        if self._faults.on("camera_frozen"):
            return "frozen"
        return "black" if self._faults.on("camera_black") else "ok"

    def _laid(self, sheet: Sheet | None) -> Sheet | None:
        self._note("paper", id=sheet.id if sheet else None, photo=sheet.photo if sheet else None)
        return sheet

    def _wait_for_top(self, plant: Plant) -> None:
        deadline = time.monotonic() + LEVER_PATIENCE_S
        while time.monotonic() < deadline:
            with self._lock:
                self._catch_up()
                if not plant.pressing:
                    return
            time.sleep(TICK_S)

    def _note(self, kind: str, **facts: Fact) -> None:
        at_ms = self._plant.now_ms
        self._trace.add(kind, at_ms, time.monotonic_ns(), **facts)

    def _ns_at(self, at_ms: int) -> int:
        return self._started_ns + (at_ms - self._started_ms) * 1_000_000
