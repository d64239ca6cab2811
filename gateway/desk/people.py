"""People of a place: what a draft says, what it changes, who could be on it. Pure.

A place is a village, or the township for its own staff. Accounts say who holds which office now;
the newest list adds what only the machine needs: card and PIN. One person drafts, another one
releases; taking somebody away is one person's act and makes every waiting draft stale.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from msgspec import Struct, structs

from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES
from gateway.errors import RequestRefusedError
from gateway.stores.people import PeopleView
from gateway.stores.views import Account
from ledger import people
from ledger.people import MOST_STAFF, Card, Roster, Staff

WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again
MOST_DAYS = 366
DAY_MS = 24 * 3600 * 1000
TECHNICIAN = ("technician",)  # the offices of a guest: a township's technician on a village's list
_IDENTIFIER = re.compile(r"[a-z0-9-]{1,40}\Z")
LONGEST_NAME, LONGEST_CARD = 60, 64


class Row(Struct, frozen=True, kw_only=True):
    """One person as a draft's author wrote it; "" for card and PIN keeps what stood there.

    Args:
        card: the card's identifier as the reader tells it.
        pin_hash: argon2id.
    """

    account: str
    person: str
    name: str
    offices: tuple[str, ...]
    card: str = ""
    pin_hash: str = ""


class Difference(Struct, frozen=True, kw_only=True):
    """What a draft changes of one account; `offices` are those it would have."""

    account: str
    name: str
    what: Literal["added", "removed", "changed"]
    offices: tuple[str, ...]
    fields: tuple[Literal["name", "person", "offices", "card", "pin"], ...] = ()


def place_of(account: Account, township: str) -> str:
    """Return the place to which an account belongs: a village if it holds an office there."""
    in_village = not VILLAGE_OFFICES.isdisjoint(account.offices)
    return account.village if in_village else township


def staff_now(
    accounts: Iterable[Account], township: str, place: str, newest: Roster | None
) -> tuple[Staff, ...]:
    """Return who holds an office in a place now, with the cards and PINs of its newest list."""
    known = {one.account: one for one in (() if newest is None else newest.staff)}
    return tuple(
        Staff(
            account=one.account,
            person=one.person,
            name=one.name,
            offices=one.offices,
            card=known[one.account].card if one.account in known else None,
            pin_hash=known[one.account].pin_hash if one.account in known else "",
        )
        for one in accounts
        if one.offices and place_of(one, township) == place
    )


def drafted(
    rows: Iterable[Row],
    now: tuple[Staff, ...],
    accounts: Iterable[Account],
    township: str,
    place: str,
    version: int,
) -> Roster:
    """Return the list that a draft's rows say.

    Raises:
        RequestRefusedError: `people-form`, `account-twice`, `account-elsewhere`,
            `unknown-office`, `village-missing`, `card-twice` or `people-unchanged`.
    """
    written = tuple(rows)
    names = [one.account for one in written]
    if len(set(names)) != len(names):
        raise RequestRefusedError("account-twice", f"expected each account once, found {names}")
    if not written or len(written) > MOST_STAFF:
        raise _form(f"1 to {MOST_STAFF} people", str(len(written)))
    for one in written:
        _check(one, accounts, township, place)
    _check_cards(written, now)
    known = {one.account: one for one in now}
    staff = tuple(
        _staff(one, known.get(one.account)) for one in sorted(written, key=lambda row: row.account)
    )
    return Roster(place=place, version=version, salt=people.new_salt(), staff=staff)


def with_keepers(roster: Roster, keeping: Collection[str]) -> Roster:
    """Return a list on which these persons hold the office of a keeper, as machines know it."""
    staff = tuple(
        structs.replace(one, offices=(*one.offices, "keeper"))
        if one.person in keeping and "keeper" not in one.offices
        else one
        for one in roster.staff
    )
    return structs.replace(roster, staff=staff)


def guests(staff: Iterable[Staff]) -> tuple[Staff, ...]:
    """Return those of a village's list who belong to the township: its technicians."""
    return tuple(one for one in staff if one.offices == TECHNICIAN)


