"""What was seen of a use: kept beside the log, waited for, and gone with what it was made from."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway.commands import Decide
from gateway.stores import schema
from gateway.stores.sights import FieldSight, PhotoSight, SealSight, Sight

Town = Any

PAYEE = "杭州萧山建材有限公司"


class Used:
    """A use whose photos are stored, and the request that it was made for."""

    def __init__(self, town: Town) -> None:
        filed = town.file(payee=PAYEE)
        town.submit(filed)
        town.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
        with town.store.reader() as reader:
            permit = reader.permits()[0].permit
        machine = town.machines["m-1"]
        town.take(*(machine.message(raw) for raw in town.use(permit)))
        self.town, self.request, self.entry = town, filed.sha256, machine.head.sha256
        with town.store.reader() as reader:
            self.before, self.after = reader.photos(self.entry)

    def arrive(self, *photos: Any) -> None:
        """Note that photos are stored; both without any."""
        for photo in photos or (self.before, self.after):
            with self.town.store.transaction() as transaction:
                transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, self.town.now_ms)

    def sight(self, **fields: Any) -> Sight:
        field = FieldSight(
            name="party",
            asked=PAYEE,
            seen=PAYEE,
            score=1.0,
            verdict="match",
            why="same",
            corners=((1.0, 2.0), (3.5, 2.0), (3.5, 4.0), (1.0, 4.0)),
        )
        seal = SealSight(
            corners=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)),
            text="某某村村民委员会",
            registered=None,
            name=None,
            score=0.5,
            verdict=None,
            state="complete",
            color="red",
            shape="round",
            is_new=True,
        )
        whole = Sight(
            entry=self.entry,
            machine="m-1",
            seal="committee",
            before=PhotoSight(sealed_sha256=self.before.sealed_sha256),
            after=PhotoSight(sealed_sha256=self.after.sealed_sha256, width_px=640, height_px=480),
            request=self.request,
            seals=(seal,),
            new_red=b"\x89PNG",
            fields=(field,),
            verdict="match",
            at_ms=self.town.now_ms,
            seconds=1.5,
        )
        return structs.replace(whole, **fields)

    def look(self, **fields: Any) -> bool:
        """Begin a look and keep what was seen; tell whether it was kept."""
        with self.town.store.transaction() as transaction:
            transaction.begin_sight(self.entry)
        with self.town.store.transaction() as transaction:
            return bool(transaction.put_sight(self.sight(**fields), b"\x01" * 32))

    def seen(self) -> Sight | None:
        with self.town.store.reader() as reader:
            found: Sight | None = reader.sight(self.entry)
        return found

    def waiting(self) -> tuple[str, ...]:
        with self.town.store.reader() as reader:
            found = reader.sights_waiting(10)
        assert all(request == self.request for _, request in found)
        return tuple(name for name, _ in found)


@pytest.fixture
def used(desk: Town) -> Used:
    return Used(desk)


def test_use_waits_once_both_photos_are_stored(used: Used) -> None:
    used.arrive(used.after)
    half = used.waiting()
    used.arrive(used.before)

    assert half == ()
    assert used.waiting() == (used.entry,)


def test_machine_that_names_anothers_permit_gets_nothing_of_its_application(used: Used) -> None:
    with used.town.store.reader() as reader:
        permit = reader.permits()[0].permit
    other = used.town.machines["m-2"]
    used.town.take(*(other.message(raw) for raw in used.town.use(permit, machine="m-2")))
    with used.town.store.reader() as reader:
        photos = reader.photos(other.head.sha256)
    used.arrive(*photos)

    with used.town.store.reader() as reader:
        waiting = dict(reader.sights_waiting(10))
    assert waiting == {other.head.sha256: None}


def test_what_was_seen_is_told_as_it_was_kept_and_waits_no_longer(used: Used) -> None:
    used.arrive()

    kept = used.look()

    assert kept
    assert used.seen() == used.sight()
    assert used.waiting() == ()
    with used.town.store.reader() as reader:
        assert reader.fingerprints("m-1") == ((used.entry, b"\x01" * 32),)
        assert reader.fingerprints("m-2") == ()


def test_looks_are_counted_until_one_ends(used: Used) -> None:
    used.arrive()

    counted = []
    for _ in range(2):
        with used.town.store.transaction() as transaction:
            counted.append(transaction.begin_sight(used.entry))
    used.look()
    with used.town.store.transaction() as transaction:
        counted.append(transaction.begin_sight(used.entry))

    assert counted == [1, 2, None]


def test_uses_of_before_the_eyes_were_there_are_found(used: Used) -> None:
    used.arrive()
    with used.town.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM sights")

    with used.town.store.transaction() as transaction:
        after = transaction.await_sights(0, limit=1)
        further = transaction.await_sights(after, limit=1)

    assert further is None
    assert used.waiting() == (used.entry,)


def test_only_doubtful_ones_are_listed_for_rules(used: Used) -> None:
    used.arrive()
    used.look(verdict="mismatch")

    with used.town.store.reader() as reader:
        found = [
            len(reader.doubtful_sights(used.town.now_ms + after_ms)) for after_ms in (-1, 0, 1)
        ]

    assert found == [1, 1, 0]


@pytest.mark.parametrize(
    ("fields", "doubtful"),
    [
        ({}, False),
        ({"verdict": "unclear"}, False),
        ({"origin": "paper", "impression": "ink"}, False),
        ({"verdict": "mismatch"}, True),
        ({"origin": "screen"}, True),
        ({"impression": "printed"}, True),
    ],
)
def test_doubt_is_what_rules_speak_of(used: Used, fields: dict[str, Any], doubtful: bool) -> None:
    assert used.sight(**fields).is_doubtful == doubtful


@pytest.mark.parametrize("what", ["before", "after", "request", "entry"])
def test_sight_goes_in_the_transaction_that_erases_what_it_was_made_from(
    used: Used, what: str
) -> None:
    used.arrive()
    used.look()
    town = used.town

    with town.store.transaction() as transaction:
        if what in ("before", "after"):
            photo = getattr(used, what)
            transaction.erase_photo(photo.sealed_sha256, photo.sealed_size, town.now_ms)
        else:
            transaction.erase_opening(getattr(used, what), town.now_ms)
        gone_within = transaction.sight(used.entry)
    with town.store.transaction() as transaction:
        transaction.await_sights()

    assert gone_within is None
    assert used.waiting() == ()  # and nobody looks again


def test_nothing_of_an_erased_sight_is_left_in_any_file(used: Used) -> None:
    used.arrive()
    used.look()
    town = used.town

    def stored() -> bool:
        files = (town.folder / "state").iterdir()
        return any("村民委员会".encode() in path.read_bytes() for path in files)

    before = stored()
    with town.store.transaction() as transaction:
        transaction.erase_photo(used.after.sealed_sha256, used.after.sealed_size, town.now_ms)

    assert (before, stored()) == (True, False)


@pytest.mark.parametrize("what", ["photo", "opening"])
def test_sight_that_comes_after_the_erasure_is_not_kept(used: Used, what: str) -> None:
    used.arrive()
    town = used.town
    with town.store.transaction() as transaction:
        transaction.begin_sight(used.entry)
    with town.store.transaction() as transaction:
        if what == "photo":
            transaction.erase_photo(used.after.sealed_sha256, used.after.sealed_size, town.now_ms)
        else:
            transaction.erase_opening(used.request, town.now_ms)

    with town.store.transaction() as transaction:
        kept = transaction.put_sight(used.sight(), None)

    assert not kept
    assert used.seen() is None


def test_use_is_looked_at_again_when_its_requests_opening_comes_late(desk: Town) -> None:
    used = Used(desk)
    with desk.store.transaction() as transaction:
        data = transaction.opening_bytes(used.request)
        transaction._tables.run("DELETE FROM openings WHERE payload_sha256 = ?", used.request)
        transaction._tables.run("DELETE FROM photo_refs WHERE role = 'page'")
    used.arrive()
    used.look()

    with desk.store.transaction() as transaction:
        transaction.put_opening(used.request, data, desk.now_ms)

    assert used.seen() is None
    assert used.waiting() == (used.entry,)


def test_store_of_the_version_before_is_brought_up_to_date(desk: Town) -> None:
    used = Used(desk)
    desk.store.close()
    path: Path = desk.folder / "state" / "gateway.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE sights; DROP TABLE sample_tries; PRAGMA user_version = 6;")
    connection.close()

    desk.store = desk.connect()
    desk.wire()
    used.arrive()

    assert used.waiting() == (used.entry,)
    with desk.store.transaction() as transaction:
        assert transaction._tables.value("PRAGMA user_version") == schema.VERSION
