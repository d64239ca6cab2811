"""The port between the clerk's screen and the agent: what the screen may show and may ask.

The agent's loop publishes a frozen `View` whenever something changed; the kiosk sends one of
the commands below and gets its answer from a Future. The kiosk decides nothing about locks.
"""

from __future__ import annotations

import hmac
from concurrent.futures import Future
from typing import Literal, Protocol

from msgspec import Struct

from device.kiosk.port_custody import CustodyCommand, SealView
from ledger import people
from ledger.matters import Matter
from ledger.records import Identifier

RequestState = Literal["waiting", "approved", "refused", "done", "expired", "revoked"]


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in here; `pin_hash` is argon2id.

    Args:
        card: the card's identifier; with a salt, its hash as `ledger.people` makes it.
        person: the same for all accounts of one person; "": nobody has said.
        offices: as the township's list says; None: nobody has said.
    """

    account: Identifier
    name: str
    card: str
    pin_hash: str
    card_salt: str = ""
    person: str = ""
    offices: tuple[str, ...] | None = None

    def carries(self, laid: str) -> bool:
        """Return whether a card that was laid (its identifier) is this person's."""
        if self.card_salt:
            return people.is_card(people.Card(salt=self.card_salt, sha256=self.card), laid)
        return hmac.compare_digest(self.card.encode(), laid.encode())


class RequestView(Struct, frozen=True, kw_only=True):
    """One request of this machine as the clerk sees it.

    Args:
        request: the request entry's payload hash.
        reason: why it was refused (a reason code), or "".
        reason_text: a person's own words on it, or "".
        faint: hash of a use whose mark is too faint and that nothing makes up for, or "";
            `faint_seam` that it is a seam stamp.
        left: impressions left under its permit.
        not_after_ms: when the permit ends (UTC), or None.
        standing: a standing permit covers it, so that nobody was asked.
        code: the item's code in the list.
        seams: how many of the copies are seam stamps.
    """

    request: str
    matter: str
    applicant: str
    copies: int
    filed_by: str
    filed_ms: int
    state: RequestState
    reason: str = ""
    reason_text: str = ""
    faint: str = ""
    faint_seam: bool = False
    permit: str = ""
    left: int = 0
    not_after_ms: int | None = None
    standing: bool = False
    code: str = ""
    seal: str = ""
    seams: int = 0


class StandingView(Struct, frozen=True, kw_only=True):
    """A standing permit of this machine: an item that needs no answer of the township.

    Args:
        left_today, left: impressions that it still allows today, and ever.
        agreed_by: accounts that agreed to it; they do not press under it.
        reason: why it allows none now (a reason code), or "".
    """

    permit: str
    seal: str
    matter: str
    name: str
    left_today: int
    left: int
    not_after_ms: int
    agreed_by: tuple[str, ...] = ()
    reason: str = ""


class EmergencyView(Struct, frozen=True, kw_only=True):
    """Terms under which two approvers' codes open this machine for one of these items."""

    terms: str
    seal: str
    matters: tuple[str, ...]
    left: int
    impressions: int
    not_after_ms: int


class JobView(Struct, frozen=True, kw_only=True):
    """The stamping that goes on now.

    Steps: `lay` put the page down and start, `check` the page is compared, `confirm` an approver
    looks at its photo (until `window_s` have passed since `since_ms`), `press` the lever is
    free until `window_s` have passed since `since_ms`, `photo` keep the page still, `next` lay
    the next copy, `done`, `stopped` (see `reason`: the impression was not made, start again).
    Before a seam stamp (`seam`): `show` lay the next page and start (`shown` of `pages` were seen;
    `reason` says why the last one was no new one), `fan` all were: lay the fanned pile and start.
    `n` is the copy that the step is about; at `next` and `done` the one just finished, whose
    photo shows what is `noticed` (one of `verdicts.GRAVE`), or "" when all is well. `page` of
    `pages` is the approved page that was last seen under the camera, 0 before. `seams` of what is
    left are seam stamps.
    """

    permit: str
    request: str
    seal: str
    n: int
    of: int
    step: Literal[
        "lay", "show", "fan", "check", "confirm", "press", "photo", "next", "done", "stopped"
    ]
    reason: str = ""
    since_ms: int = 0
    window_s: float = 0.0
    took_ms: int = 0
    noticed: str = ""
    page: int = 0
    pages: int = 1
    seam: bool = False
    seams: int = 0
    shown: int = 0


class HoldView(Struct, frozen=True, kw_only=True):
    """Why the machine is locked until a person has counted; `hold` is the incident's hash.

    `refused` is the reason code for which the newest release was not obeyed, or "".
    """

    hold: str
    code: str
    since_ms: int
    impressions_min: int
    impressions_max: int
    refused: str = ""


