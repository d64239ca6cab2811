"""The honest stamp's script: a clerk's whole way at a real screen, every tap and screen counted.

Rules kept here:
- It taps what a finger taps, in a real browser on the agent's own pages; the page itself counts
  each tap by its kind and each screen that is acted on, so no count is made by hand.
- It never waits on purpose: the time that a step takes here is the machine's alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from bench.hand import pressing
from sim.browser import PageError
from sim.client import MachineClient
from sim.errors import SimError

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_MS = 40_000  # for a step of machine or township on a busy computer
TRIES = 3
KINDS = ("screens", "keys", "characters", "buttons", "read")

# A tap on a key of the screen's keypad or keyboard, on a character that is offered, or on any
# other button or link; each screen that a finger acts on, once; and the characters that stand in
# the answers of the summary when it is sent. Kept over navigations.
COUNTER = """(() => {
  const bump = (kind, by = 1) => {
    const name = "stamp-" + kind;
    sessionStorage.setItem(name, Number(sessionStorage.getItem(name) || 0) + by);
  };
  const KEYS = "[data-key],[data-letter],[data-erase],[data-clear],[data-step],[data-digits]";
  const kind = (tapped) => tapped.matches("[data-choice]") ? "characters"
    : tapped.matches(KEYS) ? "keys" : "buttons";
  const looked = () => {
    const stage = document.getElementById("stage");
    const banner = document.querySelector(".verdict-banner");
    const shown = [location.href, stage && stage.dataset.step, banner && banner.className,
      document.querySelectorAll(".taken .last").length].join(" ");
    if (shown === sessionStorage.getItem("stamp-shown")) return;
    sessionStorage.setItem("stamp-shown", shown);
    bump("screens");
  };
  document.addEventListener("click", (event) => {
    const tapped = event.target.closest("button,a");
    if (!tapped) return;
    looked();
    bump(kind(tapped));
    if (tapped.id !== "submit") return;
    for (const answer of document.querySelectorAll(".summary b")) {
      bump("read", answer.textContent.trim().length);
    }
  }, true);
})()"""

READ = """(kinds) => Object.fromEntries(kinds.map(
  (kind) => [kind, Number(sessionStorage.getItem("stamp-" + kind) || 0)]))"""
FORGET = """(kinds) => [...kinds, "shown"].forEach(
  (kind) => sessionStorage.removeItem("stamp-" + kind))"""
SEEN = """(wanted) => {
  const row = document.getElementById("choices").getBoundingClientRect();
  return [...document.querySelectorAll("[data-choice]")].some((one) => {
    const box = one.getBoundingClientRect();
    return one.dataset.choice === wanted && box.width && box.right <= row.right;
  });
}"""


class Errand(Struct, frozen=True, kw_only=True):
    """What the villager comes for; `initials` of the item, the name by letters and character."""

    matter: str = "村民户籍迁移"
    initials: str = "cmhjqy"
    applicant: tuple[tuple[str, str], ...] = (("zhang", "张"), ("wei", "伟"))


class Counted(Struct, frozen=True, kw_only=True):
    """What the pages counted themselves: screens that a finger acted on, and taps by kind.

    `read`: characters of the summary's answers, which are compared with the paper. `searches`:
    looks for a character that was not offered yet, after which one more letter was typed.
    """

    screens: int
    keys: int
    characters: int
    buttons: int
    read: int
    searches: int = 0


class HeldError(SimError):
    """The machine is held: it could not prove what happened at the lever."""

    code: ClassVar[str] = "held"
    hint: ClassVar[str] = "Count the impressions and release it at the console."


class Script:
    """One clerk at one screen.

    Args:
        page: a browser's page on the kiosk, signed out; `COUNTER` is its init script.
        machine: where the card is laid and the lever pressed.
    """

    def __init__(self, page: Page, machine: MachineClient) -> None:
        self._page, self._machine = page, machine
        self._searches = 0
        self.spent_ms: dict[str, float] = {}

    def sign_in(self, card: str, pin: str) -> None:
        """Lay the card, type the PIN."""
        with self._step("card read"):
            self._machine.lay_card(card)
            self._page.wait_for_url("**/pin")
        with self._step("signed in"):
            for digit in pin:
                self._page.click(f".keypad [data-key='{digit}']")
            self._page.click("#next")
            self._page.wait_for_selector("#apply")

    def apply(self, errand: Errand) -> str:
        """Answer each question, photograph the page, send it; return the request."""
        with self._step("questions answered"):
            self._page.click("#apply")
            self._choose(errand)
            self._page.wait_for_url("**/applicant")
            for letters, character in errand.applicant:
                self._compose(letters, character)
            self._page.click("#next")
            self._page.click(".purposes button >> nth=0")
            self._page.wait_for_selector("#take")
        with self._step("page photographed"):
            self._page.click("#take")
            self._page.wait_for_selector(".taken .last")
        with self._step("request filed"):
            self._page.click("#next")
            self._page.click("#submit")
            self._page.wait_for_selector(".verdict-banner")
        return self._page.url.rpartition("/")[2]

    def be_approved(self, approve: Callable[[], None]) -> None:
        """Let an approver who needs no time to think say yes; the screen shows it on return."""
        with self._step("request carried to the approver, permit carried back"):
            approve()
            self._page.wait_for_selector("#stamp")

    def stamp(self) -> None:
        """Start, press as soon as the lever is free, wait for the end; stay on that screen.

        Where the machine stops before the lever is free, the clerk tries again as it offers.

        Raises:
            HeldError: this computer was too busy to prove the press; a person must count.
        """
        began_s = time.monotonic()
        with pressing(self._machine) as hand:
            self._page.click("#stamp")
            for _ in range(TRIES):
                self._page.wait_for_selector("[data-step='done'], [data-step='stopped'], #look")
                if self._page.url.endswith("/hold"):
                    raise HeldError("an impression that is recorded", "a hold")
                if self._page.locator("[data-step='done']").count():
                    break
                self._page.click("#again")
                self._page.click("#start")
            else:
                raise PageError("an impression", self._page.inner_text("#stage"))
        assert hand.pressed_s is not None, "nothing is recorded that the hand did not press"
        self.spent_ms["sheet checked, lever freed and pressed"] = 1000 * (hand.pressed_s - began_s)
        self.spent_ms["impression photographed, judged and recorded"] = 1000 * (
            time.monotonic() - hand.pressed_s
        )

    def counted(self) -> Counted:
        """Return what was counted since the last time, and begin anew."""
        found = self._page.evaluate(READ, KINDS)
        self._page.evaluate(FORGET, KINDS)
        searches, self._searches = self._searches, 0
        return Counted(**found, searches=searches)

    def leave(self) -> None:
        """End the stamping and sign out."""
        self._page.goto("/home")
        self._page.click("#sign-out")
        self._page.wait_for_url("**/")
        self._page.evaluate(FORGET, KINDS)

    def _choose(self, errand: Errand) -> None:
        """Choose the item: type its initials, no more of them than it takes to see it."""
        wanted = self._page.locator(f".matter:has-text('{errand.matter}')")
        self._page.wait_for_selector(".keyboard")
        for place, letter in enumerate(errand.initials):
            if wanted.count():
                break
            self._searches += place > 0
            with self._page.expect_response("**/apply/matters?**"):
                self._page.click(f"[data-letter='{letter}']")
            self._page.wait_for_selector("#query:not(.htmx-request)")
        wanted.first.click()

    def _compose(self, letters: str, character: str) -> None:
        """Type as much of a syllable as it takes to see its character in the row, and tap it."""
        for place, letter in enumerate(letters):
            self._searches += place > 0
            self._page.evaluate("document.querySelector('.spelled').dataset.old = '1'")
            self._page.click(f"[data-letter='{letter}']")
            self._page.wait_for_selector("#choices .spelled:not([data-old])")
            if self._page.evaluate(SEEN, character):
                break
        self._page.click(f"[data-choice='{character}']")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.spent_ms[name] = self.spent_ms.get(name, 0.0) + (time.monotonic() - began) * 1000
