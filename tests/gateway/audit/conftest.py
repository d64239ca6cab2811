"""A small log that rules can look at: entries, permits, lists and what went wrong."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.stores.audit_reader import Dropped
from gateway.stores.custody import SealStanding
from gateway.stores.office import CalendarView
from gateway.stores.sights import Sight
from gateway.stores.views import (
    Account,
    AlertView,
    Gap,
    ListView,
    LogFilter,
    MachineView,
    PermitView,
    PhotoView,
    StoredEntry,
    Trouble,
)
from ledger import chain, codec, matters
from ledger.chain import Head
from ledger.matters import Answer, Matter, Verdict
from ledger.records import Incident, Intent, Party, PhotoRef, Record, SealUse

NOW_MS = 1_800_000_000_000
HOUR_MS = 60 * 60 * 1000
MACHINE = "m-1"
HASH = "ab" * 32


class Log:
    """Stands in for `gateway.stores.History`; tests fill its lists."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.written: list[StoredEntry] = []
        self.issued: dict[str, PermitView] = {}
        self.matters: tuple[Matter, ...] = ()
        self.open_gaps: list[Gap] = []
        self.pending: list[PhotoView] = []
        self.known_machines: list[MachineView] = []
        self.kept: list[tuple[Trouble, bytes]] = []
        self.drops: list[Dropped] = []
        self.raised: dict[str, AlertView] = {}
        self.people: dict[str, str] = {}
        self.year_calendars: list[CalendarView] = []
        self.doubtful: list[Sight] = []

    def entry(self, key: int | str) -> StoredEntry | None:
        return next((one for one in self.written if key in (one.index, one.sha256)), None)

    def seal_standings(self) -> tuple[SealStanding, ...]:
        return ()

    def permit(self, permit: str) -> PermitView | None:
        return self.issued.get(permit)

    def account(self, account: str) -> Account | None:
        person = self.people.get(account)
        if person is None:
            return None
        return Account(
            account=account, person=person, name=account, offices=(), keeps=(), password_hash="-"
        )

    def lists(self) -> tuple[ListView, ...]:
        return ()

    def list_answer(self, machine: str, matter: str, version: int, at_ms: int) -> Answer:
        return matters.look_up(self.matters, matter)

    def calendars(self) -> tuple[CalendarView, ...]:
        return tuple(self.year_calendars)

    def doubtful_sights(self, since_ms: int) -> tuple[Sight, ...]:
        return tuple(one for one in self.doubtful if one.at_ms >= since_ms)

    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self.open_gaps)

    def pending_photos(self, machine: str | None = None) -> tuple[PhotoView, ...]:
        return tuple(self.pending)

    def machines(self) -> tuple[MachineView, ...]:
        return tuple(self.known_machines)

    def troubles(self, before: int | None = None, limit: int = 50) -> tuple[Trouble, ...]:
        newest = sorted((one for one, _ in self.kept), key=lambda one: -one.number)
        return tuple(one for one in newest if before is None or one.number < before)[:limit]

    def trouble_bytes(self, number: int) -> bytes | None:
        return next((data for one, data in self.kept if one.number == number), None)

    def entries(
        self, which: LogFilter, before: int | None = None, limit: int = 50
    ) -> tuple[StoredEntry, ...]:
        found = [
            one
            for one in reversed(self.written[:before])
            if which.machine in (None, one.machine)
            and one.kind in which.kinds
            and which.seal in (None, getattr(one.body, "seal", None))
            and which.permit in (None, getattr(one.body, "permit", None))
        ]
        return tuple(found[:limit])

    def previous(self, entry: StoredEntry) -> StoredEntry | None:
        return next(iter(reversed(self.written[: entry.index])), None)

    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(self.drops)

    def alert_keyed(self, key: str) -> AlertView | None:
        return self.raised.get(key)

    def write(
        self,
        body: Record,
        *,
        at_ms: int = NOW_MS,
        received_ms: int | None = None,
        mark: int | None = None,
    ) -> StoredEntry:
        """Append an entry of the machine, or of the gateway, as if it had been taken in."""
        party: Party = "device" if "device" in body.authors else "gateway"
        head = Head(party=party, author=MACHINE, epoch=1, seq=len(self.written), sha256=HASH)
        position = chain.follow(head, 1, at_ms, mark)
        payload = codec.encode_entry(position, body)
        entry = StoredEntry(
            index=len(self.written),
            sha256=codec.sha256(payload),
            kind=body.kind,
            party=party,
            author=MACHINE,
            machine=MACHINE,
            position=position,
            body=body,
            keyid=HASH,
            envelope=b"",
            received_ms=at_ms if received_ms is None else received_ms,
            connected_ms=0,
        )
        self.written.append(entry)
        return entry

    def issue(self, permit: str = "p-1", **fields: Any) -> None:
        """Know a permit for two impressions, of which one is spent, valid around now."""
        standard = PermitView(
            permit=permit,
            index=0,
            sha256=HASH,
            machine=MACHINE,
            seal="committee",
            matter="T-01",
            list_version=1,
            impressions=2,
            not_before_ms=None,
            not_after_ms=NOW_MS + HOUR_MS,
            request=HASH,
            approvals=(),
            issued_ms=NOW_MS - HOUR_MS,
            revocation_index=None,
            revoked_ms=None,
            revoked_by=None,
            revoked_reason=None,
            spent=1,
            reserved=0,
        )
        self.issued[permit] = structs.replace(standard, **fields)

    def trouble(self, code: Any, *, machine: str = MACHINE, at_ms: int = NOW_MS, data: bytes = b""):
        number = len(self.kept) + 1
        self.kept.append(
            (
                Trouble(
                    number=number,
                    code=code,
                    machine=machine,
                    topic="seal/v1/330182107000/m-1/entry",
                    sha256=codec.sha256(data),
                    size=len(data),
                    kept=True,
                    detail="",
                    received_ms=at_ms,
                ),
                data,
            )
        )