def technicians(township_staff: Iterable[Staff]) -> tuple[Staff, ...]:
    """Return the township's technicians who can sign in, as the lists of its villages name them."""
    return tuple(
        structs.replace(one, offices=TECHNICIAN)
        for one in township_staff
        if set(TECHNICIAN) <= set(one.offices) and one.card is not None and one.pin_hash
    )


def with_guests(roster: Roster, technicians: Iterable[Staff]) -> Roster:
    """Return a village's list with the township's technicians on it.

    Raises:
        RequestRefusedError: `people-form`: that would be too many.
    """
    own = {one.account: one for one in roster.staff}
    staff = {**{one.account: one for one in technicians}, **own}
    if len(staff) > MOST_STAFF:
        raise _form(f"at most {MOST_STAFF} people with technicians", str(len(staff)))
    return structs.replace(roster, staff=tuple(staff[name] for name in sorted(staff)))


def check_cards_apart(rows: Iterable[Row], others: Iterable[Staff]) -> None:
    """Return if no card of these rows is one of these people's at the same machines.

    Raises:
        RequestRefusedError: `card-held`.
    """
    known = [one for one in others if one.card is not None]
    for row in rows:
        for one in known:
            if row.card and one.account != row.account and people.is_card(_card(one), row.card):
                raise _held(one, row.name)


def with_known_cards(roster: Roster, rows: Iterable[Row], known: Iterable[Card]) -> Roster:
    """Return a draft that names a card with the salt and hash by which it is known already.

    Only so can `check_apart` tell later that it is the same one: nobody keeps the number.

    Args:
        known: of all lists that are in force or wait.
    """
    written = {row.account: row.card for row in rows if row.card}
    cards = tuple(known)
    staff = []
    for one in roster.staff:
        number = written.get(one.account, "")
        same = (card for card in cards if number and people.is_card(card, number))
        staff.append(structs.replace(one, card=next(same, one.card)))
    return structs.replace(roster, staff=tuple(staff))


def check_apart(
    own: Iterable[Staff],
    others: Iterable[Staff],
    accounts: Iterable[Account],
    township: str,
    place: str,
) -> None:
    """Return if what a draft gives was not given elsewhere since.

    Args:
        own: the draft's, without guests.
        others: who else lays a card at the same machines.

    Raises:
        RequestRefusedError: `card-held` or `account-held`.
    """
    known = {one.account: one for one in accounts if one.offices}
    holders = {one.card: one for one in others if one.card is not None}
    for one in own:
        holder = None if one.card is None else holders.get(one.card)
        if holder is not None and holder.account != one.account:
            raise _held(holder, one.name)
        there = known.get(one.account)
        if there is not None and place_of(there, township) != place:
            raise RequestRefusedError(
                "account-held",
                f"expected an account of {place}, found {one.account} in another place since: "
                "draft again with another name",
                account=one.account,
                holder=there.name,
            )


def differences(before: Iterable[Staff], after: Iterable[Staff]) -> tuple[Difference, ...]:
    """Return what changes, account by account."""
    old, new = {one.account: one for one in before}, {one.account: one for one in after}
    found = []
    for name in sorted({*old, *new}):
        one = new.get(name) or old[name]
        fields = _fields(old[name], new[name]) if name in old and name in new else ()
        what: Literal["added", "removed", "changed"] = "changed"
        if name not in old:
            what = "added"
        elif name not in new:
            what = "removed"
        elif not fields:
            continue
        offices = new[name].offices if name in new else ()
        found.append(
            Difference(account=name, name=one.name, what=what, offices=offices, fields=fields)
        )
    return tuple(found)


def without(staff: Iterable[Staff], account: str, *, card_only: bool) -> tuple[Staff, ...]:
    """Return those who are left when an account, or its card, is taken away."""
    return tuple(
        structs.replace(one, card=None, pin_hash="") if one.account == account else one
        for one in staff
        if card_only or one.account != account
    )


