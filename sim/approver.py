"""The scripted staff of the township: works the console over HTTP as a person with an account.

An approver opens every page's photo before deciding, as the console demands; decisions and
releases take the same two taps. Lists for checking come from the JSON API of the same session.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any, ClassVar

from sim.browser import Browser, Page, PageError
from sim.errors import SimError
from sim.waiting import until

STEP_S = 25.0
MOST_ENTRIES = 200  # of one answer of the API


class ConsoleRefusedError(SimError):
    """The console did not do what was asked; `said` is its sentence."""

    code: ClassVar[str] = "console-refused"
    hint: ClassVar[str] = "The console says why."

    def __init__(self, wanted: str, said: str) -> None:
        super().__init__(wanted, said)
        self.said = said


class Staff:
    """One member of staff at the console.

    Args:
        console: its address.
        account, password: of this person.
    """

    def __init__(self, console: str, account: str, password: str) -> None:
        self._browser = Browser(console)
        self._account, self._password = account, password

    def sign_in(self) -> None:
        """Sign in."""
        page = self._browser.get("/sign-in")
        page = self._browser.send(
            page.form("/sign-in"), account=self._account, password=self._password
        )
        if page.path == "/sign-in":
            raise ConsoleRefusedError("to be signed in", " ".join(page.notices()) or page.path)

    def wait_for_request(self, request: str) -> Page:
        """Return the page of a request once every photo of it has come and it may be decided.

        Raises:
            OverdueError: it did not come.
        """

        def look() -> Page | None:
            try:
                page = self._browser.get(f"/approvals/{request}")
            except PageError as error:
                if error.status == 404:
                    return None
                raise
            return page if _link(page, "?step=approve") else None

        return until(f"request {request[:8]} in the inbox with its photos", look, STEP_S)

    def in_inbox(self, request: str) -> bool:
        """Tell whether a request waits for a decision."""
        return bool(_link(self._browser.get("/approvals"), f"/approvals/{request}"))

    def approve(self, request: str) -> None:
        """Look at every page, then approve with both taps."""
        self._decide(request, "approve", "")

    def refuse(self, request: str, note: str) -> None:
        """Look at every page, then refuse with both taps and a reason."""
        self._decide(request, "refuse", note)

    def release(self, machine: str, counted: int) -> None:
        """Release the hold of a machine: state the impressions counted, then confirm.

        Raises:
            OverdueError: the console does not know of a hold there.
        """

        def look() -> str | None:
            holds = self.ask("/api/v1/holds")
            return next((one["hold"] for one in holds if one["machine"] == machine), None)

        path = f"/holds/{until(f'a hold of {machine} at the console', look, STEP_S)}"
        page = self._browser.get(path)
        page = self._browser.get(f"{path}?{urllib.parse.urlencode({'counted': counted})}")
        page = self._browser.send(page.form(path, impressions=str(counted)))
        if page.path != "/holds":
            raise ConsoleRefusedError("the hold released", page.root.text[:300])

    def ask(self, path: str) -> Any:
        """Return the JSON answer of a GET of the API.

        Raises:
            PageError: no answer, or a refusal.
        """
        return json.loads(self._browser.get(path).body)

    def entries(self, machine: str) -> list[dict[str, Any]]:
        """Return all entries about one machine, oldest first."""
        found: list[dict[str, Any]] = []
        query = {"machine": machine, "limit": MOST_ENTRIES}
        while True:
            part = self.ask(f"/api/v1/entries?{urllib.parse.urlencode(query)}")
            found += part
            if len(part) < MOST_ENTRIES:
                return found[::-1]
            query["before"] = part[-1]["index"]

    def _decide(self, request: str, decision: str, note: str) -> None:
        page = self.wait_for_request(request)
        for photo in {node.get("src") for node in page.all(lambda node: node.tag == "img")}:
            if self._browser.get(photo).body[:2] != b"\xff\xd8":
                raise PageError(f"a JPEG at {photo}", "something else")
        path = f"/approvals/{request}"
        page = self._browser.get(f"{path}?step={decision}")
        page = self._browser.send(page.form(path, decision=decision), note=note)
        if page.path != "/approvals":
            raise ConsoleRefusedError(f"to {decision}", page.root.text[:300])


def _link(page: Page, address: str) -> str:
    nodes = page.all(lambda node: node.tag == "a" and node.get("href") == address)
    return nodes[0].get("href") if nodes else ""
