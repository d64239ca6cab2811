"""Checks about the logs: counters (I3), none lost (I4), once (I5), refusals (I12), time (I16)."""

from __future__ import annotations

from collections import Counter

from ledger.records import AlertRecord, Intent, Permit, Refusal, SealUse
from sim.judge import bus
from sim.judge.evidence import Evidence
from sim.judge.verdict import Finder

SKEW_MS = 2 * 60 * 1000  # what the gateway's rule tolerates, as a person sees it on a wall clock


def counters(evidence: Evidence, find: Finder) -> None:
    """I3: seq runs 1..n, the chain closes, every signature holds, strokes never go back."""
    last, boot = evidence.genesis, 0
    for place, line in enumerate(evidence.log, start=1):
        where = f"log entry {line.number}"
        find.expect(not line.trouble, where, "a signature that holds", line.trouble)
        if line.payload is None:
            last = ""
            continue
        position = line.payload.position
        find.expect(
            (position.device, position.seq, line.number) == (evidence.device, place, place),
            where,
            f"entry {place} of {evidence.device}",
            f"entry {position.seq} of {position.device}",
        )
        find.expect(not last or position.prev == last, where, f"after {last}", position.prev)
        find.expect(position.boot >= boot, where, f"start {boot} or later", position.boot)
        last, boot = line.payload.sha256, position.boot
    highest = 0
    for at_ms, counter in bus.strokes(evidence.trace):
        find.expect(counter >= highest, f"bus at {at_ms}", f"{highest} strokes or more", counter)
        highest = max(highest, counter)
    _check_uses(evidence, find)


def nothing_lost(evidence: Evidence, find: Finder) -> None:
    """I4: what was acknowledged is in G byte for byte; what a person was shown is in L."""
    held = {line.payload.position.seq: line for line in evidence.delivered if line.payload}
    own = {line.number: line for line in evidence.log}
    for seq in range(1, max((ack.seq for ack in evidence.acked), default=0) + 1):
        mine, theirs = own.get(seq), held.get(seq)
        find.expect(
            mine is not None and theirs is not None and mine.raw == theirs.raw,
            f"acknowledged entry {seq}",
            "the same bytes in L and G",
            "none in G" if theirs is None else "none in L" if mine is None else "others",
        )
    for ack in evidence.acked:
        head = held.get(ack.seq)
        named = "" if head is None or head.payload is None else head.payload.sha256
        find.expect(
            ack.seq == 0 or named == ack.head, f"acknowledgement {ack.seq}", ack.head, named
        )
    hashes = {one.sha256 for one in evidence.entries}
    made = _uses_by_request(evidence)
    told = Counter(one.entry for one in evidence.shown if one.what == "use")
    for request, times in told.items():
        find.expect(
            made[request] >= times, f"uses shown of {request}", f"{times} in L", made[request]
        )
    for one in evidence.shown:
        if one.what == "filed":
            find.expect(one.entry in hashes, f"request shown {one.entry}", "it in L", "none")


def exactly_once(evidence: Evidence, find: Finder) -> None:
    """I5: G holds a prefix of L, each entry once, in order; all of it once faults are over."""
    delivered = evidence.delivered
    for line in evidence.township:
        find.expect(not line.trouble, f"G at {line.number}", "a signature that holds", line.trouble)
    for place, line in enumerate(delivered):
        assert line.payload is not None
        mine = evidence.log[place] if place < len(evidence.log) else None
        find.expect(
            mine is not None and mine.raw == line.raw,
            f"G at {line.number}",
            f"entry {place + 1} of L",
            f"entry {line.payload.position.seq}" + (" with other bytes" if mine else ""),
        )
    if evidence.settled:
        find.expect(len(delivered) == len(evidence.log), "G", len(evidence.log), len(delivered))


def refusals(evidence: Evidence, find: Finder) -> None:
    """I12: every refusal that a person was shown is a signed entry with that reason."""
    logged = Counter(
        entry.body.reason
        for entry in (*evidence.entries, *evidence.issued)
        if isinstance(entry.body, Refusal)
    )
    shown = Counter(one.reason for one in evidence.shown if one.what == "refusal")
    for reason, times in shown.items():
        find.expect(
            logged[reason] >= times, f"refusal {reason}", f"{times} in the log", logged[reason]
        )


def time_forward(evidence: Evidence, find: Finder) -> None:
    """I16: device time never goes back, nor behind its own mark; a skew has its alert."""
    last_ms = 0
    for entry in evidence.entries:
        at_ms = entry.position.at_ms
        where = f"log entry {entry.position.seq}"
        find.expect(at_ms >= last_ms, where, f"{last_ms} or later", at_ms)
        last_ms = max(last_ms, at_ms)
    wanted = ("clock-skew", evidence.device)
    flagged = any((one.rule, one.machine) == wanted for one in evidence.flags) or any(
        isinstance(one.body, AlertRecord) and (one.body.rule, one.body.machine) == wanted
        for one in evidence.issued
    )
    for where, off_ms in _skews(evidence):
        find.expect(off_ms <= SKEW_MS or flagged, where, "a skew to have its alert", f"{off_ms} ms")


def _skews(evidence: Evidence) -> list[tuple[str, int]]:
    """Return how far each delivered entry is behind its mark or ahead of its arrival.

    G notes no arrival in an entry; the gateway's next own entry bounds it.
    """
    found, next_ms = [], None
    for line in reversed(evidence.township):
        if line.payload is None:
            continue
        position = line.payload.position
        if position.gateway is not None:
            next_ms = position.at_ms
        elif position.device == evidence.device:
            where = f"G at {line.number}"
            found.append((where, 0 if position.mark is None else position.mark - position.at_ms))
            if next_ms is not None:
                found.append((where, position.at_ms - next_ms))
    return found


def _check_uses(evidence: Evidence, find: Finder) -> None:
    """The counters that entries state follow each other, too."""
    highest: dict[str, int] = {}
    for entry in evidence.entries:
        match entry.body:
            case Intent(seal=seal, counter_before=before):
                numbers: tuple[int, ...] = (before,)
            case SealUse(seal=seal, counter_before=before, counter_after=after):
                numbers = (before, after)
                find.expect(
                    after == before + 1, f"use {entry.position.seq}", f"counter {before + 1}", after
                )
            case _:
                continue
        if not isinstance(entry.body, SealUse):
            where = f"{entry.body.kind} {entry.position.seq}"
            find.expect(before >= highest.get(seal, 0), where, highest.get(seal, 0), before)
        highest[seal] = max(highest.get(seal, 0), *numbers)


def _uses_by_request(evidence: Evidence) -> Counter[str]:
    requests = {
        one.body.permit: one.body.request for one in evidence.issued if isinstance(one.body, Permit)
    }
    return Counter(
        requests.get(one.body.permit, "")
        for one in evidence.entries
        if isinstance(one.body, SealUse)
    )