def in_force(views: Iterable[PeopleView], place: str) -> PeopleView | None:
    """Return the newest list of a place that was released or shortened; None: none yet."""
    return max(
        (one for one in views if one.place == place and not one.is_draft),
        key=lambda one: one.index,
        default=None,
    )


def is_waiting(draft: PeopleView, views: Iterable[PeopleView], now_ms: int) -> bool:
    """Return whether a draft can still be released."""
    newest = in_force(views, draft.place)
    fresh = now_ms - draft.at_ms <= WAITING_DAYS * DAY_MS
    return draft.is_draft and fresh and (newest is None or draft.version > newest.version)


def _check(row: Row, accounts: Iterable[Account], township: str, place: str) -> None:
    for name in (row.account, row.person):
        if not _IDENTIFIER.match(name):
            raise _form("an id of a-z, 0-9 and - (at most 40)", repr(name[:60]))
    if not 0 < len(row.name) <= LONGEST_NAME or not row.name.isprintable():
        raise _form(f"a name of at most {LONGEST_NAME} characters", repr(row.name[:80]))
    if len(row.card) > LONGEST_CARD or not row.card.isprintable():
        raise _form("a card's number as the reader tells it", repr(row.card[:80]))
    unknown = sorted(set(row.offices) - set(OFFICES))
    if unknown or not row.offices:
        raise RequestRefusedError("unknown-office", f"expected some of {OFFICES}, found {unknown}")
    if place == township and set(row.offices) & VILLAGE_OFFICES:
        raise RequestRefusedError(
            "village-missing", f"expected offices of the township, found {row.offices}"
        )
    if place != township and row.offices == TECHNICIAN:
        raise RequestRefusedError(
            "account-elsewhere", f"expected {row.account} on the township's own list: a technician"
        )
    there = next((one for one in accounts if one.account == row.account), None)
    if there is not None and there.offices and place_of(there, township) != place:
        raise RequestRefusedError(
            "account-elsewhere",
            f"expected an account of {place}, found {row.account} in {place_of(there, township)}",
        )


def _check_cards(rows: tuple[Row, ...], now: tuple[Staff, ...]) -> None:
    listed = {one.account for one in rows}
    for row in rows:
        if not row.card:
            continue
        others = [one.account for one in rows if one.card == row.card and one is not row]
        others += [
            one.account
            for one in now
            if one.account != row.account
            and one.account in listed
            and one.card is not None
            and people.is_card(one.card, row.card)
        ]
        if others:
            raise RequestRefusedError(
                "card-twice", f"expected a card of one person, found it with {', '.join(others)}"
            )


def _card(one: Staff) -> Card:
    assert one.card is not None
    return one.card


def _staff(row: Row, before: Staff | None) -> Staff:
    card = people.new_card(row.card) if row.card else (before.card if before else None)
    return Staff(
        account=row.account,
        person=row.person,
        name=row.name,
        offices=row.offices,
        card=card,
        pin_hash=row.pin_hash or (before.pin_hash if before else ""),
    )


def _held(holder: Staff, name: str) -> RequestRefusedError:
    return RequestRefusedError(
        "card-held",
        f"expected a card of one person, found it with {holder.account}: draft again with another",
        holder=holder.name,
        account=holder.account,
        name=name,
    )


def _fields(
    old: Staff, new: Staff
) -> tuple[Literal["name", "person", "offices", "card", "pin"], ...]:
    compared: tuple[tuple[Literal["name", "person", "offices", "card", "pin"], bool], ...] = (
        ("name", old.name != new.name),
        ("person", old.person != new.person),
        ("offices", set(old.offices) != set(new.offices)),
        ("card", old.card != new.card),
        ("pin", old.pin_hash != new.pin_hash),
    )
    return tuple(name for name, changed in compared if changed)


def _form(expected: str, found: str) -> RequestRefusedError:
    return RequestRefusedError("people-form", f"expected {expected}, found {found}")
