"""Who may sign in at a machine: two persons give, one takes away, and the log says each act."""

from __future__ import annotations

from typing import Any

import pyrage
import pytest
from msgspec import structs

from gateway.commands_people import DraftPeople, ReleasePeople, StopAccount
from gateway.desk.accounts import NO_PASSWORD
from gateway.desk.people import DAY_MS, Difference, Row, differences
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.orders_people import roster_of, staff_of
from gateway.register import people_post
from ledger import codec, envelope, people
from ledger.records import Start
from ledger.records_people import AccountAct, PeopleList
from ledger.topics import Leaf, Topic
from tests.gateway.machine import TOWNSHIP

Town = Any
PLACE = "330109110201"
CHEN = Row(
    account="chen", person="chen", name="陈文书", offices=("clerk",), card="04a1", pin_hash="$a2"
)
MA = Row(account="ma", person="ma", name="马保管", offices=("keeper",), card="04b2", pin_hash="$a2")
CLERK = Row(account="clerk-1", person="clerk-1", name="clerk-1", offices=("clerk",))


class Village:
    """A town whose machine has said to whom its own files are encrypted."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.identity = pyrage.x25519.Identity.generate()
        town.account("checker", "auditor", village="")
        start = Start(
            version="1", controller="A", strokes={}, reason="started",
            opener=str(self.identity.to_public()),
        )  # fmt: skip
        machine = town.machines["m-1"]
        town.take(machine.message(machine.sign(start)))

    def draft(self, *rows: Row, by: str = "chief", place: str = PLACE, days: int = 90) -> int:
        command = DraftPeople(by=by, place=place, days=days, rows=rows)
        return int(self.town.order(command).answer)

    def release(self, version: int, by: str = "checker") -> Any:
        return self.town.order(ReleasePeople(by=by, version=version))

    def changes(self, version: int) -> tuple[Difference, ...]:
        """Return what the releaser of a draft sees of those who are there."""
        with self.town.store.reader() as reader:
            (view,) = [one for one in reader.people_lists(PLACE) if one.version == version]
            now = staff_of(reader, TOWNSHIP, PLACE)
            found = differences(now, roster_of(reader, view).staff)
        return tuple(one for one in found if "offices" in one.fields)

    def stop(self, account: str, *, card_only: bool = False, by: str = "checker") -> Any:
        return self.town.order(StopAccount(by=by, account=account, card_only=card_only))

    def account(self, name: str) -> Any:
        with self.town.store.reader() as reader:
            return reader.account(name)

    def acts(self) -> list[tuple[str, str, str, str | None]]:
        """Return what the log says of accounts, oldest first."""
        with self.town.store.reader() as reader:
            bodies = [one.body for one in reader.all_entries()]
        return [
            (one.account, one.act, one.by, one.released_by)
            for one in bodies
            if isinstance(one, AccountAct)
        ]

    def roster(self, letters: Any) -> people.Roster:
        """Open the parcel for m-1 as the machine does."""
        (letter,) = [one for one in letters if one.topic.endswith(f"m-1/{Leaf.PEOPLE.value}")]
        entry, sealed = people.unpack(letter.payload)
        taken, _ = envelope.verify(entry, self.town.ring)
        body = codec.decode_entry(taken.payload_type, taken.payload).body
        file = bytes(pyrage.decrypt(sealed, [self.identity]))
        assert isinstance(body, PeopleList)
        assert (body.machine, body.file_sha256) == ("m-1", codec.sha256(file))
        return people.decode(file)


@pytest.fixture
def village(make_village_town: Town) -> Village:
    return Village(make_village_town)


@pytest.fixture
def make_village_town(desk: Town) -> Town:
    return with_one_machine(desk)


def with_one_machine(desk: Town) -> Town:
    """Return the town with one machine in the village, as most have."""
    with desk.store.transaction() as transaction:
        villages, machines = transaction.villages(), transaction.machines()
        one = structs.replace(villages[0], machines=("m-1",))
        own = tuple(one for one in machines if one.machine == "m-1")
        transaction.set_directory((one, *villages[1:]), own)
    return desk


def test_a_list_counts_only_when_another_person_released_it(village: Village) -> None:
    version = village.draft(CLERK, CHEN)

    assert village.account("chen") is None

    done = village.release(version)

    assert village.account("chen").offices == ("clerk",)
    assert village.account("chen").village == PLACE
    assert [one.account for one in village.roster(done.letters).staff] == ["chen", "clerk-1"]


@pytest.mark.parametrize(
    ("account", "keeps"),
    [("keeper-1", ()), ("sun", ("m-1",)), ("sun", ("committee",))],
)
def test_whoever_keeps_a_seal_there_is_a_keeper_on_the_list(
    village: Village, account: str, keeps: tuple[str, ...]
) -> None:
    village.town.account(account, "secretary", person="sun", keeps=keeps)
    sun = structs.replace(CHEN, account=account, person="sun", offices=("secretary",))
    version = village.draft(CLERK, sun)

    (change,) = village.changes(version)

    assert (change.account, change.offices) == (account, ("secretary", "keeper"))
    (clerk, mine) = sorted(
        village.roster(village.release(version).letters).staff, key=lambda one: one.offices
    )
    assert (clerk.offices, mine.offices) == (("clerk",), ("secretary", "keeper"))


@pytest.mark.parametrize("keeps", [(), ("m-9",)])
def test_who_keeps_nothing_there_is_no_keeper_on_the_list(
    village: Village, keeps: tuple[str, ...]
) -> None:
    village.town.account("sun", "secretary", keeps=keeps)
    sun = structs.replace(CHEN, account="sun", person="sun", offices=("secretary",))
    done = village.release(village.draft(sun, MA))

    offices = {one.account: one.offices for one in village.roster(done.letters).staff}

    assert offices == {"sun": ("secretary",), "ma": ("keeper",)}


def test_the_drafter_cannot_release_with_another_account_of_theirs(village: Village) -> None:
    village.town.account("chief-2", "auditor", person="chief", village="")
    version = village.draft(CLERK, CHEN)

    for by in ("chief", "chief-2"):
        with pytest.raises(RequestRefusedError, match="another person"):
            village.release(version, by=by)

    assert village.account("chen") is None


@pytest.mark.parametrize("office", ["clerk", "keeper", "director", "county", "technician"])
def test_other_offices_neither_draft_nor_release_nor_stop(village: Village, office: str) -> None:
    village.town.account("other", office)
    version = village.draft(CLERK, CHEN)

    with pytest.raises(NotAllowedError):
        village.draft(CLERK, MA, by="other")
    with pytest.raises(NotAllowedError):
        village.release(version, by="other")
    with pytest.raises(NotAllowedError):
        village.stop("clerk-1", by="other")


def test_each_change_of_an_account_is_an_entry_with_both_persons(village: Village) -> None:
    before = len(village.acts())

    village.release(village.draft(CHEN))

    assert village.acts()[before:] == [
        ("chen", "given", "chief", "checker"),
        ("clerk-1", "given", "chief", "checker"),
    ]
    assert village.account("clerk-1").offices == ()
    assert village.account("clerk-1").password_hash == NO_PASSWORD


def test_one_person_takes_an_account_away_at_once(village: Village) -> None:
    village.release(village.draft(CLERK, CHEN, MA))

    done = village.stop("chen")

    assert village.account("chen").offices == ()
    assert village.acts()[-1] == ("chen", "stopped", "checker", None)
    assert [one.account for one in village.roster(done.letters).staff] == ["clerk-1", "ma"]


def test_a_card_is_stopped_alone_and_the_account_stays(village: Village) -> None:
    village.release(village.draft(CLERK, CHEN))

    done = village.stop("chen", card_only=True)

    (chen,) = [one for one in village.roster(done.letters).staff if one.account == "chen"]
    assert (chen.card, chen.pin_hash) == (None, "")
    assert village.account("chen").offices == ("clerk",)
    assert village.acts()[-1] == ("chen", "card-stopped", "checker", None)
    with pytest.raises(NotFoundError):
        village.stop("chen", card_only=True)


def test_a_shorter_list_ends_when_the_one_before_would_have(village: Village) -> None:
    village.release(village.draft(CLERK, CHEN, days=30))
    village.town.now_ms += 5 * DAY_MS

    village.stop("chen")

    with village.town.store.reader() as reader:
        newest, before = (one for one in reader.people_lists(PLACE) if one.machine == "m-1")
    assert newest.version > before.version
    assert newest.not_after_ms == before.not_after_ms


def test_no_draft_gives_back_what_was_taken_away_meanwhile(village: Village) -> None:
    waiting = village.draft(CLERK, CHEN)
    village.stop("clerk-1")

    with pytest.raises(RequestRefusedError) as error:
        village.release(waiting)

    assert error.value.reason == "draft-stale"
    assert village.account("clerk-1").offices == ()


def test_a_draft_is_stale_after_thirty_days(village: Village) -> None:
    version = village.draft(CLERK, CHEN)
    village.town.now_ms += 31 * DAY_MS

    with pytest.raises(RequestRefusedError, match="fresh draft"):
        village.release(version)


def test_empty_card_and_pin_keep_what_the_list_had(village: Village) -> None:
    first = village.roster(village.release(village.draft(CLERK, CHEN)).letters)

    kept = structs.replace(CHEN, name="陈玉", card="", pin_hash="")
    second = village.roster(village.release(village.draft(CLERK, kept)).letters)

    assert second.staff[0].name == "陈玉"
    assert (second.staff[0].card, second.staff[0].pin_hash) == (
        first.staff[0].card,
        first.staff[0].pin_hash,
    )


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((CHEN, CHEN), "account-twice"),
        ((), "people-form"),
        ((structs.replace(CHEN, account="Chen"),), "people-form"),
        ((structs.replace(CHEN, name=""),), "people-form"),
        ((structs.replace(CHEN, name="a\nb"),), "people-form"),
        ((structs.replace(CHEN, offices=()),), "unknown-office"),
        ((structs.replace(CHEN, offices=("king",)),), "unknown-office"),
        ((CHEN, structs.replace(MA, card="04a1")), "card-twice"),
        ((structs.replace(CHEN, account="chief", person="chief"),), "account-elsewhere"),
    ],
)
def test_what_makes_no_sense_is_not_drafted(
    village: Village, rows: tuple[Row, ...], reason: str
) -> None:
    village.town.account("chief", "administrator", village="")

    with pytest.raises(RequestRefusedError) as error:
        village.draft(*rows)

    assert error.value.reason == reason


def test_a_card_that_somebody_on_the_list_has_is_not_given_to_another(village: Village) -> None:
    village.release(village.draft(CLERK, CHEN))
    kept = structs.replace(CHEN, card="", pin_hash="")

    with pytest.raises(RequestRefusedError) as error:
        village.draft(CLERK, kept, structs.replace(MA, card="04a1"))

    assert error.value.reason == "card-twice"


def test_township_staff_hold_no_office_of_a_village(village: Village) -> None:
    with pytest.raises(RequestRefusedError) as error:
        village.draft(CHEN, place=TOWNSHIP)

    assert error.value.reason == "village-missing"


def test_a_place_of_another_township_is_not_found(village: Village) -> None:
    with pytest.raises(NotFoundError):
        village.draft(CHEN, place="420625103201")


@pytest.mark.parametrize("days", [0, 367])
def test_a_list_holds_for_a_day_at_least_and_a_year_at_most(village: Village, days: int) -> None:
    with pytest.raises(RequestRefusedError):
        village.draft(CHEN, days=days)


def test_nothing_is_released_for_a_machine_that_never_said_its_key(make_village_town: Town) -> None:
    town = make_village_town
    town.account("checker", "auditor", village="")
    command = DraftPeople(by="chief", place=PLACE, days=9, rows=(CHEN,))
    version = town.order(command).answer

    with pytest.raises(RequestRefusedError) as error:
        town.order(ReleasePeople(by="checker", version=version))

    assert error.value.reason == "machine-silent"
    with town.store.reader() as reader:
        assert reader.account("chen") is None


def test_the_newest_list_stands_at_the_broker_again_after_a_new_link(village: Village) -> None:
    village.release(village.draft(CLERK, CHEN))
    village.stop("chen")

    with village.town.store.reader() as reader:
        letters = tuple(people_post.letters(reader, TOWNSHIP))

    assert [one.topic for one in letters] == [str(Topic(TOWNSHIP, "m-1", Leaf.PEOPLE))]
    assert [one.account for one in village.roster(letters).staff] == ["clerk-1"]


def test_no_card_number_and_no_pin_is_in_the_log_or_the_store(village: Village) -> None:
    chen = structs.replace(CHEN, card="CARD-SECRET-17")
    village.release(village.draft(CLERK, chen))
    village.town.store.close()

    bytes_kept = b"".join(
        path.read_bytes() for path in (village.town.folder / "state").rglob("*") if path.is_file()
    )

    assert "陈文书".encode() in bytes_kept
    assert b"CARD-SECRET-17" not in bytes_kept


def test_what_the_operator_changes_at_the_command_line_is_an_entry(village: Village) -> None:
    village.town.account("new", "station", village="")

    assert village.acts()[-1] == ("new", "given", "cli-root", None)


def test_staff_are_who_holds_an_office_in_the_place_now(village: Village) -> None:
    with village.town.store.reader() as reader:
        there = staff_of(reader, TOWNSHIP, PLACE)

    assert {one.account for one in there} >= {"clerk-1"}
    assert all(one.card is None for one in there)


def test_without_the_lists_file_taking_away_still_works_and_leaves_no_card(
    village: Village,
) -> None:
    village.release(village.draft(CLERK, CHEN, MA))
    with village.town.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM people_files")  # an older backup was restored

    done = village.stop("chen")

    staff = village.roster(done.letters).staff
    assert [one.account for one in staff] == ["clerk-1", "ma"]
    assert all(one.card is None and not one.pin_hash for one in staff)


def test_a_machine_with_another_opening_key_gets_its_list_again(village: Village) -> None:
    town = village.town
    village.release(village.draft(CLERK, CHEN))
    quiet = lapse(town)
    machine, village.identity = town.machines["m-1"], pyrage.x25519.Identity.generate()
    start = Start(
        version="1", controller="A", strokes={}, reason="recovered",
        opener=str(village.identity.to_public()),
    )  # fmt: skip
    town.take(machine.message(machine.sign(start)))

    letters = lapse(town)

    assert [one.account for one in village.roster(letters).staff] == ["chen", "clerk-1"]
    assert quiet == lapse(town) == ()


def lapse(town: Town) -> Any:
    """Let the writer's tick come; return what it sends."""
    with town.public.transaction(town.store, town.now_ms) as transaction:
        return town.orders.lapse(transaction, town.now_ms)
