"""A rig for the loop: the real agent on a controller and a camera that are small models, and
time that a test turns. Journal, chain, vision, photos and the threads are the real ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from msgspec import structs

from device import wiring
from device.agent import Agent
from device.kiosk.port import BeginJob, StampNow
from device.lock import most
from hardware.errors import CameraError, GrantUnknownError, LockRefusedError, LockSilentError
from hardware.interfaces import Inputs, Photo, Report, Settlement
from sim import camera_view
from sim.camera_film import Film
from sim.render import Picture, blank_page, impression, page_image, stamped
from tests.device.model_gateway import MACHINE, SEAL
from tests.device.village import Village

READING_S = 0.01  # what one reading takes
FAN_PX = 60  # how far each sheet of a fan looks out: 10 mm
PAPER, EDGE = 252, 150  # how bright they are

GOOD = Inputs(
    door_closed=True,
    bolt_out=True,
    seal_present=True,
    press_top=True,
    press_bottom=False,
    paper=True,
    tamper_ok=True,
    mains_ok=True,
)


@cache
def filmed(scene: str) -> Film:
    """Return a film of what lies on the tray, by a name; it gives no frame twice."""
    page, strong = page_image(7, 0), impression(seed=1, strength=1.0)
    pages: dict[str, Callable[[], Picture]] = {
        "page": lambda: page,
        "stamped": lambda: stamped(page, strong, 0.65, 0.75),
        "faint": lambda: stamped(page, impression(seed=1, strength=0.25), 0.65, 0.75),
        "stamped-twice": lambda: stamped(pages["stamped"](), strong, 0.35, 0.75),
        "other": lambda: page_image(7, 5),
        "other-stamped": lambda: stamped(page_image(7, 5), strong, 0.65, 0.75),
        "blank": blank_page,
        "third": lambda: page_image(7, 2),
        "fan": lambda: fan(page),
        "seam": lambda: stamped(fan(page), strong, 0.9, 0.5),
        "faint-seam": lambda: stamped(fan(page), impression(seed=1, strength=0.25), 0.9, 0.5),
        "signed-fan": lambda: fan(stamped(page, strong, 0.65, 0.75)),
        "signed-seam": lambda: stamped(fan(stamped(page, strong, 0.65, 0.75)), strong, 0.9, 0.5),
    }
    sheet = list(pages).index(scene) + 1
    seen = camera_view.view(pages[scene](), camera_view.laying(1), light=True, seed=3)
    return Film(np.ascontiguousarray(seen[::2, ::2]), sheet)


def fan(top: Picture) -> Picture:
    """Return a page, "other" and "third" fanned to the right, the first on top."""
    pages = [top, page_image(7, 5), page_image(7, 2)]
    height, width = pages[0].shape[:2]
    pile = np.full((height, width + FAN_PX * (len(pages) - 1), 3), PAPER, np.uint8)
    for n, page in reversed(tuple(enumerate(pages))):
        right = n * FAN_PX + width
        pile[:, right - width : right] = page
        pile[:, right - 2 : right] = EDGE
    return pile


class ModelCamera:
    """Shows the scene of a name; shut, it neither answers nor fails, as a driver that hangs."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.opened.set()
        self.closed = False
        self.gone = False
        self.lay("page")

    def lay(self, scene: str) -> None:
        """Change what lies on the tray."""
        self._film = filmed(scene)

    def grab(self) -> Photo:
        """See `Camera`."""
        while not self.opened.wait(0.05):
            if self.closed:
                break
        if self.gone or self.closed:
            raise CameraError("expected a picture, found none; check the camera's cable")
        return Photo(jpeg=self._film.frame(), width=600, height=800, taken_ms=0)

    def close(self) -> None:
        """See `Camera`."""
        self.closed = True


