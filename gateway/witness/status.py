"""Status: what the monitor knows of one township now; kept in a file, told to people. Pure data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from gateway.witness.visit import Report
from ledger.findings import Finding

MOST_LISTED = 200  # findings of one township that a page shows


class Status(Struct, frozen=True, kw_only=True):
    """A township as the monitor saw it last.

    Args:
        at_ms: of the last visit, 0 before the first.
        good_ms: of the last visit that could read everything and found nothing new.
        unreachable: why the last visit could read nothing, "" if it could.
        unreachable_ms: since when.
        findings: all that still counts, oldest first.
        left_out: how many more there are.
        told: those that somebody was told of, by `identity`.
    """

    name: str
    title: str
    public: str
    at_ms: int = 0
    good_ms: int = 0
    entries: int = 0
    unreachable: str = ""
    unreachable_ms: int = 0
    findings: tuple[Finding, ...] = ()
    left_out: int = 0
    told: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it was seen, could be read, and nothing is wrong."""
        return self.at_ms > 0 and not self.findings and not self.unreachable

    @property
    def untold(self) -> tuple[Finding, ...]:
        """Findings that nobody was told of."""
        known = set(self.told)
        return tuple(one for one in self.findings if identity(one) not in known)


def after(status: Status, report: Report, now_ms: int) -> Status:
    """Return the status after a visit."""
    since = {identity(one): one for one in reversed(status.findings)}
    found = _once((*report.kept, *report.now), since, now_ms)
    current = {identity(one) for one in found}
    return structs.replace(
        status,
        at_ms=now_ms,
        good_ms=status.good_ms if report.now or report.unreachable else now_ms,
        entries=report.entries or status.entries,
        unreachable=report.unreachable,
        unreachable_ms=(status.unreachable_ms or now_ms) if report.unreachable else 0,
        findings=tuple(found[:MOST_LISTED]),
        left_out=max(0, len(found) - MOST_LISTED),
        told=tuple(one for one in status.told if one in current),
    )


def is_told(status: Status) -> Status:
    """Return the status after somebody was told of all findings."""
    return structs.replace(status, told=tuple(identity(one) for one in status.findings))


def identity(finding: Finding) -> str:
    """Return what tells findings apart: not when they were seen, nor the technical detail."""
    place = structs.replace(finding.place, seen_ms=None)
    return hashlib.sha256(msgspec.json.encode((finding.code, place))).hexdigest()[:32]


def _once(findings: Iterable[Finding], since: dict[str, Finding], now_ms: int) -> list[Finding]:
    """Return each finding once, with the time at which it was seen first."""
    found: dict[str, Finding] = {}
    for one in findings:
        name = identity(one)
        if name in found:
            continue
        seen_ms = since[name].place.seen_ms if name in since else one.place.seen_ms
        place = structs.replace(one.place, seen_ms=seen_ms or now_ms)
        found[name] = structs.replace(one, place=place)
    return sorted(found.values(), key=lambda one: one.place.seen_ms or 0)