def use(**fields: Any) -> SealUse:
    """The first of two impressions under permit p-1."""
    photo = PhotoRef(sha256=HASH, size=1, sealed_sha256=HASH, sealed_size=1)
    values: dict[str, Any] = {
        "permit": "p-1",
        "intent": HASH,
        "n": 1,
        "of": 2,
        "seal": "committee",
        "matter": "T-01",
        "before": photo,
        "after": photo,
        "counter_before": 0,
        "counter_after": 1,
        "findings": (),
        "operator": "li",
        "flags": (),
        "controller": "A",
    }
    return SealUse(**{**values, **fields})


def incident(**fields: Any) -> Incident:
    """An incident that locked nothing and hides nothing."""
    values: dict[str, Any] = {
        "intent": None,
        "seal": "committee",
        "code": "mains-lost",
        "impressions_min": 0,
        "impressions_max": 0,
        "held": False,
        "photos": (),
        "text_commitment": None,
    }
    return Incident(**{**values, **fields})


def intent(**fields: Any) -> Intent:
    """An intent under permit p-1."""
    values: dict[str, Any] = {
        "permit": "p-1",
        "n": 1,
        "of": 2,
        "seal": "committee",
        "page": HASH,
        "operator": "li",
        "counter_before": 0,
        "controller": "A",
    }
    return Intent(**{**values, **fields})


def matter(verdict: Verdict) -> Matter:
    return Matter(
        code="T-01",
        name="居住情况说明",
        verdict=verdict,
        layer="township",
        place="示范镇",
        basis="示例",
    )


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def build() -> Any:
    """The builders of bodies: `build.use()`, `build.incident()`, `build.intent()`."""

    class Builders:
        use = staticmethod(use)
        incident = staticmethod(incident)
        intent = staticmethod(intent)
        matter = staticmethod(matter)

    return Builders
