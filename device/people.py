"""People: who may sign in at this machine: a signed list of the township that expires.

Rules kept here: only a list that the township's gateway signed for this machine counts, whose file
has the hash that the entry names, and never one older than any that counted before. When it has
expired, or what is kept of it is damaged, nobody signs in until two persons of the township have
released another one. The file of the configuration counts until the first list has come.

The loop's thread takes lists; any thread may ask. A list is one frozen value that is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pyrage
import structlog
from msgspec import Struct

from device.journal import Journal
from device.keepers import Held
from device.kiosk.port import Person
from device.township_keys import TownshipKeys
from ledger import people
from ledger.codec import Payload, sha256
from ledger.envelope import LARGEST_LIST
from ledger.errors import LedgerError, MalformedError
from ledger.people import Roster
from ledger.records_people import PeopleList

log = structlog.get_logger()

LIST_KEY = "people"  # the newest parcel that counted
VERSION_KEY = "people-version"  # its version: kept apart, so that damage does not forget it

State = Literal["missing", "file", "valid", "expired", "damaged"]


class _Known(Struct, frozen=True, kw_only=True):
    """What is known; `none` nobody has sent a list yet, `damaged` what was kept is no list.

    `members`: whose each account of the list is and what offices it has, also of those who sign
    in at no machine.
    """

    state: Literal["none", "list", "damaged"]
    version: int = 0
    not_after_ms: int = 0
    staff: tuple[Person, ...] = ()
    members: dict[str, Held] = {}


class People:
    """The people list of one machine.

    Args:
        identity: opens what is encrypted to this machine.
        first: those of the configuration's file, which count until the first list has come;
            None: it names no file.
    """

    def __init__(
        self,
        journal: Journal,
        keys: TownshipKeys,
        identity: pyrage.x25519.Identity,
        first: Callable[[], tuple[Person, ...]] | None,
    ) -> None:
        self._journal, self._keys, self._identity, self._first = journal, keys, identity, first
        self._device = journal.head.author
        self._known = self._load()

    @property
    def not_after_ms(self) -> int:
        """When the list ends, UTC milliseconds; 0 without one."""
        return self._known.not_after_ms

    def state(self, now_ms: int) -> State:
        """Return how things stand; nobody signs in but with `file` and `valid`."""
        known = self._known
        if known.state == "none":
            return "missing" if self._first is None else "file"
        if known.state == "damaged":
            return "damaged"
        return "valid" if now_ms < known.not_after_ms else "expired"

    def now(self, now_ms: int) -> tuple[Person, ...]:
        """Return those who may sign in at a moment of the device's time."""
        match self.state(now_ms):
            case "file":
                return self._first() if self._first is not None else ()
            case "valid":
                return self._known.staff
            case _:
                return ()

    def person_of(self, account: str) -> str:
        """Return the person of an account; one that no list names stands for itself."""
        return self.held(account).person

    def held(self, account: str) -> Held:
        """Return person and offices of an account, as the list says that counted last.

        Once there was a list, an account that it does not name holds no office.
        """
        untold = None if self._known.state == "none" else ()
        return self._known.members.get(account, Held(account, untold))

    def hear(self, raw: bytes) -> None:
        """Take a list, durable on return; one that counts already is passed over.

        Raises:
            LedgerError: it is not signed by our township, not for this machine, not the file
                that was signed, cannot be opened here, or is older than one that counted.
            JournalError: it could not be kept.
        """
        entry, body, roster = self._opened(raw)
        if body.version < self._known.version:
            log.error("people_list_older", found=body.version, known=self._known.version)
            raise MalformedError(
                f"expected a people list newer than version {self._known.version}, found "
                f"{body.version}"
            )
        if body.version == self._known.version and self._known.state == "list":
            return
        self._journal.put(VERSION_KEY, b"%d" % body.version)
        self._journal.put(LIST_KEY, raw)
        self._known = _known(body, roster)
        log.info(
            "people_list_taken", version=body.version, people=len(roster.staff), entry=entry.sha256
        )

    def judge_again(self) -> None:
        """Judge what is kept by what is believed of the township's keys now."""
        self._known = self._load()

    def _load(self) -> _Known:
        """Return what is kept, judged again from its bytes."""
        version = int(self._journal.get(VERSION_KEY) or b"0")
        raw = self._journal.get(LIST_KEY)
        if raw is None and version == 0:
            return _Known(state="none")
        try:
            _, body, roster = self._opened(raw or b"")
        except LedgerError as error:
            log.error("people_list_damaged", code=error.code, why=str(error))
            return _Known(state="damaged", version=version)
        if body.version < version:
            log.error("people_list_damaged", found=body.version, expected=version)
            return _Known(state="damaged", version=version)
        return _known(body, roster)

    def _opened(self, raw: bytes) -> tuple[Payload, PeopleList, Roster]:
        if len(raw) > LARGEST_LIST:
            raise MalformedError(f"expected at most {LARGEST_LIST} bytes, found {len(raw)}")
        envelope, sealed = people.unpack(raw)
        _, entry = self._keys.entry(envelope)
        body = entry.body
        if not isinstance(body, PeopleList) or body.machine != self._device:
            raise MalformedError(f"expected a people list for {self._device}, found {body.kind}")
        file = self._decrypted(sealed)
        if sha256(file) != body.file_sha256 or len(file) != body.file_size:
            raise MalformedError(
                f"expected the people list {body.file_sha256}, found {sha256(file)}"
            )
        roster = people.decode(file)
        if (roster.place, roster.version) != (body.place, body.version):
            raise MalformedError(
                f"expected the people of {body.place}, version {body.version}, found {roster.place}"
                f", version {roster.version}"
            )
        return entry, body, roster

    def _decrypted(self, sealed: bytes) -> bytes:
        try:
            file: bytes = pyrage.decrypt(sealed, [self._identity])
        except pyrage.DecryptError as error:
            raise MalformedError(
                f"expected a people list encrypted to this machine's key, found another: {error}"
            ) from error
        return file


def _known(body: PeopleList, roster: Roster) -> _Known:
    return _Known(
        state="list",
        version=body.version,
        not_after_ms=body.not_after_ms,
        members={one.account: Held(one.person, one.offices) for one in roster.staff},
        staff=tuple(
            Person(
                account=one.account,
                name=one.name,
                card=one.card.sha256,
                card_salt=one.card.salt,
                pin_hash=one.pin_hash,
                person=one.person,
                offices=one.offices,
            )
            for one in roster.staff
            if one.card is not None and one.pin_hash
        ),
    )
