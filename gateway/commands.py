"""What people may order: each command is carried out by the writer thread, as one transaction.

`by` is the account id of the signed-in person, whose offices must allow it; an order of the
gateway's own operator, who needs none, comes through the command line. A command's Future gives
what its docstring says or raises a GatewayError.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gateway.commands_audit import AnswerAlert
from gateway.commands_custody import CustodyOrder
from gateway.commands_keys import KeyCommand
from gateway.commands_people import PeopleCommand
from gateway.commands_signin import SignInCommand
from ledger.bus import Message
from ledger.matters import MatterList
from ledger.records_office import CalendarDay, LedgerExport
from ledger.records_retention import Cause, What


class Document(Struct, frozen=True, kw_only=True):
    """A piece of evidence: its kind with a number, or the page of the request (from 1) it is."""

    kind: str
    number: str = ""
    page: int | None = None


class Decide(Struct, frozen=True, kw_only=True):
    """Approve, refuse or return a request (its payload hash). Answer: the entry's index.

    An approval that completes the request issues the permit in the same transaction. `return`
    is a refusal that asks the clerk to correct it and to file it anew.
    """

    by: str
    request: str
    decision: Literal["approve", "refuse", "return"]
    note: str
    documents: tuple[Document, ...] = ()


class Withdraw(Struct, frozen=True, kw_only=True):
    """Take back a request that nobody has decided. Answer: the Refusal entry's index."""

    by: str
    request: str


class DraftPolicy(Struct, frozen=True, kw_only=True):
    """Draft an approval policy (a TOML file). Answer: its version number."""

    by: str
    file: bytes
    from_date: str


class ReleasePolicy(Struct, frozen=True, kw_only=True):
    """Put another person's draft in force. Answer: the entry's index."""

    by: str
    version: int


class Delegate(Struct, frozen=True, kw_only=True):
    """Let a substitute (an account) hold one's offices for a time. Answer: the entry's index."""

    by: str
    substitute: str
    offices: tuple[str, ...]
    from_ms: int
    until_ms: int


class EndDelegation(Struct, frozen=True, kw_only=True):
    """End a delegation (its entry's hash) at once. Answer: the entry's index."""

    by: str
    delegation: str


class DraftStanding(Struct, frozen=True, kw_only=True):
    """Draft a standing permit for one low-risk item (code or name). Answer: the permit's id."""

    by: str
    machine: str
    seal: str
    matter: str
    per_day: int
    total: int
    not_after_ms: int


class ReleaseStanding(Struct, frozen=True, kw_only=True):
    """Put another person's draft of a standing permit in force. Answer: the entry's index."""

    by: str
    permit: str


class DraftEmergency(Struct, frozen=True, kw_only=True):
    """Draft emergency terms of a machine for these items (codes or names). Answer: their id."""

    by: str
    machine: str
    seal: str
    matters: tuple[str, ...]
    uses: int
    impressions: int
    not_after_ms: int


class ReleaseEmergency(Struct, frozen=True, kw_only=True):
    """Put another person's draft of emergency terms in force. Answer: the entry's index."""

    by: str
    terms: str


class PrintCodes(Struct, frozen=True, kw_only=True):
    """Make one's own codes under released terms, once. Answer: the codes, which are not kept."""

    by: str
    terms: str


class StopEmergency(Struct, frozen=True, kw_only=True):
    """End emergency terms now, with all their codes. Answer: the Revocation entry's index."""

    by: str
    terms: str


class ConfirmImpression(Struct, frozen=True, kw_only=True):
    """Release the one impression that a machine asked for (its entry's hash), or refuse it.

    Answer: the entry's index.
    """

    by: str
    ask: str
    decision: Literal["release", "refuse"]


class RevokePermit(Struct, frozen=True, kw_only=True):
    """End a permit now. Answer: the Revocation entry's index."""

    by: str
    permit: str
    reason: str


class ReleaseHold(Struct, frozen=True, kw_only=True):
    """State the impressions counted for a held incident. Answer: HoldRelease entry's index.

    The same count again writes nothing: the release that stands is sent once more.
    """

    by: str
    hold: str
    impressions: int


class ImportList(Struct, frozen=True, kw_only=True):
    """Release the first items list of an authority. Answer: the version number."""

    by: str
    list: MatterList
    file: bytes


class DraftList(Struct, frozen=True, kw_only=True):
    """Draft a new version of an items list. Answer: the draft entry's index."""

    by: str
    list: MatterList
    file: bytes


