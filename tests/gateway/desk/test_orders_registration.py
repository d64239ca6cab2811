"""What seals look like: one drafts from a sample, another releases, later samples are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.rules import seal_sample
from gateway.commands_custody import ConfirmSeal, StateSeal
from gateway.commands_seals import DraftRegistration, KeepSampleCheck, ReleaseRegistration
from gateway.config import load
from gateway.errors import NotAllowedError, NotFoundError
from gateway.orders import Orders
from gateway.register.vault import Vault
from gateway.restore import Restore
from gateway.stores.registrations import SealWords
from ledger.records import PhotoRef
from ledger.records_custody import Handover
from ledger.records_seals import SealSample
from tests.gateway.desk.acts import refused
from tests.gateway.machine import TOWNSHIP

Town = Any
DAY_MS = 24 * 3600 * 1000
SEAL = "committee"
WORDS = SealWords("柳树沟村村民委员会", "青石镇柳树沟村村民委员会", "", "3301090012345")
SHARED = {"permit": "h-1", "seal": SEAL, "hatch": "a" * 64}


@pytest.fixture
def looked(people: Town) -> Town:
    """Return the township with a folder for specimens, and two accounts of one person."""
    people.account("chief-2", "auditor", person="chief")
    people.vault = Vault(people.folder / "photos", people.open_sealed)
    people.orders = Orders(TOWNSHIP, people.log, people.intake, 7, keep_picture=people.vault.put)
    return people


def says(town: Town, body: Any, machine: str = "m-1", arrived: Any = None) -> str:
    """Have a machine send an entry; with `arrived` its photo is here. Return the entry's hash."""
    one = town.machines[machine]
    town.now_ms += 1
    town.take(one.message(one.sign(body, town.now_ms)))
    if arrived is not None:
        with town.store.transaction() as transaction:
            transaction.photo_stored(arrived.sealed_sha256, arrived.sealed_size, town.now_ms)
    return str(one.head.sha256)


def sampled(town: Town, machine: str = "m-1", *, here: bool = True) -> str:
    photo = town.photo(f"sample {machine} {town.now_ms}".encode()).ref
    body = SealSample(**SHARED, by="clerk-1", second="keeper-1", sample=photo)
    return says(town, body, machine, photo if here else None)


def handed_over(town: Town) -> str:
    photo = town.photo(f"handover {town.now_ms}".encode()).ref
    body = Handover(
        **SHARED, giver="keeper-1", receiver="clerk-1", witness="shu", sample=photo
    )  # fmt: skip
    return says(town, body, "m-1", photo)


def draft(town: Town, sample: str, by: str = "chief", **fields: Any) -> str:
    png = f"specimen {town.now_ms}".encode()
    picture = town.photo(png)
    given = {
        "machine": "m-1", "seal": SEAL, "words": WORDS, "shape": "round", "width": 420,
        "height": 420, "specimen": picture.ref, "sealed": picture.sealed, **fields,
    }  # fmt: skip
    return str(town.order(DraftRegistration(by=by, sample=sample, **given)).answer)


def release(town: Town, registration: str, by: str = "checker") -> None:
    town.now_ms += 1
    town.order(ReleaseRegistration(by=by, draft=registration))


def held(town: Town, at_ms: int | None = None) -> Any:
    with town.store.reader() as reader:
        return reader.registered_seals("m-1", at_ms)


def test_seal_is_registered_once_another_person_has_released_it(looked: Town) -> None:
    registration = draft(looked, sampled(looked))
    assert held(looked) == ()

    release(looked, registration)

    (seal,) = held(looked)
    assert (seal.seal, seal.name, seal.ring_text, seal.line, seal.number) == (
        *(SEAL, WORDS.name, WORDS.ring_text, "", WORDS.number),
    )
    assert (seal.shape, seal.width, seal.height, seal.version) == ("round", 420, 420, 1)
    assert seal.from_ms == looked.now_ms


def test_specimen_is_kept_encrypted_under_its_name(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))

    (seal,) = held(looked)

    with looked.store.reader() as reader:
        (photo,) = reader.photo(seal.specimen.sealed_sha256)
    assert photo.is_kept and photo.role == "specimen"
    assert looked.vault.open(photo).startswith(b"specimen ")


def test_public_entry_holds_no_word_of_the_seal(looked: Town) -> None:
    draft(looked, sampled(looked))

    payload = looked.entries()[-1].envelope

    with looked.store.reader() as reader:
        opened = reader.opening(looked.entries()[-1].sha256)
    assert opened.values["words"]["ring_text"] == WORDS.ring_text
    assert hashlib.sha256(WORDS.number.encode()).hexdigest().encode() not in payload
    assert WORDS.number.encode() not in payload and WORDS.ring_text.encode() not in payload


