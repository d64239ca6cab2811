"""Who may sign in: only a list that the township signed for this machine, the newest, in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
from argon2 import PasswordHasher
from msgspec import structs

from device.journal import Journal
from device.keepers import Held
from device.kiosk.port import Person
from device.people import LIST_KEY, VERSION_KEY, People
from device.proofs import Proofs
from device.township_keys import TownshipKeys
from device.uplink import Uplink
from ledger import chain, codec, envelope, people
from ledger.errors import LedgerError
from ledger.people import Roster, Staff
from ledger.records_people import PeopleList
from ledger.signers import keyfile
from sim.bus import SimBroker
from tests.device.model_gateway import LOG_NAME, MACHINE, TOWNSHIP, VILLAGE, Keys

END_MS = 2_000
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEN = Staff(
    account="chen", person="chen", name="陈文书", offices=("clerk",),
    card=people.new_card("04a1b2c3"), pin_hash=HASHER.hash("246813"),
)  # fmt: skip
FIRST = Person(account="old", name="旧", card="card-1", pin_hash=HASHER.hash("111111"))


class Village:
    """A machine's journal, and a township that signs lists for it."""

    def __init__(self, folder: Path) -> None:
        self.keys = Keys(folder / "keys")
        own, trusted = self.keys.folder, self.keys.trusted
        self.signer = keyfile.load(own / "device.key", trusted / "m-1.json")
        self.gateway = keyfile.load(own / "gateway.key", trusted / "gw-1.json")
        self.journal = Journal(folder / "state", self.signer, lambda data: data)
        self.identity = pyrage.x25519.Identity.generate()
        self.first: Callable[[], tuple[Person, ...]] | None = lambda: (FIRST,)
        self._seq = 0

    def people(self) -> People:
        """Return the list as a start of the agent finds it."""
        ring = keyfile.read_ring(self.keys.trusted, "sim")
        known = TownshipKeys(self.journal, ring, TOWNSHIP, None)
        return People(self.journal, known, self.identity, self.first)

    def parcel(self, number: int, *staff: Staff, **changed: Any) -> bytes:
        """Sign and pack a list; `changed` are fields of the entry, `signer`, `sealed`, `to`."""
        signer = changed.pop("signer", self.gateway)
        to, sealed = changed.pop("to", self.identity.to_public()), changed.pop("sealed", None)
        roster = Roster(place=VILLAGE, version=number, salt=people.new_salt(), staff=staff)
        file = people.encode(roster)
        body = structs.replace(
            PeopleList(
                place=VILLAGE, machine=MACHINE, version=number, file_sha256=codec.sha256(file),
                file_size=len(file), not_after_ms=END_MS, by="sun", released_by="zhao",
            ),
            **changed,
        )  # fmt: skip
        head = chain.Head(
            party="gateway", author=signer.record.holder, epoch=1, seq=self._seq, sha256="a" * 64
        )
        self._seq += 1
        payload = codec.encode_entry(chain.follow(head, 1, 1, None), body)
        entry = envelope.sign(codec.payload_type(body.kind), payload, signer)
        return people.pack(entry, pyrage.encrypt(file, [to]) if sealed is None else sealed)


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


def names(found: tuple[Person, ...]) -> list[str]:
    return [one.account for one in found]


def test_people_of_the_file_count_until_the_first_list_has_come(village: Village) -> None:
    known = village.people()
    before = names(known.now(0))

    known.hear(village.parcel(1, CHEN))

    assert (before, names(known.now(0))) == (["old"], ["chen"])


def test_nobody_signs_in_without_a_file_and_a_list(village: Village) -> None:
    village.first = None

    assert village.people().state(0) == "missing"
    assert village.people().now(0) == ()


def test_a_card_is_known_by_its_salted_hash_alone(village: Village) -> None:
    known = village.people()
    known.hear(village.parcel(1, CHEN))

    (person,) = known.now(0)

    assert person.carries("04a1b2c3")
    assert not person.carries("04a1b2c4") and not person.carries(person.card)
    assert "04a1b2c3" not in str(person)


def test_a_list_outlives_a_restart_without_a_network(village: Village) -> None:
    village.people().hear(village.parcel(1, CHEN))

    again = village.people()

    assert (again.state(END_MS - 1), names(again.now(END_MS - 1))) == ("valid", ["chen"])


def test_nobody_signs_in_from_the_end_of_the_list_on(village: Village) -> None:
    known = village.people()
    known.hear(village.parcel(1, CHEN))

    assert (known.state(END_MS), known.now(END_MS)) == ("expired", ())


def test_who_is_left_out_of_a_newer_list_is_gone_at_once(village: Village) -> None:
    known = village.people()
    known.hear(village.parcel(1, CHEN))

    known.hear(village.parcel(2))

    assert (known.state(0), known.now(0)) == ("valid", ())


