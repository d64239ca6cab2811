"""Orders on people: who holds which office where, who may sign in, and taking it away.

Giving takes two persons, taking away one. Each change of an account is an entry of its own.
"""

from __future__ import annotations

from msgspec import structs

from gateway.book import Book, Done, known_account, named_account
from gateway.commands import AddAccount
from gateway.commands_people import DraftPeople, ReleasePeople, StopAccount
from gateway.desk import people as desk
from gateway.desk.accounts import NO_PASSWORD, OFFICES, VILLAGE_OFFICES
from gateway.desk.approvals import named
from gateway.desk.people import DAY_MS, MOST_DAYS
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register import people_post
from gateway.register.log import Letter
from gateway.stores import Reader, Transaction
from gateway.stores.people import PeopleView
from gateway.stores.views import Account
from ledger import codec, people, topics
from ledger.people import Card, Roster, Staff
from ledger.records import Start
from ledger.records_people import Act, PeopleList


class PeopleOrders:
    """Carries out orders on the people of one township; belongs to the writer thread."""

    def __init__(self, township: str, book: Book) -> None:
        self._township = township
        self._book = book
        self._newest_start: tuple[int, str] | None = None
        self._openers: dict[str, str | None] = {}

    def draft(self, transaction: Transaction, command: DraftPeople, now_ms: int) -> Done:
        """Keep a list and its draft entry; nothing changes until another person releases it."""
        self._check_place(transaction, command.place)
        if not 1 <= command.days <= MOST_DAYS:
            raise RequestRefusedError("people-days", f"expected 1 to {MOST_DAYS} days")
        now = staff_of(transaction, self._township, command.place)
        technicians = self._technicians(transaction)
        desk.check_cards_apart(command.rows, self._beside(transaction, command.place))
        roster = desk.drafted(
            command.rows,
            now,
            transaction.accounts(),
            self._township,
            command.place,
            _next_version(transaction),
        )
        known = self._known_cards(transaction, now_ms)
        roster = desk.with_known_cards(roster, command.rows, known)
        machines = [one for one in transaction.machines() if one.village == command.place]
        roster = desk.with_keepers(roster, named(machines, transaction.accounts()))
        if command.place != self._township:
            roster = desk.with_guests(roster, technicians)
        body = self._list(transaction, roster, now_ms + command.days * DAY_MS, command.by, None)
        self._book.append(transaction, body, now_ms)
        return Done(answer=body.version)

    def release(self, transaction: Transaction, command: ReleasePeople, now_ms: int) -> Done:
        """Put another person's draft in force: accounts, and the lists of the place's machines."""
        views = transaction.people_lists()
        found = next(
            (one for one in views if one.version == command.version and one.is_draft), None
        )
        if found is None:
            raise NotFoundError(f"expected a draft, found none numbered {command.version}")
        if not desk.is_waiting(found, views, now_ms) or found.not_after_ms <= now_ms:
            raise RequestRefusedError(
                "draft-stale", f"expected a fresh draft, found version {found.version}: draft again"
            )
        drafter = transaction.account(found.by)
        if drafter is None or drafter.person == known_account(transaction, command.by).person:
            raise RequestRefusedError(
                "draft-own", f"expected another person than {found.by} to release it"
            )
        roster = roster_of(transaction, found)
        guests = () if found.place == self._township else desk.guests(roster.staff)
        if not set(guests) <= set(self._technicians(transaction)):
            raise RequestRefusedError(
                "draft-stale", f"expected today's technicians in {found.version}: draft again"
            )
        desk.check_apart(
            [one for one in roster.staff if one not in guests],
            self._beside(transaction, found.place),
            transaction.accounts(),
            self._township,
            found.place,
        )
        machines = self._machines(transaction, found.place)
        for machine in machines:
            people_post.require_opener(transaction, machine)
        self._apply(transaction, roster, found.by, command.by, now_ms)
        body = structs.replace(_body(found), released_by=command.by)
        for place in machines or (None,):
            entry = self._book.append(transaction, structs.replace(body, machine=place), now_ms)
        letters = self._letters(transaction, found.place)
        letters += self._follow(transaction, found.place, (found.by, command.by), now_ms)
        return Done(answer=entry.index, letters=letters)

    def stop(self, transaction: Transaction, command: StopAccount, now_ms: int) -> Done:
        """Take an account, or its card, away at once; the machines get a new list."""
        account = named_account(transaction, command.account)
        place = desk.place_of(account, self._township)
        now = staff_of(transaction, self._township, place)
        mine = next((one for one in now if one.account == account.account), None)
        if command.card_only and (mine is None or mine.card is None):
            raise NotFoundError(f"expected a card of {account.account}, found none on a list")
        if not command.card_only:
            account = structs.replace(account, offices=(), password_hash=NO_PASSWORD)
            transaction.put_account(account)
            transaction.forget_access(account.account)
        act: Act = "card-stopped" if command.card_only else "stopped"
        index = self._book.note(transaction, account, act, command.by, None, now_ms)
        left = desk.without(now, account.account, card_only=command.card_only)
        left += self._guests(transaction, place)
        self._replace(transaction, place, left, (command.by, command.by), now_ms)
        letters = self._letters(transaction, place)
        letters += self._follow(transaction, place, (command.by, command.by), now_ms)
        return Done(answer=index, letters=letters)

    def add(self, transaction: Transaction, command: AddAccount, now_ms: int) -> Done:
        """Add or change an account for the gateway's own operator; the log says so."""
        unknown = sorted(set(command.offices) - set(OFFICES))
        if unknown:
            raise RequestRefusedError("unknown-office", f"expected {OFFICES}, found {unknown}")
        in_village = sorted(VILLAGE_OFFICES & set(command.offices))
        if in_village and transaction.village(command.village) is None:
            raise RequestRefusedError(
                "village-missing",
                f"expected the village in which the office {in_village[0]} is held, found "
                f"{command.village!r}",
            )
        account = Account(
            account=command.account,
            person=command.person,
            name=command.name,
            offices=command.offices,
            keeps=command.keeps,
            password_hash=command.password_hash,
            village=command.village,
        )
        self._put(transaction, account, command.by, None, now_ms)
        if transaction.forget_access(account.account):
            self._book.note(transaction, account, "factor-reset", command.by, None, now_ms)
        return Done(answer=None)

    def send_again(self, reader: Reader) -> tuple[Letter, ...]:
        """Return the lists of machines that have told another opening key since the last call."""
        newest = reader.newest_of((Start.kind,))
        if newest == self._newest_start:
            return ()
        self._newest_start = newest
        known = self._openers
        machines = [one.machine for one in reader.machines()]
        self._openers = {one: people_post.opener_of(reader, one) for one in machines}
        changed = {one for one in machines if known.get(one) not in (None, self._openers[one])}
        if not changed:
            return ()
        letters = people_post.letters(reader, self._township)
        return tuple(one for one in letters if topics.parse(one.topic).device in changed)

    def _replace(
        self,
        transaction: Transaction,
        place: str,
        left: tuple[Staff, ...],
        persons: tuple[str, str],
        now_ms: int,
    ) -> None:
        """Put another list in force at every machine that has one; no draft outlives it.

        Args:
            persons: who drafted and released what it follows from.
        """
        views = transaction.people_lists(place)
        newest = desk.in_force(views, place)
        staff = tuple(sorted(left, key=lambda one: one.account))
        roster = Roster(
            place=place, version=_next_version(transaction), salt=people.new_salt(), staff=staff
        )
        not_after_ms = now_ms if newest is None else newest.not_after_ms
        body = self._list(transaction, roster, not_after_ms, *persons)
        machines = sorted({one.machine for one in views if one.machine is not None})
        for machine in machines or (None,):
            self._book.append(transaction, structs.replace(body, machine=machine), now_ms)

    def _follow(
        self, transaction: Transaction, place: str, persons: tuple[str, str], now_ms: int
    ) -> tuple[Letter, ...]:
        """After a change of the township's own staff: no village's list names a technician of
        yesterday. A new technician comes with the village's next draft.
        """
        letters: tuple[Letter, ...] = ()
        for village in transaction.villages() if place == self._township else ():
            before = guests_of(transaction, village.village)
            after = self._guests(transaction, village.village)
            if before != after:
                own = staff_of(transaction, self._township, village.village)
                self._replace(transaction, village.village, own + after, persons, now_ms)
                letters += self._letters(transaction, village.village)
        return letters

    def _technicians(self, reader: Reader) -> tuple[Staff, ...]:
        return desk.technicians(staff_of(reader, self._township, self._township))

    def _guests(self, reader: Reader, place: str) -> tuple[Staff, ...]:
        """Return the technicians on a village's list, as the township's list says of them now."""
        now = {one.account: one for one in self._technicians(reader)}
        there = guests_of(reader, place) if place != self._township else ()
        return tuple(now[one.account] for one in there if one.account in now)

    def _beside(self, reader: Reader, place: str) -> tuple[Staff, ...]:
        """Return who else lays a card at the same machines."""
        if place != self._township:
            return self._technicians(reader)
        return tuple(
            one
            for village in reader.villages()
            for one in staff_of(reader, self._township, village.village)
        )

    def _known_cards(self, reader: Reader, now_ms: int) -> tuple[Card, ...]:
        """Return the cards of every list that is in force or waits."""
        views = reader.people_lists()
        newest = {place: desk.in_force(views, place) for place in {one.place for one in views}}
        return tuple(
            one.card
            for view in views
            if (view == newest[view.place] or desk.is_waiting(view, views, now_ms))
            and is_here(reader, view)
            for one in roster_of(reader, view).staff
            if one.card is not None
        )

    def _apply(
        self, transaction: Transaction, roster: Roster, by: str, released_by: str, now_ms: int
    ) -> None:
        """Change the accounts of a place to what its list says."""
        village = "" if roster.place == self._township else roster.place
        known = {one.account: one for one in transaction.accounts()}
        guests = desk.guests(roster.staff) if village else ()
        own = tuple(one for one in roster.staff if one not in guests)
        listed = {one.account for one in own}
        for one in own:
            account = _account(one, known.get(one.account), village)
            if account != known.get(one.account):
                self._put(transaction, account, by, released_by, now_ms)
        for old in known.values():
            there = desk.place_of(old, self._township) == roster.place
            if there and old.offices and old.account not in listed:
                ended = structs.replace(old, offices=(), password_hash=NO_PASSWORD)
                transaction.forget_access(old.account)
                self._put(transaction, ended, by, released_by, now_ms)

    def _put(
        self,
        transaction: Transaction,
        account: Account,
        by: str,
        released_by: str | None,
        now_ms: int,
    ) -> None:
        transaction.put_account(account)
        self._book.note(transaction, account, "given", by, released_by, now_ms)

    def _check_place(self, reader: Reader, place: str) -> None:
        if place != self._township and reader.village(place) is None:
            raise NotFoundError(f"expected a place of this township, found {place[:12]!r}")

    def _machines(self, reader: Reader, place: str) -> tuple[str, ...]:
        village = reader.village(place)
        return () if village is None else village.machines

    def _letters(self, reader: Reader, place: str) -> tuple[Letter, ...]:
        return tuple(people_post.letters(reader, self._township, place))

    def _list(
        self,
        transaction: Transaction,
        roster: Roster,
        not_after_ms: int,
        by: str,
        released_by: str | None,
    ) -> PeopleList:
        """Keep a list's file and return the entry that names it, of no machine yet."""
        file = people.encode(roster)
        digest = codec.sha256(file)
        transaction.put_people_file(digest, file)
        return PeopleList(
            place=roster.place,
            machine=None,
            version=roster.version,
            file_sha256=digest,
            file_size=len(file),
            not_after_ms=not_after_ms,
            by=by,
            released_by=released_by,
        )