@pytest.mark.parametrize("by", ["chief", "chief-2"])
def test_nobody_releases_what_the_same_person_drafted(looked: Town, by: str) -> None:
    registration = draft(looked, sampled(looked))

    refused(looked, "draft-own", lambda: release(looked, registration, by))


@pytest.mark.parametrize("by", ["clerk-1", "dong", "shu"])
def test_village_neither_drafts_nor_releases(looked: Town, by: str) -> None:
    sample = sampled(looked)
    registration = draft(looked, sample)

    with pytest.raises(NotAllowedError):
        draft(looked, sample, by)
    with pytest.raises(NotAllowedError):
        release(looked, registration, by)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"words": SealWords(" ", "青石镇")}, "registration-name"),
        ({"words": SealWords("章", "字" * 61)}, "registration-ring-text"),
        ({"words": SealWords("章", "字", "", "1" * 31)}, "registration-number"),
        ({"words": SealWords("章", "字", "财务\n专用章")}, "registration-line"),
        ({"width": 49, "height": 49}, "registration-size"),
        ({"width": 1501, "height": 300, "shape": "oval"}, "registration-size"),
        ({"height": 400}, "registration-size"),
        ({"sealed": b"another"}, "specimen-other"),
    ],
)
def test_draft_that_cannot_be_is_refused(looked: Town, fields: Any, reason: str) -> None:
    sample = sampled(looked)

    refused(looked, reason, lambda: draft(looked, sample, **fields))


def test_sample_of_another_machine_gives_no_registration(looked: Town) -> None:
    other = sampled(looked, "m-2")

    with pytest.raises(NotFoundError, match="imprint sample of this seal"):
        draft(looked, other)


def test_sample_whose_photo_has_not_come_gives_no_registration(looked: Town) -> None:
    sample = sampled(looked, here=False)

    refused(looked, "sample-not-here", lambda: draft(looked, sample))


def test_newer_draft_takes_the_place_of_one_that_waits(looked: Town) -> None:
    sample = sampled(looked)
    older, newer = draft(looked, sample), draft(looked, sample)

    refused(looked, "registration-stale", lambda: release(looked, older))
    release(looked, newer)

    assert held(looked)[0].version == 2
    refused(looked, "registration-stale", lambda: release(looked, newer))


def test_draft_is_stale_after_thirty_days(looked: Town) -> None:
    registration = draft(looked, sampled(looked))
    looked.now_ms += 31 * DAY_MS

    refused(looked, "registration-stale", lambda: release(looked, registration))


def test_new_registration_replaces_the_older_from_its_date(looked: Town) -> None:
    sample = sampled(looked)
    release(looked, draft(looked, sample))
    before_ms = looked.now_ms
    looked.now_ms += DAY_MS
    release(looked, draft(looked, sample, width=440, height=440))

    assert held(looked)[0].width == 440
    assert held(looked, looked.now_ms - 1)[0].width == 420
    assert held(looked, before_ms - 1) == ()


def test_registration_ends_when_the_seal_is_void(looked: Town) -> None:
    sample = sampled(looked)
    release(looked, draft(looked, sample))
    waiting = draft(looked, sample)
    asked = looked.order(
        StateSeal(by="chief", machine="m-1", seal=SEAL, state="void", reason="换新")
    ).answer
    assert held(looked)

    looked.now_ms += 1
    looked.order(ConfirmSeal(by="checker", asked=asked))

    assert held(looked) == ()
    assert held(looked, looked.now_ms - 1) != ()
    refused(looked, "seal-void", lambda: release(looked, waiting))
    refused(looked, "seal-void", lambda: draft(looked, sample))


def test_only_samples_that_came_after_their_registration_are_compared(looked: Town) -> None:
    first = sampled(looked)
    release(looked, draft(looked, first))
    later = handed_over(looked)

    with looked.store.reader() as reader:
        waiting = [one.entry for one in reader.samples_to_check()]

    assert waiting == [later]


def check(town: Town, sample: str, **fields: Any) -> Any:
    given = {"result": "another", "reason": "other-strokes", "agreeing": 700, **fields}
    registration = given.pop("registration", None) or held(town)[0].registration
    command = KeepSampleCheck(by="gw-1", sample=sample, registration=registration, **given)
    return town.order(command, operator=True).answer


