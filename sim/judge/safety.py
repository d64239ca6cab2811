"""Checks about the lock and about coming back: fail closed (I7), liveness (I15)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from sim.judge import bus
from sim.judge.account import account
from sim.judge.evidence import Event, Evidence
from sim.judge.verdict import Finder

SEEN_MS = 500  # locked so soon after a fault that the host sees
PULSE_SLACK_MS = 200  # and so soon after the pulse when nobody is there to see
HOST_SEES = ("door_forced", "tamper_cut")
NO_GRANT = (*HOST_SEES, "seal_missing", "paper_missing", "camera_gone", "camera_black")
# The camera's thread looks every five seconds while nobody stands before the screen.
CAMERA_SEEN_MS = 6_000
# Faults that keep the bolt in, or pull it in, whatever anybody commands.
BOLT_STUCK = ("stuck_relay", "lock_jam", "press_stall", "linkage_mode_on")


class Span(Struct, frozen=True, kw_only=True):
    """A time by the plant's clock; `end_ms` None: it did not end."""

    begin_ms: int
    end_ms: int | None

    def holds(self, at_ms: int) -> bool:
        """Tell whether a moment lies in it."""
        return self.begin_ms <= at_ms and (self.end_ms is None or at_ms < self.end_ms)


def fail_closed(evidence: Evidence, find: Finder) -> None:
    """I7: no grant while a fault stands; locked in time after a fault and after each pulse."""
    trace = evidence.trace
    found = bus.grants(trace)
    for name in NO_GRANT:
        seen_ms = CAMERA_SEEN_MS if name.startswith("camera") else SEEN_MS
        for span in faults(trace, name):
            for grant in found:
                late = span.holds(grant.at_ms) and grant.at_ms > span.begin_ms + seen_ms
                find.expect(not late, f"bus at {grant.at_ms}", f"no grant during {name}", "one")
    excused = [span for name in BOLT_STUCK for span in faults(trace, name)]
    lifted = _spans(trace, "lever", closed_is=True)
    for opened in _spans(trace, "bolt", closed_is=True):
        for limit_ms, why in _limits(trace, found, opened):
            due_ms = _after_lever(limit_ms, lifted)
            stuck = any(one.begin_ms <= due_ms and (one.end_ms or due_ms) + 1000 >= opened.begin_ms
                        for one in excused)  # fmt: skip
            closed_ms = trace[-1].at_ms if opened.end_ms is None else opened.end_ms
            find.expect(
                stuck or closed_ms <= due_ms,
                f"bolt in at {opened.begin_ms}",
                f"out by {due_ms} ({why})",
                "still in" if opened.end_ms is None else opened.end_ms,
            )


def liveness(evidence: Evidence, find: Finder) -> None:
    """I15: when faults are over nothing is left open and nothing is left undelivered."""
    if not evidence.settled:
        find.cannot_tell("the faults have not ended")
        return
    for one in account(evidence).intents:
        find.expect(bool(one.closings), one.where, "an outcome", "none")
    held = {line.raw for line in evidence.delivered}
    for line in evidence.log:
        find.expect(line.raw in held, f"log entry {line.number}", "it in G", "not delivered")
    if not evidence.heads:
        return  # nobody looked at the public log
    for seq in range(1, max((ack.seq for ack in evidence.acked), default=0) + 1):
        proved = seq in evidence.receipts
        find.expect(proved, f"acknowledged entry {seq}", "its receipt", "none")


def faults(trace: tuple[Event, ...], name: str) -> list[Span]:
    """Return when a fault was active."""
    edges = [
        (event.at_ms, bool(event.facts["active"]))
        for event in trace
        if event.kind == "fault" and event.facts["name"] == name
    ]
    return list(_paired(edges))


def _spans(trace: tuple[Event, ...], kind: str, *, closed_is: bool) -> list[Span]:
    """Return when a switch was not closed."""
    edges = [(one.at_ms, one.facts["is"] is not closed_is) for one in trace if one.kind == kind]
    return list(_paired(edges))


def _paired(edges: list[tuple[int, bool]]) -> Iterator[Span]:
    begin_ms: int | None = None
    for at_ms, on in edges:
        if on and begin_ms is None:
            begin_ms = at_ms
        elif not on and begin_ms is not None:
            yield Span(begin_ms=begin_ms, end_ms=at_ms)
            begin_ms = None
    if begin_ms is not None:
        yield Span(begin_ms=begin_ms, end_ms=None)


def _limits(
    trace: tuple[Event, ...], found: list[bus.Grant], opened: Span
) -> Iterator[tuple[int, str]]:
    """Yield by when the bolt must be out again, and why."""
    own = [
        grant
        for grant in found
        if 0 <= opened.begin_ms - grant.at_ms <= grant.pulse_ms + PULSE_SLACK_MS
    ]
    if own:
        yield own[-1].at_ms + own[-1].pulse_ms + PULSE_SLACK_MS, "its pulse"
    else:
        yield opened.begin_ms + SEEN_MS, "no grant"
    for name in HOST_SEES:
        for span in faults(trace, name):
            if opened.holds(span.begin_ms):
                lasted = span.end_ms is None or span.end_ms > span.begin_ms + SEEN_MS
                if lasted:
                    yield span.begin_ms + SEEN_MS, name


def _after_lever(due_ms: int, lifted: list[Span]) -> int:
    """A bolt cannot go out under a press that is down: then the limit begins at its return."""
    for span in lifted:
        if span.end_ms is not None and span.begin_ms <= due_ms < span.end_ms + PULSE_SLACK_MS:
            return span.end_ms + PULSE_SLACK_MS
    return due_ms
