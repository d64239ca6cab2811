"""Reading from SQLite how seals look: registrations, imprint samples, comparisons."""

from __future__ import annotations

import msgspec

from gateway.stores.registrations import (
    RegisteredSeal,
    RegistrationView,
    SampleView,
    SealWords,
)
from gateway.stores.sqlite_custody import CustodyQueries
from gateway.stores.sqlite_entries import ENTRY, decoded
from gateway.stores.tables import Tables
from gateway.stores.views import PhotoView, StoredEntry
from ledger.records_custody import Handover, TakeOut
from ledger.records_seals import SampleCheck, SealRegistration, SealSample

SAMPLE_KINDS = (SealSample.kind, Handover.kind, TakeOut.kind)
_SAMPLED = (
    f"{ENTRY} JOIN photo_refs r ON r.entry_sha256 = e.sha256 AND r.role = 'sample'"
    f" WHERE f.kind IN ({', '.join(repr(kind) for kind in SAMPLE_KINDS)})"
)
_UNCHECKED = (
    f"{_SAMPLED} AND EXISTS (SELECT 1 FROM photos p WHERE p.sealed_sha256 = r.sealed_sha256"
    " AND p.erased_ms IS NULL) AND NOT EXISTS (SELECT 1 FROM refs c"
    f" WHERE c.target = e.sha256 AND c.role = '{SampleCheck.kind}') AND EXISTS (SELECT 1"
    f" FROM facets g WHERE g.machine = f.machine AND g.kind = '{SealRegistration.kind}'"
    " AND g.seal = f.seal AND g.idx < f.idx) ORDER BY e.idx"
)


