"""The scripted clerk: works a kiosk over HTTP as the touch screen's browser does, card and all.

Every step opens a page, reads it and sends one of its forms; what the page does not offer, the
clerk cannot do. The card and the paper are laid at the machine, the lever is pressed there.
"""

from __future__ import annotations

import urllib.parse
from typing import ClassVar

from msgspec import Struct

from device.texts import EN, ZH, say
from sim.browser import Browser, Node, Page, PageError
from sim.client import MachineClient
from sim.errors import SimError
from sim.waiting import until

STEP_S = 25.0  # one step of agent or camera, on a busy computer
LEVER_S = 3.0
PHOTO_TRIES = 2
RESTS = ("lay", "next", "stopped", "done")


class RefusedError(SimError):
    """The kiosk said no; `said` is its sentence, `key` that sentence's name in device.texts."""

    code: ClassVar[str] = "kiosk-refused"
    hint: ClassVar[str] = "The kiosk says what to do."

    def __init__(self, wanted: str, said: str) -> None:
        super().__init__(wanted, said)
        self.said = said
        self.key = next((key for key, text in ZH.items() if text == said), "")

    def sentences(self) -> dict[str, str]:
        """Return what the kiosk said, in Chinese and English."""
        return {"reason": self.said, "reason_en": EN.get(self.key, self.said)}


class Errand(Struct, frozen=True):
    """What a villager comes for, as the clerk fills it in; `matter` is the item's name."""

    matter: str
    applicant: str
    purpose: str
    copies: int = 1


class Answer(Struct, frozen=True):
    """What the page of a request says: its state's class, and every sentence."""

    request: str
    state: str
    text: str


