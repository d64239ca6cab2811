"""The cast of a play: clerks, approver and auditor in a running township, and what they look up.

What more than one scene does stands here; what happens in a scene stands in sim.play.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from device.texts import ZH, say
from sim import books
from sim.approver import Staff
from sim.checklist import CheckList
from sim.clerk import Answer, Clerk, Errand, RefusedError
from sim.client import MachineClient
from sim.errors import SimError
from sim.township import Township
from sim.township_files import run_command
from sim.township_plan import Village
from sim.waiting import until

MATTER = "村民户籍迁移"
BACK_S = 60.0  # a machine and its agent, or a link, come back
ARRIVE_S = 60.0  # everything that waited arrives at the gateway (I15)
PRESS_S = 10.0
UNPROVED = "outcome-unknown"
BLANK = "reason.blank"  # no second try makes a blank page fuller
TRIES = 3
SHORT = 24  # characters of a sentence that the check list quotes

Entry = dict[str, Any]


class HeldError(SimError):
    """The machine is held; `refused` is what the kiosk said, `counted` the presses to count."""

    code: ClassVar[str] = "held"
    hint: ClassVar[str] = "Count the impressions and release it at the console."

    def __init__(self, refused: RefusedError, reason: str, counted: int) -> None:
        super().__init__("an impression that is recorded", f"a hold ({reason})")
        self.refused, self.counted = refused, counted


class TooBusyError(SimError):
    """This computer cannot watch the lever closely enough for profile A to prove one press."""

    code: ClassVar[str] = "too-busy"
    hint: ClassVar[str] = "End what else runs on this computer, then play again."


class Cast:
    """Everybody who acts; belongs to the thread that owns the township."""

    def __init__(self, town: Township, told: CheckList) -> None:
        self.town, self.told = town, told
        villages = town.plan.villages
        self.first, self.last = villages[0], villages[-1]
        self.counting = next((one for one in villages if one.profile == "B"), None)
        self.approver, self.auditor = (
            Staff(town.plan.console, one.account, one.password)
            for one in (town.plan.person("approver"), town.plan.person("auditor"))
        )

    def sign_in(self) -> None:
        """Let the township's staff sign in."""
        self.approver.sign_in()
        self.auditor.sign_in()

    def machine(self, village: Village) -> MachineClient:
        """Return the simulated machine of a village."""
        return self.town.machine(village)

    def clerk(self, village: Village) -> Clerk:
        """Return a village's clerk, signed in."""
        clerk = self.town.clerk(village)
        clerk.sign_in()
        return clerk

    def approve(self, clerk: Clerk, request: str) -> None:
        """Have a request approved; on return the machine has its permit."""
        self.approver.approve(request)
        clerk.wait_for(request, "approved")

    def permitted(self, clerk: Clerk, village: Village, copies: int) -> str:
        """Lay a page, file a request for it, have it approved, and return it."""
        self.machine(village).lay_page(f"rendered:{village.number + 2}")
        request = clerk.apply(errand("办理银行业务", copies)).request
        self.approve(clerk, request)
        return request

    def stamp_proved(
        self, clerk: Clerk, village: Village, request: str, copies: int, *, offline: bool = False
    ) -> str:
        """Stamp a request as `stamp_all` does, until each of its copies is a proved use.

        Where a hold spent some, all of it is asked for again.

        Returns:
            the request under which every copy is a use.

        Raises:
            TooBusyError: holds spoilt every try.
        """
        for _ in range(TRIES):
            if self.stamp_all(clerk, village, request, offline=offline) == copies:
                return request
            with self._reachable(clerk, offline):
                request = self.permitted(clerk, village, copies)
        raise TooBusyError(f"{copies} proved uses in {TRIES} tries", "holds in each of them")

    def stamp_all(
        self, clerk: Clerk, village: Village, request: str, *, offline: bool = False
    ) -> int:
        """Stamp all that is left of a request, a fresh page for each; return how many uses.

        On a computer too busy to watch the lever, profile A cannot prove that it was one press:
        the machine is held, as it must be. That is told, counted and released, and work goes on.
        Where the machine stops before the stamp, the clerk tries again as the screen offers.

        Args:
            offline: the network is cut; it is back only for such a release.

        Raises:
            RefusedError: the machine stopped, and is not held.
            HeldError: it is held for another reason.
        """
        machine, uses, tries = self.machine(village), 0, TRIES
        while True:
            clerk.begin(request)
            before = machine.presses()
            try:
                last, uses = clerk.stamp() == "done", uses + 1
            except RefusedError as error:
                code = clerk.hold_code()
                tries -= 1
                if not code and tries and error.key != BLANK:
                    self.told.note("tried-again", **error.sentences())
                    clerk.wait_until_ready(BACK_S)
                    continue
                if not code:
                    raise
                counted = machine.presses() - before
                if code != UNPROVED:
                    raise HeldError(error, code, counted) from error
                self._release_unproved(clerk, village, counted, offline)
                last = clerk.answer_to(request).state != "approved"
            clerk.leave()
            if last:
                return uses
            machine.lay_again()

    def _release_unproved(
        self, clerk: Clerk, village: Village, counted: int, offline: bool
    ) -> None:
        with self._reachable(clerk, offline):
            self.release(clerk, village, counted)
        self.told.note("too-busy")

    def release(self, clerk: Clerk, village: Village, counted: int) -> None:
        """Have the auditor count and release; on return the machine works again."""
        self.auditor.release(village.machine, counted)
        until("the hold to end", lambda: not clerk.hold_code(), BACK_S)
        clerk.wait_until_ready(BACK_S)

    def cut_network(self, clerk: Clerk) -> None:
        """Cut the last village's link; on return its kiosk says so."""
        self.town.cut_network()
        sign = say("zh", "strip.offline")
        until("the kiosk to say offline", lambda: sign in clerk.strip(), BACK_S)

    def press_into_the_dark(self, village: Village) -> None:
        """Press the lever, and cut the power while the seal is on the paper."""
        machine = self.machine(village)
        before = machine.presses()
        with _hand_on_lever(machine):
            until("the seal on the paper", lambda: machine.presses() > before, PRESS_S, 0.005)
            self.town.cut_power(village)

    def back(self, village: Village) -> Clerk:
        """Bring the power back and return the clerk, signed in again."""
        self.town.restore_power(village)
        clerk = self.town.clerk(village)
        clerk.wait_until_ready(BACK_S)
        clerk.sign_in()
        return clerk

    def recorded(self, village: Village, request: str, kind: str, count: int = 1) -> list[Entry]:
        """Return the entries of a kind under a request's permit, once so many are at the gateway.

        Raises:
            OverdueError: they did not come.
        """

        def look() -> list[Entry] | None:
            found = self._under(village, request, kind)
            return found if len(found) >= count else None

        return until(f"{count} entries `{kind}` at the gateway", look, ARRIVE_S)

    def wait_for_photos(self, entries: list[Entry]) -> None:
        """Return once every photo that these entries name is stored at the gateway."""

        def stored() -> bool:
            details = [self.auditor.ask(f"/api/v1/entries/{one['index']}") for one in entries]
            return all(
                len(one["photos"]) == 2 and all(photo["stored_ms"] for photo in one["photos"])
                for one in details
            )

        until("the photos before and after at the gateway", stored, ARRIVE_S)

    def expect_refused(self, village: Village, answer: Answer, reason: str) -> None:
        """Return if the kiosk said no, and the refusal has become an entry for this reason."""
        if answer.state != "refused" or ZH[f"reason.{reason}"] not in answer.text:
            raise books.BooksError(f"the kiosk to refuse ({reason})", answer.text[:300])

        def look() -> bool:
            entries = self.auditor.entries(village.machine)
            return any(one["sha256"] == answer.request for one in entries)

        until(f"the refusal ({reason}) in the log", look, ARRIVE_S)

    def drained(self, village: Village) -> Path:
        """Return a machine's exported log, once nothing of it is under way any more."""
        from device.cli import main

        plan = self.town.plan
        folder = plan.folder / "books" / village.machine

        def look() -> Path | None:
            folder.parent.mkdir(exist_ok=True)
            target = folder.with_name(f"{village.machine}-{len(list(folder.parent.iterdir()))}")
            config = str(plan.device_config(village))
            run_command(main, "export", "--config", config, str(target))
            return None if books.pending(village.machine, target, self.auditor) else target

        return until(f"everything of {village.machine} at the gateway", look, ARRIVE_S, 1.0)

    @contextlib.contextmanager
    def _reachable(self, clerk: Clerk, offline: bool) -> Iterator[None]:
        """End a network cut for what stands inside."""
        if offline:
            self.town.restore_network()
        yield
        if offline:
            self.cut_network(clerk)

    def _under(self, village: Village, request: str, kind: str) -> list[Entry]:
        permit = self.auditor.ask(f"/api/v1/requests/{request}")["permit"]
        entries = self.auditor.entries(village.machine)
        intents = {
            one["sha256"]
            for one in entries
            if one["kind"] == "intent" and one["body"]["permit"] == permit
        }
        return [
            one for one in entries if one["kind"] == kind and one["body"].get("intent") in intents
        ]


def errand(purpose: str, copies: int = 1) -> Errand:
    """Return an allowed errand."""
    return Errand(matter=MATTER, applicant="林小满", purpose=purpose, copies=copies)


def where_to_go(answer: Answer) -> str:
    """Return what a refusal says about where to go, shortened."""
    said = answer.text.partition(say("zh", "request.instead"))[2].strip()
    return said if len(said) <= SHORT else f"{said[:SHORT]}…"


@contextlib.contextmanager
def _hand_on_lever(machine: MachineClient) -> Iterator[None]:
    """Let a hand press the lever while what stands inside happens."""
    failed: list[SimError] = []

    def press() -> None:
        try:
            until("the lever to go down", lambda: machine.press_lever()["down"], PRESS_S)
        except SimError as error:
            failed.append(error)

    hand = threading.Thread(target=press, name="hand")
    hand.start()
    try:
        yield
    finally:
        hand.join()
    if failed:
        raise failed[0]