class RegistrationQueries(CustodyQueries):
    """See `gateway.stores.registrations.RegistrationReader`."""

    def registered_seals(
        self, machine: str, at_ms: int | None = None
    ) -> tuple[RegisteredSeal, ...]:
        newest: dict[str, RegistrationView] = {}
        for one in self._versions(machine, None):
            holds = one.from_ms is not None and (at_ms is None or one.from_ms <= at_ms)
            if holds and one.seal not in newest and not self._is_void(machine, one.seal, at_ms):
                newest[one.seal] = one
        found = (_registered(newest[seal]) for seal in sorted(newest))
        return tuple(one for one in found if one is not None)

    def registrations(self, machine: str, seal: str) -> tuple[RegistrationView, ...]:
        return self._versions(machine, seal)

    def registration(self, draft: str) -> RegistrationView | None:
        entry = self.entry(draft)
        if entry is None or not isinstance(entry.body, SealRegistration):
            return None
        found = self._versions(entry.machine, entry.body.seal)
        return next((one for one in found if one.draft == draft), None)

    def samples(self, machine: str, seal: str, limit: int = 20) -> tuple[SampleView, ...]:
        rows = self._tables.rows(
            f"{_SAMPLED} AND f.machine = ? AND f.seal = ? ORDER BY e.idx DESC LIMIT ?",
            machine,
            seal,
            limit,
        )
        return tuple(self._sample(decoded(row)) for row in rows)

    def sample(self, entry: str) -> SampleView | None:
        row = self._tables.row(f"{_SAMPLED} AND e.sha256 = ?", entry)
        return None if row is None else self._sample(decoded(row))

    def missing_specimens(self) -> tuple[PhotoView, ...]:
        return self._photos(
            " WHERE p.stored_ms IS NULL AND r.role = 'specimen' ORDER BY r.named_ms"
        )

    def samples_to_check(self) -> tuple[SampleView, ...]:
        found = (self._sample(decoded(row)) for row in self._tables.rows(_UNCHECKED))
        return tuple(one for one in found if self._came_after_registering(one))

    def _came_after_registering(self, sample: SampleView) -> bool:
        held = self.registered_seals(sample.machine, sample.received_ms)
        return any(one.seal == sample.seal and one.index < sample.index for one in held)

    def _versions(self, machine: str, seal: str | None) -> tuple[RegistrationView, ...]:
        """Every version, the newest draft first; a release without its draft tells nothing."""
        rows = self._tables.rows(
            "SELECT idx FROM facets WHERE machine = ? AND kind = ? AND coalesce(seal = ?, 1)"
            " ORDER BY idx DESC",
            machine,
            SealRegistration.kind,
            seal,
        )
        entries = self.entries_at(index for (index,) in rows)
        ordered = [entries[index] for (index,) in rows]
        releases = {_body(one).asked: one for one in ordered if _body(one).asked is not None}
        drafts = [one for one in ordered if _body(one).asked is None]
        return tuple(self._version(one, releases.get(one.sha256)) for one in drafts)

    def _version(self, draft: StoredEntry, release: StoredEntry | None) -> RegistrationView:
        body = _body(draft)
        opening = self.opening(draft.sha256)
        values = None if opening is None else opening.values
        words = None if values is None else msgspec.convert(values["words"], SealWords)
        assert body.shape and body.width and body.height and body.specimen and body.sample
        return RegistrationView(
            machine=body.machine,
            seal=body.seal,
            version=body.version,
            draft=draft.sha256,
            index=draft.index,
            by=body.by,
            drafted_ms=draft.received_ms,
            words=words,
            shape=body.shape,
            width=body.width,
            height=body.height,
            specimen=body.specimen,
            sample=body.sample,
            released=None if release is None else release.sha256,
            released_index=None if release is None else release.index,
            released_by=None if release is None else _body(release).released_by,
            from_ms=None if release is None else _body(release).from_ms,
        )

    def _is_void(self, machine: str, seal: str, at_ms: int | None) -> bool:
        standing = self.seal_standing(machine, seal)
        return standing.place == "void" and (at_ms is None or standing.since_ms <= at_ms)

    def _sample(self, entry: StoredEntry) -> SampleView:
        body = entry.body
        assert isinstance(body, SealSample | Handover | TakeOut)
        photo = next(one for one in self.photos(entry.sha256) if one.role == "sample")
        return SampleView(
            entry=entry.sha256,
            kind=entry.kind,
            index=entry.index,
            machine=entry.machine,
            seal=body.seal,
            at_ms=entry.position.at_ms,
            received_ms=entry.received_ms,
            persons=_persons(body),
            photo=photo,
            check=self._check(entry.sha256),
        )

    def _check(self, sample: str) -> SampleCheck | None:
        index = self._tables.value(
            "SELECT max(source) FROM refs WHERE target = ? AND role = ?", sample, SampleCheck.kind
        )
        found = None if index is None else self.entry(int(index))
        return found.body if found is not None and isinstance(found.body, SampleCheck) else None


class SampleWrites:
    """See `gateway.stores.registrations.SampleWriter`."""

    _tables: Tables

    def begin_sample(self, entry: str) -> int:
        self._tables.run(
            "INSERT INTO sample_tries (entry_sha256, tries) VALUES (?, 1)"
            " ON CONFLICT (entry_sha256) DO UPDATE SET tries = tries + 1",
            entry,
        )
        return int(
            self._tables.value("SELECT tries FROM sample_tries WHERE entry_sha256 = ?", entry)
        )

    def end_sample(self, entry: str) -> None:
        self._tables.run("DELETE FROM sample_tries WHERE entry_sha256 = ?", entry)


def _registered(one: RegistrationView) -> RegisteredSeal | None:
    if one.words is None or one.released is None or one.released_index is None:
        return None
    return RegisteredSeal(
        machine=one.machine,
        seal=one.seal,
        registration=one.released,
        index=one.released_index,
        version=one.version,
        name=one.words.name,
        ring_text=one.words.ring_text,
        line=one.words.line,
        number=one.words.number,
        shape=one.shape,
        width=one.width,
        height=one.height,
        specimen=one.specimen,
        from_ms=one.from_ms or 0,
    )


def _persons(body: SealSample | Handover | TakeOut) -> tuple[str, ...]:
    if isinstance(body, Handover):
        return body.giver, body.receiver, body.witness
    return body.by, body.second


def _body(entry: StoredEntry) -> SealRegistration:
    assert isinstance(entry.body, SealRegistration)
    return entry.body