def test_an_account_that_no_list_names_holds_no_office_once_a_list_has_come(
    village: Village,
) -> None:
    known = village.people()
    before = known.held("chen")
    known.hear(village.parcel(1, CHEN))

    known.hear(village.parcel(2))

    assert (before, known.held("chen")) == (Held("chen", None), Held("chen", ()))


def test_an_older_list_is_refused_also_after_a_restart(village: Village) -> None:
    older = village.parcel(1, CHEN)
    village.people().hear(village.parcel(2))

    with pytest.raises(LedgerError, match="newer than version 2"):
        village.people().hear(older)

    assert village.people().now(0) == ()


def test_staff_without_card_or_pin_cannot_sign_in(village: Village) -> None:
    known = village.people()

    known.hear(
        village.parcel(1, structs.replace(CHEN, card=None), structs.replace(CHEN, pin_hash=""))
    )

    assert known.now(0) == ()


def test_a_list_comes_over_the_uplink_and_a_bad_one_changes_nothing(
    village: Village, tmp_path: Path
) -> None:
    known, broker = village.people(), SimBroker(seed=1)
    ring = keyfile.read_ring(village.keys.trusted, "sim")
    keys = TownshipKeys(village.journal, ring, TOWNSHIP, None)
    bus = broker.bus(MACHINE)
    proofs = Proofs(village.journal, keys, LOG_NAME, lambda question: True, lambda: 0.0)
    uplink = Uplink(
        village.journal, bus, keys, tmp_path, TOWNSHIP, VILLAGE, lambda: 0.0, proofs, known
    )
    uplink.subscribe()
    bus.start(uplink.receive, uplink.link)
    topic = f"seal/v1/{TOWNSHIP}/{MACHINE}/people"
    gateway = broker.bus("gateway")
    gateway.start(lambda message: None, lambda up: None)
    broker.pump()

    for raw in (village.parcel(2, CHEN), village.parcel(3, machine="m-2"), b"no list", b""):
        assert gateway.publish(topic, raw, retain=True)
        broker.pump()

    assert names(known.now(0)) == ["chen"]


def test_a_list_of_a_revoked_township_key_is_judged_again(village: Village) -> None:
    known = village.people()
    known.hear(village.parcel(1, CHEN))
    (village.keys.trusted / "gw-1.json").unlink()

    again = village.people()

    assert (again.state(0), again.now(0)) == ("damaged", ())


def spoilt(village: Village) -> dict[str, bytes]:
    """Return lists that must not count, by what is wrong."""
    good = village.parcel(3, CHEN)
    entry, sealed = people.unpack(good)
    other = pyrage.x25519.Identity.generate().to_public()
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    another_file = pyrage.encrypt(
        people.encode(Roster(place=VILLAGE, version=3, salt="", staff=(CHEN,))),
        [village.identity.to_public()],
    )
    return {
        "for another machine": village.parcel(3, CHEN, machine="m-2"),
        "a draft": village.parcel(3, CHEN, machine=None),
        "for another place": village.parcel(3, CHEN, place="330182107999"),
        "another version in the entry": village.parcel(3, CHEN, version=4),
        "another size": village.parcel(3, CHEN, file_size=5),
        "signed by the machine": village.parcel(3, CHEN, signer=village.signer),
        "encrypted to another": village.parcel(3, CHEN, to=other),
        "a flipped bit": people.pack(entry, flipped),
        "another file": people.pack(entry, another_file),
        "no parcel": b"{}",
        "cut off": good[:-9],
        "too long": b" " * 2_000_001,
    }


def test_nothing_but_the_signed_file_for_this_machine_counts(village: Village) -> None:
    village.people().hear(village.parcel(2))

    for what, raw in spoilt(village).items():
        known = village.people()
        with pytest.raises(LedgerError):
            known.hear(raw)
            pytest.fail(what)
        assert known.now(0) == (), what


def test_damage_on_the_disk_leaves_nobody_and_older_lists_stay_refused(village: Village) -> None:
    older, newer = village.parcel(1, CHEN), village.parcel(2, CHEN)
    village.people().hear(newer)
    village.journal.put(LIST_KEY, newer[:-20])

    known = village.people()

    assert (known.state(0), known.now(0)) == ("damaged", ())
    with pytest.raises(LedgerError, match="newer than version 2"):
        known.hear(older)
    known.hear(newer)
    assert names(known.now(0)) == ["chen"]


def test_an_older_list_put_back_on_the_disk_counts_as_damage(village: Village) -> None:
    older = village.parcel(1, CHEN)
    village.people().hear(village.parcel(2))
    village.journal.put(LIST_KEY, older)

    assert village.journal.get(VERSION_KEY) == b"2"
    assert (village.people().state(0), village.people().now(0)) == ("damaged", ())
