"""The thread that looks at imprint samples: specimens for people, comparisons for the log."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from gateway import specimens
from gateway.audit import alerts
from gateway.commands_seals import DraftRegistration, ReleaseRegistration
from gateway.errors import NotFoundError, RequestRefusedError, StoreError
from gateway.orders import Orders
from gateway.register.vault import Vault
from gateway.sample_worker import SampleWorker, SealedSpecimen
from gateway.specimens import Compared
from gateway.stores.registrations import MOST_TRIES, RegisteredSeal, SealWords
from ledger.records import PhotoRef
from ledger.records_custody import Handover
from tests import imprints
from tests.gateway.machine import TOWNSHIP

Town = Any
SEAL = "committee"


@pytest.fixture
def looked(town: Town) -> Town:
    """Return a township whose photos lie in a vault, and whose rules judge."""
    town.judge = alerts.judge
    town.account("chief", "administrator")
    town.account("checker", "auditor")
    town.vault = Vault(town.folder / "photos", town.open_sealed)
    give_orders(town)
    return town


def give_orders(town: Town) -> None:
    """Have the township take orders that keep pictures, as after each start."""
    town.orders = Orders(TOWNSHIP, town.log, town.intake, 7, keep_picture=town.vault.put)


def worker_of(town: Town, **given: Any) -> SampleWorker:
    """Return a worker with the township's own photos and writer, but for what is given."""

    def submit(command: Any) -> Future[object]:
        answer: Future[object] = Future()
        town.now_ms += 1
        answer.set_result(town.order(command, operator=True).answer)
        return answer

    def note(write: Callable[[Any], object], *, judged: bool = False) -> Any:
        with town.store.transaction() as transaction:
            return write(transaction)

    usual = {"photos": town.vault, "submit": submit, "note": note, "gateway": "gw-1"}
    usual |= {"store": town.store, "recipients": town.ring.recipients()}
    return SampleWorker(**(usual | given))


def broken_off(town: Town, sample: str, times: int) -> None:
    """Have looks at a sample begin and the process end."""
    for _ in range(times):
        with town.store.transaction() as transaction:
            transaction.begin_sample(sample)
        town.restart()
        give_orders(town)


def handed_over(town: Town, jpeg: bytes, seal: str = SEAL) -> str:
    """Have a machine hand its seal over; its photo is here. Return the entry's hash."""
    photo = town.photo(jpeg)
    one = town.machines["m-1"]
    body = Handover(
        permit="h-1", seal=seal, hatch="a" * 64, giver="k-1", receiver="k-2", witness="s-1",
        sample=photo.ref,
    )  # fmt: skip
    town.now_ms += 1
    town.take(one.message(one.sign(body, town.now_ms)))
    town.vault.put(photo.ref.sealed_sha256, photo.sealed)
    with town.store.transaction() as transaction:
        transaction.photo_stored(photo.ref.sealed_sha256, photo.ref.sealed_size, town.now_ms)
    return str(one.head.sha256)


def cut_out(town: Town, sample: str, worker: SampleWorker | None = None) -> SealedSpecimen:
    worker = worker or worker_of(town)
    answer = worker.cut_out(sample)
    worker.stop()
    worker.run()
    return answer.result(0)


def registered(town: Town, sample: str, cut: SealedSpecimen, seal: str = SEAL) -> None:
    words = SealWords("村委会公章", imprints.OWN)
    draft = town.order(
        DraftRegistration(
            by="chief", machine="m-1", seal=seal, sample=sample, words=words, shape="round",
            width=420, height=420, specimen=cut.ref, sealed=cut.sealed,
        )
    ).answer  # fmt: skip
    town.now_ms += 1
    town.order(ReleaseRegistration(by="checker", draft=draft))


def drawn(town: Town, png: bytes) -> SealedSpecimen:
    """Return a specimen that nobody looks at before it is registered."""
    photo = town.photo(png)
    return SealedSpecimen(specimen=None, ref=photo.ref, sealed=photo.sealed)  # type: ignore[arg-type]  # not needed here


def seal_named(name: str) -> RegisteredSeal:
    """Return a registered seal whose specimen is stored under its own name."""
    return RegisteredSeal(
        machine="m-1", seal=name, registration="a" * 64, index=1, version=1, name=name,
        ring_text=imprints.OWN, line="", number="", shape="square", width=200, height=200,
        specimen=PhotoRef(sha256="a" * 64, size=1, sealed_sha256=name, sealed_size=1), from_ms=1,
    )  # fmt: skip


