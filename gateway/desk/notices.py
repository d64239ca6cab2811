"""Notices: how many requests wait for an office, by village, and the message that says so.

A message leaves the township's own computers: it names villages and numbers and where to look,
never a person, an item, an amount or a request.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.desk.policy import APPROVING
from gateway.desk.standing import standing
from gateway.errors import RequestRefusedError
from gateway.stores import Reader

MOST_WAITING = 300  # requests that are looked at; a message says "300" for more
MOST_VILLAGES = 8  # named in one message

Waiting = Mapping[str, frozenset[str]]
"""Requests that wait, by the village's name."""


def waiting_for(
    reader: Reader, offices: tuple[str, ...], villages: tuple[str, ...], now_ms: int
) -> Waiting:
    """Return what waits for somebody who holds one of these offices.

    Args:
        offices: empty stands for all that approve.
        villages: division codes; empty stands for all.
    """
    wanted = set(offices or APPROVING)
    found: dict[str, set[str]] = {}
    machines = {one.machine: one for one in reader.machines()}
    for request in reader.requests("open", limit=MOST_WAITING):
        machine = machines.get(request.machine)
        if machine is None or (villages and machine.village not in villages):
            continue
        try:
            stand = standing(reader, request, now_ms)
        except RequestRefusedError:  # its policy's file is missing: nobody can decide
            continue
        held = (stand.office_of(one.account) for one in stand.next_people())
        if any(one is not None and one.office in wanted for one in held):
            found.setdefault(machine.village_name, set()).add(request.request)
    return {village: frozenset(names) for village, names in sorted(found.items())}


def message(township: str, waiting: Waiting, link: str) -> tuple[str, str]:
    """Return title and text."""
    total = sum(len(names) for names in waiting.values())
    named = [f"{village} {len(names)} 件" for village, names in waiting.items()]
    rest = len(named) - MOST_VILLAGES
    if rest > 0:
        named = [*named[:MOST_VILLAGES], f"另 {rest} 个村"]
    return f"{township}：{total} 件用印等审批", f"{'、'.join(named)}\n{link}/approvals"
