"""The agent's own list: asked for by its start entry, obeyed offline, kept over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest

from ledger import codec, people
from ledger.people import Roster, Staff
from ledger.records import Start
from ledger.records_people import PeopleList
from ledger.topics import Leaf
from tests.device.conftest import Shared
from tests.device.model_gateway import MACHINE, VILLAGE

ANY_MACHINE = pytest.mark.parametrize("machine", ["A"], indirect=True)
CHEN = Staff(
    account="chen", person="chen", name="陈文书", offices=("clerk",),
    card=people.new_card("04a1b2c3"), pin_hash="$argon2id$x",
)  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path, machine: Any) -> Iterator[Any]:
    """A village whose configuration names no people."""
    made = Shared(tmp_path, machine, people=None)
    yield made
    made.stop_agent()


def has_started(village: Any) -> bool:
    """Tell whether the machine's start entry has arrived."""
    return any(one.body.kind == Start.kind for one in village.gateway.entries)


def parcel(village: Any, version: int, *staff: Staff, not_after_ms: int) -> bytes:
    """Return a list for the machine, encrypted to whom its start entry names."""
    start = village.gateway.last("start").body
    assert isinstance(start, Start) and start.opener is not None
    file = people.encode(
        Roster(place=VILLAGE, version=version, salt=people.new_salt(), staff=staff)
    )
    body = PeopleList(
        place=VILLAGE, machine=MACHINE, version=version, file_sha256=codec.sha256(file),
        file_size=len(file), not_after_ms=not_after_ms, by="sun", released_by="zhao",
    )  # fmt: skip
    sealed = pyrage.encrypt(file, [pyrage.x25519.Recipient.from_str(start.opener)])
    return people.pack(village.gateway._signed(body), sealed)


@ANY_MACHINE
@pytest.mark.slow
def test_a_machine_without_people_lets_in_who_is_on_its_first_list_also_offline(bare: Any) -> None:
    before = bare.until(lambda view: has_started(bare))
    end_ms = before.now_ms + 3_600_000

    bare.gateway._tell(Leaf.PEOPLE, (), parcel(bare, 1, CHEN, not_after_ms=end_ms))
    after = bare.until(lambda view: view.people == "valid")
    there = [one.account for one in bare.agent.people()]
    bare.stop_agent()
    bare.start_agent()
    again = bare.until(lambda view: view.people == "valid")

    assert (before.people, there) == ("missing", ["chen"])
    assert after.people_until_ms == again.people_until_ms == end_ms
    assert [one.account for one in bare.agent.people()] == ["chen"]


@ANY_MACHINE
@pytest.mark.slow
def test_the_list_ends_at_a_running_machine_by_its_own_clock(bare: Any) -> None:
    view = bare.until(lambda view: has_started(bare))
    end_ms = view.now_ms + 1_500

    bare.gateway._tell(Leaf.PEOPLE, (), parcel(bare, 1, CHEN, not_after_ms=end_ms))
    bare.until(lambda view: view.people == "expired")

    assert bare.agent.people() == ()