class Clerk:
    """One clerk at one kiosk.

    Args:
        kiosk: its address.
        machine: where the card is laid and the lever pressed.
        card, pin: of this clerk.
    """

    def __init__(self, kiosk: str, machine: MachineClient, card: str, pin: str) -> None:
        self._browser = Browser(kiosk)
        self._machine = machine
        self._card, self._pin = card, pin

    def wait_until_ready(self, within_s: float) -> None:
        """Return once the kiosk answers, its machine is fine and its items list has come."""

        def ready() -> bool:
            try:
                page = self._browser.get("/")
            except PageError:
                return False
            return say("zh", "strip.machine") in _strip(page) and _list_has_come(page)

        until(f"{self._browser.site} with a fine machine and an items list", ready, within_s)

    def sign_in(self) -> None:
        """Lay the card, type the PIN."""
        self._browser.get("/")
        self._machine.lay_card(self._card)
        page = until("the question for the PIN", self._pin_page, STEP_S)
        page = self._browser.send(page.form("/pin"), pin=self._pin)
        if page.path != "/home" and not page.path.startswith("/request/"):  # led to what was left
            raise RefusedError("to be signed in", " ".join(page.notices()) or page.path)

    def sign_out(self) -> None:
        """Sign out."""
        self._browser.send(self._browser.get("/home").form("/sign-out"))

    def strip(self) -> str:
        """Return what the status strip says now."""
        return _strip(self._browser.get("/home"))

    def apply(self, errand: Errand) -> Answer:
        """File a request for an item of the list, with the page under the camera.

        Raises:
            RefusedError: the page's photo cannot serve, or an answer was not taken.
        """
        chosen = self.choose(errand.matter)
        if chosen.path.startswith("/request/"):
            return _answer(chosen)
        self._fill("/apply/applicant", errand.applicant)
        self._fill("/apply/purpose?typing=1", errand.purpose)
        page = self._fill("/apply/copies", str(errand.copies))
        page = self.photograph(page)
        page = self._browser.get(_link(page, "next"))
        return _answer(self._browser.send(page.form("/apply/submit")))

    def choose(self, name: str) -> Page:
        """Begin a request and choose an item by searching for it; return the next page."""
        page = self._browser.get("/home")
        page = self._browser.send(page.form("/apply"))
        found = self._browser.poll(f"/apply/matters?{urllib.parse.urlencode({'query': name})}")
        code = next(
            (one.get("value") for one in found.all(_is_matter) if name in one.text.split()), ""
        )
        if not code:
            raise PageError(f"the item {name} to be found", found.root.text[:300])
        return self._browser.send(found.form("/apply/matter"), matter=code)

    def ask_unlisted(self, name: str) -> Answer:
        """Ask for something that is on no list; return the kiosk's answer."""
        page = self._browser.get("/home")
        self._browser.send(page.form("/apply"))
        page = self._browser.get("/apply/unlisted")
        return _answer(self._browser.send(page.form("/apply/unlisted"), answer=name))

    def photograph(self, page: Page) -> Page:
        """Take the page's photo on the page of that question, once again if it did not serve.

        Raises:
            RefusedError: the photo cannot serve as evidence.
        """
        said = ""
        for _ in range(PHOTO_TRIES):
            page = self._browser.send(page.form("/apply/pages"))
            if _link(page, "next"):
                return page
            said = next(iter(page.notices()), "no reason")
        raise RefusedError("a photo that can serve", said)

    def cancel(self) -> None:
        """Forget the draft."""
        self._browser.send(self._browser.get("/apply/pages").form("/apply/cancel"))

    def answer_to(self, request: str) -> Answer:
        """Return what the page of a request says now."""
        return _answer(self._browser.get(f"/request/{request}"))

    def wait_for(self, request: str, state: str) -> Answer:
        """Return the answer once the request is in this state.

        Raises:
            OverdueError: it did not come.
        """

        def look() -> Answer | None:
            answer = self.answer_to(request)
            return answer if answer.state == state else None

        return until(f"the request to be {state} at the kiosk", look, STEP_S)

    def begin(self, request: str) -> None:
        """Take up an approved request for stamping."""
        page = self._browser.get(f"/request/{request}")
        page = self._browser.send(page.form("/stamp/begin", request=request))
        if page.path != "/stamp":
            raise RefusedError("to begin stamping", " ".join(page.notices()) or page.path)

    def free_lever(self) -> None:
        """Tap "stamp": on return the lever is free.

        Raises:
            RefusedError: the machine said why not.
        """
        page = self._browser.get("/stamp")
        self._browser.send(page.form("/stamp/now"))
        step = until("the lever to be free", lambda: self._step("press", "stopped"), STEP_S)
        if step.get("data-step") == "stopped":
            raise RefusedError("the lever free", _why(step))

    def press(self) -> None:
        """Press the lever, which is free; the bolt needs a moment longer than the screen."""
        until("the lever to go down", lambda: self._machine.press_lever()["down"], LEVER_S)

    def finish(self, within_s: float = STEP_S) -> str:
        """Return `next` or `done` once the impression is photographed and journaled.

        Raises:
            RefusedError: it ended otherwise; the machine said why.
        """
        step = until("the end of the impression", lambda: self._step(*RESTS), within_s)
        name = step.get("data-step")
        if name not in ("next", "done"):
            raise RefusedError("an impression that is recorded", _why(step))
        return name

    def stamp(self) -> str:
        """One impression from the tap to the journaled entry; see `finish`."""
        self.free_lever()
        self.press()
        return self.finish()

    def leave(self) -> None:
        """Leave the stamping, if there is one."""
        page = self._browser.get("/stamp")
        if page.path == "/stamp":
            self._browser.send(page.form("/stamp/end"))

    def hold_code(self) -> str:
        """Return the code of the hold that the screen shows, "" while it shows none."""
        page = self._browser.get("/hold")
        if page.path != "/hold":
            return ""
        before = ZH["hold.since"].partition("{code}")[0].rpartition("}")[2].strip()
        return page.root.text.partition(before)[2].split(maxsplit=1)[0]

    def _pin_page(self) -> Page | None:
        page = self._browser.poll("/strip")
        return page if page.path == "/pin" else None

    def _fill(self, path: str, answer: str) -> Page:
        page = self._browser.get(path)
        question = f"/apply/{path.removeprefix('/apply/').partition('?')[0]}"
        after = self._browser.send(page.form(question), answer=answer)
        if after.path == question:
            raise RefusedError(f"the answer {answer} to be taken", " ".join(after.notices()))
        return after

    def _step(self, *wanted: str) -> Node | None:
        page = self._browser.get("/stamp")
        stage = page.by_id("stage")
        if stage is None or page.path != "/stamp":
            raise PageError("the page of the stamping", f"{page.path}: {page.root.text[:300]}")
        return stage if stage.get("data-step") in wanted else None


def _strip(page: Page) -> str:
    strip = page.by_id("strip")
    return strip.text if strip is not None else ""


def _list_has_come(page: Page) -> bool:
    """The window to ask at comes with the items list, and the welcome names it."""
    return page.path == "/home" or ZH["welcome.window"].partition("{")[0] in page.root.text


def _is_matter(node: Node) -> bool:
    return node.tag == "button" and node.get("name") == "matter"


def _link(page: Page, name: str) -> str:
    node = page.by_id(name)
    return node.get("href") if node is not None else ""


def _answer(page: Page) -> Answer:
    banner = next(iter(page.all(lambda node: node.has_class("verdict-banner"))), None)
    stage = page.by_id("stage")
    if banner is None or stage is None or not page.path.startswith("/request/"):
        raise RefusedError("the page of a request", " ".join(page.notices()) or page.path)
    state = banner.get("class").split()[-1]
    return Answer(request=page.path.rpartition("/")[2], state=state, text=stage.text)


def _why(stage: Node) -> str:
    said = [node.text for node in stage if node.has_class("why") or node.get("role") == "alert"]
    return said[0] if said else stage.text