def end_the_process(*_: object) -> None:
    """Do what a photo does that takes all memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def ended_by_broken(jpeg: bytes, *rest: Any) -> Compared:
    """Compare, unless the photo is the one that ends the process."""
    if jpeg == b"broken":
        end_the_process()
    return specimens.compare(jpeg, *rest)


def raised(town: Town, sample: str) -> list[tuple[str, str]]:
    with town.store.reader() as reader:
        found = reader.alerts_about([sample]).get(sample, ())
    return [(one.code, one.severity) for one in found]


def checked(town: Town, sample: str) -> tuple[str, str] | None:
    with town.store.reader() as reader:
        found = reader.sample(sample)
    return (
        None if found is None or found.check is None else (found.check.result, found.check.reason)
    )


@pytest.mark.slow
def test_handover_of_another_seal_ends_in_a_red_alert_and_of_the_same_in_none(
    looked: Town,
) -> None:
    first = handed_over(looked, imprints.photo("round", imprints.OWN))
    registered(looked, first, cut_out(looked, first))
    same = handed_over(looked, imprints.photo("round", imprints.OWN, seed=7))
    other = handed_over(looked, imprints.photo("round", imprints.ONE_CHARACTER_OFF, seed=7))

    worker_of(looked).look()

    assert checked(looked, first) is None
    assert checked(looked, same) == ("same", "strokes") and raised(looked, same) == []
    assert checked(looked, other) == ("another", "other-strokes")
    assert raised(looked, other) == [("seal-sample", "red")]


@pytest.mark.slow
def test_sheet_without_an_imprint_gives_no_specimen(looked: Town) -> None:
    empty = handed_over(looked, imprints.photo("round", ""))

    with pytest.raises(RequestRefusedError) as caught:
        cut_out(looked, empty)

    assert caught.value.reason == "sample-empty"


def test_bytes_that_are_no_picture_give_no_specimen(looked: Town) -> None:
    damaged = handed_over(looked, b"no picture")

    with pytest.raises(RequestRefusedError) as caught:
        cut_out(looked, damaged)

    assert caught.value.reason == "sample-damaged"


def test_entry_that_is_no_sample_gives_no_specimen(looked: Town) -> None:
    with pytest.raises(NotFoundError):
        cut_out(looked, "b" * 64)


def test_specimen_of_a_photo_that_was_erased_is_given_no_longer(looked: Town) -> None:
    sample = handed_over(looked, b"sample")
    worker = worker_of(looked, cut=lambda jpeg: SimpleNamespace(png=jpeg))
    kept = [cut_out(looked, sample, worker) for _ in "12"]
    with looked.store.transaction() as transaction:
        photo = transaction.sample(sample).photo
        transaction.erase_photo(photo.sealed_sha256, photo.sealed_size, looked.now_ms)

    with pytest.raises(NotFoundError):
        cut_out(looked, sample, worker)

    assert kept[0] is kept[1]
    assert not worker._known


def test_photo_that_cannot_be_used_is_unclear_and_a_yellow_alert(looked: Town) -> None:
    first = handed_over(looked, b"first")
    registered(looked, first, drawn(looked, b"no picture either"))
    later = handed_over(looked, b"later")

    worker_of(looked).look()

    assert checked(looked, later) == ("unclear", "damaged")
    assert raised(looked, later) == [("seal-sample", "yellow")]


def test_specimen_that_is_gone_leaves_the_sample_for_the_next_start(looked: Town) -> None:
    first = handed_over(looked, b"first")
    png = drawn(looked, b"specimen")
    registered(looked, first, png)
    later = handed_over(looked, b"later")
    looked.vault.remove(png.ref.sealed_sha256)
    worker = worker_of(looked)

    worker.look()
    worker.look()

    assert checked(looked, later) is None
    with looked.store.reader() as reader:
        assert [one.entry for one in reader.samples_to_check()] == [later]


def test_comparison_that_the_writer_did_not_take_is_submitted_at_the_next_look(
    looked: Town,
) -> None:
    registered(looked, handed_over(looked, b"first"), drawn(looked, b"specimen"))
    later = handed_over(looked, b"later")
    refusal, submitted = Future[object](), []
    refusal.set_exception(StoreError("expected room on the disk, found little"))

    def taken_the_second_time(command: Any) -> Future[object]:
        submitted.append(command)
        if len(submitted) == 1:
            return refusal
        answer: Future[object] = Future()
        answer.set_result(looked.order(command, operator=True).answer)
        return answer

    worker = worker_of(looked, submit=taken_the_second_time)
    worker.look()
    before = checked(looked, later)
    worker.look()

    assert (before, checked(looked, later)) == (None, ("unclear", "damaged"))


@pytest.mark.parametrize("gone", ["specimen", "nothing"])
def test_look_that_ended_takes_its_tries_back(looked: Town, gone: str) -> None:
    png = drawn(looked, b"specimen")
    registered(looked, handed_over(looked, b"first"), png)
    later = handed_over(looked, b"later")
    broken_off(looked, later, MOST_TRIES - 1)
    if gone == "specimen":
        looked.vault.remove(png.ref.sealed_sha256)

    worker_of(looked).look()

    with looked.store.transaction() as transaction:
        assert transaction.begin_sample(later) == 1


def test_sample_whose_looks_end_the_process_is_given_up_with_an_alert(looked: Town) -> None:
    registered(looked, handed_over(looked, b"first"), drawn(looked, b"specimen"))
    later = handed_over(looked, b"later")
    broken_off(looked, later, MOST_TRIES)
    worker = worker_of(looked, cut=end_the_process, compare=end_the_process)

    worker.look()

    assert checked(looked, later) == ("unclear", "damaged")
    assert raised(looked, later) == [("seal-sample", "yellow")]
    for _ in "12":  # the count stays, so that nobody looks at it here any more
        with pytest.raises(RequestRefusedError) as caught:
            cut_out(looked, later, worker)
        assert caught.value.reason == "sample-damaged"


@pytest.mark.slow
def test_sample_whose_looks_were_killed_is_compared_all_the_same(looked: Town) -> None:
    first = handed_over(looked, imprints.photo("round", imprints.OWN))
    registered(looked, first, cut_out(looked, first))
    same = handed_over(looked, imprints.photo("round", imprints.OWN, seed=7))
    broken_off(looked, same, MOST_TRIES)

    worker_of(looked).look()

    assert checked(looked, same) == ("same", "strokes")
    assert raised(looked, same) == []
    with looked.store.transaction() as transaction:
        assert transaction.begin_sample(same) == 1


def test_sample_that_cannot_be_given_up_now_keeps_no_other_from_being_compared(
    looked: Town,
) -> None:
    registered(looked, handed_over(looked, b"first"), drawn(looked, b"specimen"))
    broken, later = handed_over(looked, b"broken"), handed_over(looked, b"later")
    broken_off(looked, broken, MOST_TRIES)
    opened: list[int] = []

    def full_at_the_third() -> Any:
        opened.append(1)
        if len(opened) == 3:  # after the list of what waits and the first look
            raise StoreError("expected the store to open, found it locked")
        return looked.store.reader()

    store = SimpleNamespace(reader=full_at_the_third)
    worker_of(looked, store=store, compare=ended_by_broken).look()

    assert checked(looked, broken) is None
    assert checked(looked, later) == ("unclear", "damaged")


def test_sample_whose_try_is_not_counted_is_looked_at_later(looked: Town) -> None:
    registered(looked, handed_over(looked, b"first"), drawn(looked, b"specimen"))
    later = handed_over(looked, b"later")
    asked: list[Any] = []

    def full_at_first(write: Any, *, judged: bool = False) -> Any:
        asked.append(write)
        if len(asked) == 1:
            raise StoreError("expected room on the disk, found little")
        with looked.store.transaction() as transaction:
            return write(transaction)

    worker = worker_of(looked, note=full_at_first)
    worker.look()
    before = checked(looked, later)
    worker.look()

    assert (before, checked(looked, later)) == (None, ("unclear", "damaged"))


def test_lost_specimen_of_another_seal_keeps_no_sample_from_being_compared(looked: Town) -> None:
    villages, machines = looked._directory()
    with looked.store.transaction() as transaction:
        both = [msgspec.structs.replace(one, seals=("branch", SEAL)) for one in machines]
        transaction.set_directory(villages, tuple(both))
    registered(looked, handed_over(looked, b"first"), drawn(looked, b"specimen"))
    sibling = drawn(looked, b"specimen of the branch")
    registered(looked, handed_over(looked, b"branch", "branch"), sibling, "branch")
    later = handed_over(looked, b"later")
    looked.vault.remove(sibling.ref.sealed_sha256)

    worker_of(looked).look()

    assert checked(looked, later) == ("unclear", "damaged")


def test_refused_specimen_of_another_seal_is_left_out() -> None:
    from vision.decoding import encode_drawing

    own, lost, refused = (seal_named(name) for name in ("own", "lost", "refused"))
    sheet = np.full((200, 200, 3), 255, np.uint8)
    square = sheet.copy()
    square[50:150, 50:150] = (54, 43, 200)
    pictures = {"own": encode_drawing(square), "refused": b"no picture"}

    def reason(*register: RegisteredSeal) -> str:
        return specimens.compare(encode_drawing(sheet), register[0].seal, register, pictures).reason

    assert reason(own, lost, refused) == "none"
    assert (reason(lost), reason(refused)) == ("damaged", "damaged")