def staff_of(reader: Reader, township: str, place: str) -> tuple[Staff, ...]:
    """Return who holds an office in a place now, with the cards and PINs of its newest list.

    Without the list's file (an older backup was restored) nobody has a card: taking away still
    works, and the next draft gives cards anew.
    """
    newest = desk.in_force(reader.people_lists(place), place)
    here = newest is not None and is_here(reader, newest)
    roster = roster_of(reader, newest) if newest is not None and here else None
    return desk.staff_now(reader.accounts(), township, place, roster)


def guests_of(reader: Reader, village: str) -> tuple[Staff, ...]:
    """Return the township's technicians on a village's newest list; none without its file."""
    newest = desk.in_force(reader.people_lists(village), village)
    if newest is None or not is_here(reader, newest):
        return ()
    return desk.guests(roster_of(reader, newest).staff)


def is_here(reader: Reader, view: PeopleView) -> bool:
    """Return whether the file of a draft or list is in the store, undamaged."""
    file = reader.people_file(view.file_sha256)
    return file is not None and codec.sha256(file) == view.file_sha256


def roster_of(reader: Reader, view: PeopleView) -> Roster:
    """Return what a draft or list says.

    Raises:
        RequestRefusedError: `people-missing`: its file is not here.
    """
    file = reader.people_file(view.file_sha256)
    if file is None or not is_here(reader, view):
        raise RequestRefusedError(
            "people-missing",
            f"expected the file of the people list {view.version}, found none: the administrator "
            "restores it from a backup",
        )
    return people.decode(file)


def _next_version(reader: Reader) -> int:
    return 1 + max((one.version for one in reader.people_lists()), default=0)


def _account(staff: Staff, before: Account | None, village: str) -> Account:
    return Account(
        account=staff.account,
        person=staff.person,
        name=staff.name,
        offices=staff.offices,
        keeps=() if before is None else before.keeps,
        password_hash=NO_PASSWORD if before is None else before.password_hash,
        village=village,
    )


def _body(view: PeopleView) -> PeopleList:
    return PeopleList(
        place=view.place,
        machine=view.machine,
        version=view.version,
        file_sha256=view.file_sha256,
        file_size=view.file_size,
        not_after_ms=view.not_after_ms,
        by=view.by,
        released_by=view.released_by,
    )
