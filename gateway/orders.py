"""Orders: carry out what people command, each inside one transaction of the writer.

A command is checked again here, whatever the page that sent it had checked, offices included: an
account may have changed meanwhile. What it changes is an entry of the gateway, and what goes down
to a machine is returned, to be sent after the commit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gateway import (
    orders_calendar,
    orders_carried,
    orders_cases,
    orders_confirms,
    orders_emergency,
    orders_keys,
    orders_lists,
    orders_office,
    orders_policy,
    orders_retention,
    orders_standing,
)
from gateway.book import Book, Done, known_account
from gateway.commands import (
    AddAccount,
    AskDue,
    AskErasure,
    AskPolicy,
    AssignCase,
    CloseCase,
    Command,
    ConfirmErasure,
    ConfirmImpression,
    ConfirmPolicy,
    Decide,
    Delegate,
    Deliver,
    DraftCalendar,
    DraftEmergency,
    DraftList,
    DraftPolicy,
    DraftStanding,
    EndDelegation,
    ImportList,
    KeepCosignatures,
    NoteCase,
    NoteExport,
    OpenCase,
    PrintCodes,
    ReleaseCalendar,
    ReleaseEmergency,
    ReleaseHold,
    ReleaseList,
    ReleasePolicy,
    ReleaseStanding,
    RevokePermit,
    StopEmergency,
    Withdraw,
)
from gateway.commands_audit import AnswerAlert
from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal, WithdrawHatch
from gateway.commands_keys import AgreeKey, IssueCode, RevokeKey
from gateway.commands_people import DraftPeople, ReleasePeople, StopAccount
from gateway.commands_seals import DraftRegistration, KeepSampleCheck, ReleaseRegistration
from gateway.commands_signin import OWN, AskReset, ConfirmReset, EndSessions
from gateway.desk import access, delegations, permits
from gateway.desk.access import Action
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.orders_custody import CustodyOrders
from gateway.orders_people import PeopleOrders
from gateway.orders_requests import RequestOrders
from gateway.orders_seals import Keep, SealOrders
from gateway.orders_signin import SignInOrders
from gateway.register import screening
from gateway.register.cosignatures import Cosignatures
from gateway.register.intake import Intake
from gateway.register.log import GatewayLog, Letter
from gateway.stores import Reader, Transaction
from gateway.stores.views import HoldView
from ledger.records import (
    HoldRelease,
    Revocation,
)
from ledger.topics import Leaf, Topic

MOST_COUNTED = 1000  # impressions that a person may state; more is a slip of the finger
ACTIONS: dict[type, Action] = {
    Decide: Action.DECIDE,
    Withdraw: Action.WITHDRAW,
    DraftPolicy: Action.DRAFT_POLICY,
    ReleasePolicy: Action.RELEASE_POLICY,
    Delegate: Action.DELEGATE,
    EndDelegation: Action.DELEGATE,
    DraftStanding: Action.DRAFT_STANDING,
    ReleaseStanding: Action.RELEASE_STANDING,
    AskHatch: Action.ASK_CUSTODY,
    PermitHatch: Action.RELEASE_CUSTODY,
    WithdrawHatch: Action.ASK_CUSTODY,
    StateSeal: Action.STOP_SEAL,
    ConfirmSeal: Action.RELEASE_CUSTODY,
    DraftRegistration: Action.DRAFT_REGISTRATION,
    ReleaseRegistration: Action.RELEASE_REGISTRATION,
    DraftEmergency: Action.DRAFT_EMERGENCY,
    ReleaseEmergency: Action.RELEASE_EMERGENCY,
    PrintCodes: Action.PRINT_CODES,
    StopEmergency: Action.STOP_EMERGENCY,
    ConfirmImpression: Action.CONFIRM,
    RevokePermit: Action.REVOKE_PERMIT,
    ReleaseHold: Action.RELEASE_HOLD,
    DraftList: Action.IMPORT_LIST,
    ReleaseList: Action.RELEASE_LIST,
    NoteExport: Action.EXPORT_LEDGER,
    DraftCalendar: Action.DRAFT_CALENDAR,
    ReleaseCalendar: Action.RELEASE_CALENDAR,
    OpenCase: Action.HANDLE_CASES,
    AssignCase: Action.HANDLE_CASES,
    NoteCase: Action.HANDLE_CASES,
    AgreeKey: Action.ENROL,
    IssueCode: Action.ENROL,
    RevokeKey: Action.REVOKE_KEY,
    CloseCase: Action.HANDLE_CASES,
    AnswerAlert: Action.HANDLE_CASES,
    AskPolicy: Action.ERASE,
    ConfirmPolicy: Action.ERASE,
    AskErasure: Action.ERASE,
    AskDue: Action.ERASE,
    ConfirmErasure: Action.ERASE,
    DraftPeople: Action.DRAFT_PEOPLE,
    ReleasePeople: Action.RELEASE_PEOPLE,
    StopAccount: Action.STOP_ACCOUNT,
    AskReset: Action.RESET_ACCESS,
    ConfirmReset: Action.RESET_ACCESS,
    EndSessions: Action.STOP_ACCOUNT,
}
OPERATORS = frozenset(
    {
        AddAccount,
        ImportList,
        DraftList,
        Deliver,
        AgreeKey,
        IssueCode,
        RevokeKey,
        KeepCosignatures,
        DraftPolicy,
        KeepSampleCheck,
    }
)  # what the command line may order


Handlers = dict[type, Callable[[Transaction, Any, int], Done]]


class Orders:
    """Carries out commands for one township; belongs to the writer thread.

    Args:
        cosignatures: judges what witnesses say; None: there are no witnesses.
        own_keys: hashes of the records of the keys that we sign with.
        keep_picture: stores specimens of seals; None: nothing can be registered.
    """

    def __init__(
        self,
        township: str,
        log: GatewayLog,
        intake: Intake,
        permit_days: int,
        cosignatures: Cosignatures | None = None,
        own_keys: tuple[str, ...] = (),
        keep_picture: Keep | None = None,
    ) -> None:
        self._township = township
        self._book = book = Book(log, intake, township)
        self._requests = RequestOrders(township, book, permit_days)
        self._people = PeopleOrders(township, book)
        self._handlers: Handlers = {
            Decide: self._requests.decide,
            Withdraw: self._requests.withdraw,
            RevokePermit: self._revoke,
            ReleaseHold: self._release,
            AgreeKey: partial(orders_keys.agree, intake.keys, book, own_keys),
            IssueCode: partial(orders_keys.issue_code, intake.keys, book),
            RevokeKey: partial(orders_keys.revoke, intake.keys, book),
            Deliver: partial(orders_carried.deliver, intake),
            **_of_desk(township, book),
            **_of_custody(CustodyOrders(township, book)),
            **_of_people(self._people),
            **_of_cases(book),
            **SignInOrders(book).handlers(),
        }
        if cosignatures is not None:
            self._handlers[KeepCosignatures] = partial(orders_carried.keep_cosigned, cosignatures)
        if keep_picture is not None:
            self._handlers |= _of_seals(SealOrders(book, keep_picture))

    def carry_out(
        self, transaction: Transaction, command: Command, now_ms: int, *, operator: bool = False
    ) -> Done:
        """Do what a person commands.

        Args:
            operator: it came through the command line, from the gateway's own user.

        Raises:
            NotAllowedError: this person's offices, as they are now, do not allow it.
            GatewayError: it is refused; nothing was changed.
        """
        _check_office(transaction, command, now_ms, operator)
        return self._handlers[type(command)](transaction, command, now_ms)

    def lapse(self, transaction: Transaction, now_ms: int) -> tuple[Letter, ...]:
        """End what waited for too long, and return what the machines must hear."""
        lapsed = tuple(self._requests.lapse(transaction, now_ms))
        return (*lapsed, *self._people.send_again(transaction))

    def _revoke(self, transaction: Transaction, command: RevokePermit, now_ms: int) -> Done:
        permit = transaction.permit(command.permit)
        if permit is None:
            raise NotFoundError(f"expected a permit, found none named {command.permit}")
        if permits.has_ended(permit, now_ms):
            raise RequestRefusedError("permit-ended", f"expected {permit.permit} to be in force")
        body = Revocation(
            permit=permit.permit, machine=permit.machine, by=command.by, reason=command.reason
        )
        entry = self._book.append(transaction, body, now_ms)
        topic = Topic(self._township, permit.machine, Leaf.PERMIT, (permit.permit,))
        letter = Letter(topic=str(topic), payload=entry.envelope, until_ms=permit.not_after_ms)
        return Done(answer=entry.index, letters=(letter,))

    def _release(self, transaction: Transaction, command: ReleaseHold, now_ms: int) -> Done:
        hold = transaction.hold(command.hold)
        if hold is None:
            raise NotFoundError(f"expected a held incident, found none with hash {command.hold}")
        if hold.released_index is not None:
            return self._release_again(transaction, hold, command, now_ms)
        if not hold.impressions_min <= command.impressions <= MOST_COUNTED:
            raise RequestRefusedError(
                "count-out-of-bounds",
                f"expected at least the {hold.impressions_min} impressions that the machine has "
                f"proved, and at most {MOST_COUNTED}, found {command.impressions}",
            )
        body = HoldRelease(
            machine=hold.machine,
            hold=hold.hold,
            impressions=command.impressions,
            by=command.by,
        )
        entry = self._book.append(transaction, body, now_ms)
        letter = screening.answer(self._township, hold.machine, hold.hold, entry, now_ms)
        return Done(answer=entry.index, letters=(letter,))

    def _release_again(
        self, transaction: Transaction, hold: HoldView, command: ReleaseHold, now_ms: int
    ) -> Done:
        """Send the release that stands: a machine that was away for long may have missed it."""
        assert hold.released_index is not None
        entry = transaction.entry(hold.released_index)
        if entry is None or command.impressions != hold.counted:
            raise RequestRefusedError(
                "not-held",
                f"expected {hold.machine} held by {hold.hold}, found it released with "
                f"{hold.counted} impressions counted",
            )
        letter = screening.answer(self._township, hold.machine, hold.hold, entry, now_ms)
        return Done(answer=entry.index, letters=(letter,))


def _check_office(reader: Reader, command: Command, now_ms: int, operator: bool) -> None:
    if type(command) in OWN or (operator and type(command) in OPERATORS):
        return
    action = ACTIONS.get(type(command))
    if action is None:
        raise NotAllowedError(
            f"expected {type(command).__name__} from the gateway's command line, found it ordered "
            f"by {command.by}"
        )
    account = known_account(reader, command.by)
    now = [one for one in reader.delegations(now_ms) if one.holds(now_ms)]
    posts = delegations.posts_of(account, reader.accounts(), now)
    access.require((one.office for one in posts), action)


def _of_desk(township: str, book: Book) -> Handlers:
    return {
        DraftPolicy: partial(orders_policy.draft, book),
        ReleasePolicy: partial(orders_policy.release, book),
        Delegate: partial(orders_policy.delegate, book),
        EndDelegation: partial(orders_policy.end_delegation, book),
        DraftStanding: partial(orders_standing.draft, book),
        ReleaseStanding: partial(orders_standing.release, township, book),
        DraftEmergency: partial(orders_emergency.draft, book),
        ReleaseEmergency: partial(orders_emergency.release, township, book),
        PrintCodes: partial(orders_emergency.print_codes, township, book),
        StopEmergency: partial(orders_emergency.stop, township, book),
        ConfirmImpression: partial(orders_confirms.answer, township, book),
        ImportList: partial(orders_lists.release_first, book),
        DraftList: partial(orders_lists.draft, book),
        ReleaseList: partial(orders_lists.release, book),
        DraftCalendar: partial(orders_calendar.draft, book),
        ReleaseCalendar: partial(orders_calendar.release, book),
    }


def _of_custody(keeping: CustodyOrders) -> Handlers:
    return {
        AskHatch: keeping.ask,
        PermitHatch: keeping.permit,
        WithdrawHatch: keeping.withdraw,
        StateSeal: keeping.state,
        ConfirmSeal: keeping.confirm,
    }


def _of_people(people: PeopleOrders) -> Handlers:
    return {
        AddAccount: people.add,
        DraftPeople: people.draft,
        ReleasePeople: people.release,
        StopAccount: people.stop,
    }


def _of_cases(book: Book) -> Handlers:
    """Return what follows after the stamp: cases, exports, erasure."""
    return {
        OpenCase: partial(orders_cases.open_case, book),
        AssignCase: partial(orders_cases.assign, book),
        NoteCase: partial(orders_cases.note, book),
        CloseCase: partial(orders_cases.close, book),
        AnswerAlert: partial(orders_cases.answer, book),
        NoteExport: partial(orders_office.note_export, book),
        AskPolicy: partial(orders_retention.ask_policy, book),
        ConfirmPolicy: partial(orders_retention.confirm_policy, book),
        AskErasure: partial(orders_retention.ask, book),
        AskDue: partial(orders_retention.ask_due, book),
        ConfirmErasure: partial(orders_retention.confirm, book),
    }


def _of_seals(seals: SealOrders) -> Handlers:
    return {
        DraftRegistration: seals.draft,
        ReleaseRegistration: seals.release,
        KeepSampleCheck: seals.keep_check,
    }