class ReleaseList(Struct, frozen=True, kw_only=True):
    """Put another person's draft (its entry's hash) in force. Answer: the version number."""

    by: str
    draft: str


class DraftCalendar(Struct, frozen=True, kw_only=True):
    """Draft the working days and hours of a year. Answer: its version number."""

    by: str
    year: int
    opens_minute: int
    closes_minute: int
    days: tuple[CalendarDay, ...]


class ReleaseCalendar(Struct, frozen=True, kw_only=True):
    """Put another person's draft in force. Answer: the entry's index."""

    by: str
    version: int


class NoteExport(Struct, frozen=True, kw_only=True):
    """Note that a person takes the register or its figures away as a file. Answer: the entry's
    index; the file is handed out only after it."""

    by: str
    body: LedgerExport


class OpenCase(Struct, frozen=True, kw_only=True):
    """Open a case on an alert (its id). Answer: the case id."""

    by: str
    alert: str
    note: str


class AssignCase(Struct, frozen=True, kw_only=True):
    """Hand a case to an account. Answer: None."""

    by: str
    case: str
    to: str


class NoteCase(Struct, frozen=True, kw_only=True):
    """Add a note to a case. Answer: None."""

    by: str
    case: str
    note: str


class CloseCase(Struct, frozen=True, kw_only=True):
    """End a case with what came of it. Answer: None.

    `publish`: the closing entry says in the open what the alert was about, but never who.
    """

    by: str
    case: str
    note: str
    publish: bool = False


class AskPolicy(Struct, frozen=True, kw_only=True):
    """Ask that openings and photos be kept for so many years. Answer: the entry's index."""

    by: str
    openings_years: int
    photos_years: int


class ConfirmPolicy(Struct, frozen=True, kw_only=True):
    """Set the policy that another person's entry (its hash) asks for. Answer: entry's index."""

    by: str
    asked: str


class AskErasure(Struct, frozen=True, kw_only=True):
    """Ask that an entry's (its hash) values or photos be erased. Answer: how many entries' are.

    `whole`: and those of every entry of the same affair: a note may name the person, too.
    """

    by: str
    entry: str
    what: What
    cause: Cause
    whole: bool = False


class AskDue(Struct, frozen=True, kw_only=True):
    """Ask that all that is due of a month (YYYY-MM, local) be erased. Answer: how many entries."""

    by: str
    month: str


class ConfirmErasure(Struct, frozen=True, kw_only=True):
    """Confirm what another person's entry (its hash) asks for; it is erased with the commit.

    Answer: the index of the entry that says what was erased.
    """

    by: str
    asked: str


class AddAccount(Struct, frozen=True, kw_only=True):
    """Add or change a person's account; the operator's alone. Answer: None.

    Args:
        offices: stable words such as `approver`, `auditor`, `administrator`, `keeper`.
        person: the same for all accounts of one person, so that offices do not hide it.
        keeps: machine ids or seals whose keeper this person is.
        password_hash: argon2id.
        village: division code; offices that are held in one village count for this one.
    """

    by: str
    account: str
    person: str
    name: str
    offices: tuple[str, ...]
    keeps: tuple[str, ...]
    password_hash: str
    village: str = ""


class Deliver(Struct, frozen=True, kw_only=True):
    """Take entries and openings that came by file; the operator's alone.

    Answer: what became of each message, as a tuple of `gateway.register.intake.Outcome`.
    """

    by: str
    messages: tuple[Message, ...]


class KeepCosignatures(Struct, frozen=True, kw_only=True):
    """Keep a checkpoint of ours that witnesses have cosigned. Answer: the size of the log there."""

    by: str
    note: bytes


Command = (
    Decide
    | Withdraw
    | CustodyOrder
    | DraftPolicy
    | ReleasePolicy
    | Delegate
    | EndDelegation
    | DraftStanding
    | ReleaseStanding
    | DraftEmergency
    | ReleaseEmergency
    | PrintCodes
    | StopEmergency
    | ConfirmImpression
    | RevokePermit
    | ReleaseHold
    | ImportList
    | DraftList
    | ReleaseList
    | DraftCalendar
    | ReleaseCalendar
    | NoteExport
    | OpenCase
    | AssignCase
    | NoteCase
    | CloseCase
    | AnswerAlert
    | AskPolicy
    | ConfirmPolicy
    | AskErasure
    | AskDue
    | ConfirmErasure
    | AddAccount
    | KeyCommand
    | Deliver
    | KeepCosignatures
    | PeopleCommand
    | SignInCommand
)