def test_sample_is_compared_once(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))
    sample = handed_over(looked)

    index, again = check(looked, sample), check(looked, sample, result="same", reason="strokes")

    assert index is not None and again is None
    with looked.store.reader() as reader:
        assert reader.samples_to_check() == ()
        found = reader.sample(sample)
    assert found.check.result == "another"
    assert found.persons == ("keeper-1", "clerk-1", "shu")


def test_comparison_with_another_version_is_refused(looked: Town) -> None:
    first = sampled(looked)
    release(looked, draft(looked, first))
    sample = handed_over(looked)

    refused(looked, "registration-other", lambda: check(looked, sample, registration="b" * 64))


def test_no_office_writes_a_comparison_down(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))
    command = KeepSampleCheck(
        by="chief", sample=handed_over(looked), registration=held(looked)[0].registration,
        result="same", reason="strokes",
    )  # fmt: skip

    with pytest.raises(NotAllowedError):
        looked.order(command)


@pytest.mark.parametrize(
    ("fields", "raised"),
    [
        ({}, [("red", "finding.seal-sample.another")]),
        ({"reason": "named", "named": "branch"}, [("red", "finding.seal-sample.named")]),
        (
            {"result": "unclear", "reason": "not-legible"},
            [("yellow", "finding.seal-sample.unclear")],
        ),
        ({"result": "same", "reason": "strokes"}, []),
    ],
)
def test_alert_is_red_for_another_seal_and_yellow_where_nobody_can_tell(
    looked: Town, fields: Any, raised: Any
) -> None:
    release(looked, draft(looked, sampled(looked)))
    sample = handed_over(looked)
    check(looked, sample, **fields)

    with looked.store.transaction() as transaction:
        history = transaction.history(looked.now_ms)
        newest = transaction.entries(limit=1)[0]
        found = list(seal_sample.check(newest, history, seal_sample.Options()))

    assert [(one.severity, one.finding.key) for one in found] == raised
    assert all(one.entry == sample and one.machine == "m-1" for one in found)


def test_what_follows_is_derived_alike_when_everything_is_derived_again(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))
    check(looked, handed_over(looked))
    before, seals = looked.store.derived(), held(looked)

    looked.store.rebuild()

    assert looked.store.derived() == before
    assert held(looked) == seals


def test_registration_is_never_due_for_erasure(looked: Town) -> None:
    sample = sampled(looked)
    release(looked, draft(looked, sample))
    later_ms = looked.now_ms + 400 * 365 * DAY_MS

    with looked.store.reader() as reader:
        months = reader.due_months(later_ms, later_ms)
        due = {
            one.sha256 for month in months for one in reader.due(later_ms, later_ms, month.month)
        }

    registrations = {one.sha256 for one in looked.entries() if one.kind == "seal-registration"}
    assert sample in due and not due & registrations


def test_handovers_compared_with_one_release_are_affairs_of_their_own(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))
    one, other = handed_over(looked), handed_over(looked)
    for sample in (one, other):
        check(looked, sample)

    with looked.store.reader() as reader:
        kinds = [entry.kind for entry in reader.affair(one)]
        names = {entry.sha256 for entry in reader.affair(other)}
        of_release = [entry.kind for entry in reader.affair(held(looked)[0].registration)]

    assert kinds == ["handover", "sample-check"]
    assert other in names and one not in names
    assert of_release == ["seal-registration"]


def test_specimen_that_a_restore_did_not_bring_back_is_owed_by_no_machine(
    looked: Town, write_config: Callable[..., Path]
) -> None:
    registration = draft(looked, sampled(looked))
    with looked.store.transaction() as transaction:
        (specimen,) = transaction.photos(registration)
        sealed = looked.vault.path(specimen.sealed_sha256).read_bytes()
        transaction._tables.run(
            "DELETE FROM photos WHERE sealed_sha256 = ?", specimen.sealed_sha256
        )

    restore = Restore(load(write_config(looked.folder)), None, ())
    restore.photos(looked.store)
    with looked.store.reader() as reader:
        owed = (reader.pending_photos(), reader.pending_photos("m-1"))
        machine = reader.machine("m-1")
        (before,) = reader.photos(registration)
    Vault(looked.folder / "state" / "photos", looked.open_sealed).put(
        specimen.sealed_sha256, sealed
    )
    restore.photos(looked.store)

    assert owed == ((), ()) and machine.photos_pending == 0
    with looked.store.reader() as reader:
        (after,) = reader.photos(registration)
    assert (before.is_kept, after.is_kept) == (False, True)


def test_reference_of_a_specimen_is_a_photo_reference(looked: Town) -> None:
    release(looked, draft(looked, sampled(looked)))

    assert isinstance(held(looked)[0].specimen, PhotoRef)