class View(Struct, frozen=True, kw_only=True):
    """All that the screen may show, at one moment; times are UTC milliseconds.

    Args:
        state: the cycle's state, lowercase.
        fault: what must be cleared before anything opens (`door-open`, `no-paper`,
            `camera-gone`, `lock-silent`, ...), or "".
        online: the broker is reached; `answered_ms` is when the gateway last acknowledged.
        undelivered: entries without acknowledgement; `undelivered_since_ms` of the oldest.
        items: which items each seal may stamp, see `device.seal_items`.
        custody: where each seal is, and which hatch permits are there.
        shut: the township's key was revoked and no other has come yet: nobody is believed.
        standing: items that can be stamped without asking, with what is left of them.
        emergency: terms that can open the machine without the township; `emergency_wait_s` until
            codes are looked at again after wrong ones.
        unproved: something acknowledged waits for its receipt for longer than it should.
        witnessed_only: a receipt counts only with the signatures of the county's witnesses.
        photos_waiting: photos that the gateway has not yet stored.
        clock_proved: the wall clock is known to be right.
        unanswered: entries have waited too long for the township although the link is up.
        people: how the list of those who may sign in stands; nobody may but with `file` (of the
            configuration) and `valid`. `people_until_ms`: when the list ends, 0 without one.
    """

    machine: str
    village: str
    seals: tuple[tuple[str, str], ...]
    simulated: bool
    now_ms: int
    state: str
    fault: str
    hold: HoldView | None
    online: bool
    answered_ms: int | None
    undelivered: int
    undelivered_since_ms: int | None
    unanswered: bool = False
    photos_waiting: int
    clock_proved: bool
    list_version: int
    window: str
    window_phone: str
    matters: tuple[Matter, ...]
    requests: tuple[RequestView, ...]
    job: JobView | None
    standing: tuple[StandingView, ...] = ()
    emergency: tuple[EmergencyView, ...] = ()
    emergency_wait_s: int = 0
    unproved: bool = False
    witnessed_only: bool = False
    shut: bool = False
    custody: tuple[SealView, ...] = ()
    people: Literal["missing", "file", "valid", "expired", "damaged"] = "file"
    people_until_ms: int = 0
    items: dict[str, tuple[str, ...]] = {}


class PagePhoto(Struct, frozen=True, kw_only=True):
    """A page that was photographed for a request; `page` names it in `FileRequest`."""

    page: str
    jpeg: bytes
    findings: tuple[str, ...]


class FileRequest(Struct, frozen=True, kw_only=True):
    """File a request. Answer: RequestView; refused at once where the list forbids the item.

    `matter` is a code of the list, or free text for an item that is on no list; `makes_up` the
    faint use that this makes up for by one impression of the same seal, item and kind, or "".
    `seams` of the copies ride the edges of the pages.
    """

    by: str
    seal: str
    matter: str
    applicant: str
    purpose: str
    payee: str
    amount_fen: int | None
    copies: int
    pages: tuple[str, ...]
    makes_up: str = ""
    seams: int = 0


class Earlier(Struct, frozen=True, kw_only=True):
    """What an earlier request of this machine said, to be corrected and filed anew.

    The pages are not kept: the corrected paper is photographed.
    """

    seal: str
    matter: str
    applicant: str
    purpose: str
    payee: str
    amount_fen: int | None
    copies: int
    seams: int = 0


class ReadEarlier(Struct, frozen=True, kw_only=True):
    """Read an earlier request. Answer: Earlier; raises RequestRefusedError for an unknown one.

    What was erased meanwhile is empty.
    """

    by: str
    request: str


class WithdrawRequest(Struct, frozen=True, kw_only=True):
    """Take back a request that waits or is approved. Answer: None; for who filed it alone.

    The Future raises RequestRefusedError with the reason. Also offline: no permit of it is
    obeyed here from then on; the township hears of it.
    """

    by: str
    request: str


class TakePage(Struct, frozen=True, kw_only=True):
    """Photograph the page under the camera for a request. Answer: PagePhoto.

    The Future raises PhotoUnusableError (`reasons`) or CameraError.
    """

    by: str


class BeginJob(Struct, frozen=True, kw_only=True):
    """Take up an approved request for stamping. Answer: JobView; raises PermitRefusedError.

    `seam`: for a seam stamp, where both kinds are left; else the kind that is left.
    """

    by: str
    request: str
    seam: bool = False


class StampNow(Struct, frozen=True, kw_only=True):
    """The page lies there: compare it, then free the lever for one impression.

    Answer: JobView at step `press`, or `stopped` with a reason code. The course shows in View.
    """

    by: str


class GrantEmergency(Struct, frozen=True, kw_only=True):
    """Open a waiting request by two approvers' codes. Answer: RequestView.

    The Future raises PermitRefusedError with the reason; a wrong code makes everybody wait.
    `reason` is one of `device.emergency_desk.REASONS`, `words` say it in full.
    """

    by: str
    request: str
    reason: str
    words: str
    codes: tuple[str, str]


class EndJob(Struct, frozen=True, kw_only=True):
    """Leave the stamping; what is left of the permit stays. Answer: None.

    A check that goes on ends, and a lever that is free is locked at once.
    """

    by: str


Command = (
    FileRequest
    | ReadEarlier
    | WithdrawRequest
    | TakePage
    | BeginJob
    | StampNow
    | GrantEmergency
    | EndJob
    | CustodyCommand
)


class AgentPort(Protocol):
    """The agent as the kiosk sees it; all methods may be called from any thread."""

    def view(self) -> View:
        """Return the newest view; never blocks."""
        ...

    def preview(self) -> bytes:
        """Return the newest small JPEG of the camera (at most 40 KB), b"" when there is none."""
        ...

    def submit(self, command: Command) -> Future[object]:
        """Hand a command to the agent's loop."""
        ...

    def next_card(self, after: int) -> tuple[int, str] | None:
        """Return (number, identifier) of the first card laid after card number `after`."""
        ...