class ModelController:
    """Lock, lever and counter of one seal, as a driver shows them; each reading takes its time.

    Args:
        turn: lets so many seconds pass.
    """

    def __init__(self, profile: Literal["A", "B"], turn: Callable[[float], None]) -> None:
        self.profile = profile
        self.inputs = GOOD
        self.strokes = 0
        self.latched: set[str] = set()
        self.grants: list[bytes] = []
        self.acknowledged: list[tuple[str, ...]] = []
        self.readings = 0  # since the last grant
        self.during: dict[int, Callable[[], None]] = {}  # what happens at which of them
        self.deaf = False  # the next grant goes unanswered
        self.silent = False
        self.refuses = False  # the hatch stays shut
        self.hatches: list[bytes] = []
        self._turn = turn
        self._presses = 0
        self._unlocked = False
        self._watched = False  # every moment since the grant was seen

    def start(self) -> Report:
        """See `Controller`."""
        self.lock()
        self._presses, self._watched = 0, False
        return self.read()

    def read(self) -> Report:
        """See `Controller`."""
        if self.silent:
            raise LockSilentError("expected an answer, found none")
        self._turn(READING_S)
        if self._unlocked:
            self.readings += 1
            self.during.get(self.readings, lambda: None)()
        tamper = () if self.inputs.tamper_ok or self.profile == "B" else ("tamper",)
        return Report(
            inputs=self.inputs,
            presses=self._presses,
            pressing=not self.inputs.press_top,
            strokes=self.strokes if self.profile == "B" else None,
            unlocked=self._unlocked,
            blind_ms=0,
            alarms=(*sorted(self.latched), *tamper),
        )

    def grant(self, job: bytes, window_s: float) -> None:
        """See `Controller`."""
        self.grants.append(job)
        self._presses, self.readings, self._unlocked, self._watched = 0, 0, True, True
        self.set(bolt_out=False)
        if self.deaf:
            self.deaf = False
            raise GrantUnknownError("expected an answer to UNLOCK, found none")

    def open_hatch(self, job: bytes, pulse_s: float) -> None:
        """See `Controller`; a hand pulls the hatch open at once."""
        if self.refuses:
            raise LockRefusedError("alarm", "expected a locked controller, found an alarm")
        self.hatches.append(job)
        self.set(door_closed=False)

    def lock(self) -> None:
        """See `Controller`."""
        self._unlocked = False
        self.set(bolt_out=True)

    def settle(self, strokes_before: int | None, window_s: float) -> Settlement:
        """See `Controller`."""
        self.up()
        self.lock()
        if strokes_before is not None:
            made = self.strokes - strokes_before
            return Settlement(minimum=made, maximum=made, evidence="counter")
        if not self._watched:
            return Settlement(minimum=0, maximum=most(window_s), evidence="unprovable")
        return Settlement(minimum=self._presses, maximum=self._presses, evidence="edges")

    def acknowledge(self, alarms: tuple[str, ...]) -> bool:
        """See `Controller`."""
        if not self.latched <= set(alarms):
            return False
        self.acknowledged.append(tuple(sorted(self.latched)))
        self.latched.clear()
        return True

    def signal(self, *, ok: bool = False, alarm: bool = False, light: bool = False) -> None:
        """See `Controller`; there are no lamps."""

    def stop(self) -> None:
        """See `Controller`."""
        self.lock()

    def set(self, **changes: bool) -> None:
        """Change inputs."""
        self.inputs = structs.replace(self.inputs, **changes)

    def down(self) -> None:
        """Push the lever to its bottom."""
        self.set(press_top=False, press_bottom=True)

    def up(self) -> None:
        """Let the lever go back to the top; that is a press if it had been at the bottom."""
        made = self.inputs.press_bottom
        self._presses += made
        self.strokes += made
        self.set(press_top=True, press_bottom=False)


class Rig(Village):
    """The agent with its models; `stamp` presses as the screen says."""

    def __init__(self, folder: Path, profile: Literal["A", "B"] = "B", **config: Any) -> None:
        self.now_s = 1000.0
        self.controller = ModelController(profile, self.turn)
        self.camera = ModelCamera()
        self.lying = "page"  # what the next run of the agent finds on the tray
        addresses = {"serial": "", "camera": "", "machine_key": ""}
        super().__init__(folder, profile, addresses, **config)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    def build_agent(self) -> Agent:
        """Return the agent; a new camera and the controller as it stands."""
        if self.camera.closed:
            self.camera = ModelCamera()
            self.camera.lay(self.lying)
        world = wiring.World(
            controllers={SEAL: lambda: self.controller},
            camera=self.camera,
            now_s=lambda: self.now_s,
        )
        return wiring.build(self.config(), b"", lambda _: self.broker.bus(MACHINE), world)

    def press(self, scene: str = "stamped") -> None:
        """Make the impression of the window that opens next, and lay the stamped page."""

        def rise() -> None:
            self.controller.up()
            self.camera.lay(scene)

        self.controller.during = {3: self.controller.down, 6: rise}

    def ready(self, impressions: int = 1, **changes: Any) -> Any:
        """File a request, have it approved, take it up and return it."""
        request = self.approved(impressions, **changes)
        self.ask(BeginJob(by="c-1", request=request.request))
        return request

    def stamp(self) -> Any:
        """Tap "stamp now" and return how the job stands when it rests again."""
        self.ask(StampNow(by="c-1"))
        return self.finished()

    def hold(self) -> Any:
        """Bring the machine to HELD by a window in which the lever went down twice."""
        self.ready()

        def again() -> None:
            self.controller.up()
            self.controller.down()

        self.controller.during = {3: self.controller.down, 4: again, 6: self.controller.up}
        self.ask(StampNow(by="c-1"))
        return self.until(lambda view: view.hold is not None and view.undelivered == 0)

    def codes(self) -> list[tuple[str, int, bool]]:
        """Return code, impressions (at least) and whether it holds, of each incident."""
        return [(one.code, one.impressions_min, one.held) for one in self.entries("incident")]

    def settled(self) -> None:
        """Wait until the loop has read the controller and done what follows, some times over."""
        before = self.now_s
        self.until(lambda _: self.now_s > before + 5 * READING_S)


@pytest.fixture
def build_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Build a rig of a given profile, with changes to its configuration."""
    made: list[Rig] = []

    def build(profile: Literal["A", "B"] = "B", **config: Any) -> Rig:
        made.append(Rig(tmp_path, profile, **config))
        return made[-1]

    yield build
    for one in made:
        one.stop_agent()


@pytest.fixture
def rig(build_rig: Callable[..., Rig]) -> Rig:
    """A rig with a microcontroller."""
    return build_rig()
