"""The eyes' thread: it goes on where it stopped, gives up what breaks it, keeps nothing erased."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gateway.commands import AskErasure, ConfirmErasure
from gateway.config import EyesConfig
from gateway.errors import StoreError
from gateway.eyes import look
from gateway.stores.registrations import SealWords
from gateway.stores.sights import MOST_TRIES
from sim.documents import COMMITTEE
from sim.render import blank_page, impression, stamped

Eyes = Any
Pair = Any


def test_use_is_looked_at_once_and_its_sight_names_what_it_was_made_from(
    eyes: Eyes, small: Pair
) -> None:
    use, request = eyes.use(small.before, small.after)

    looked = eyes.look(), eyes.look()

    sight = eyes.sight(use)
    assert looked == (1, 0)
    assert (sight.entry, sight.request, sight.machine, sight.seal) == (
        use,
        request,
        "m-1",
        "committee",
    )
    with eyes.town.store.reader() as reader:
        sealed = [one.sealed_sha256 for one in reader.photos(use)]
    assert [sight.before.sealed_sha256, sight.after.sealed_sha256] == sealed
    assert [one.is_new for one in sight.seals] == [True]
    assert (sight.failed, sight.reader_present, sight.duplicate_of) == (None, False, None)
    assert sight.seconds > 0
    assert eyes.alerts() == []


def test_impression_is_named_by_the_register_that_held_when_it_came(
    eyes: Eyes, large: Pair, photograph: Callable[..., bytes]
) -> None:
    earlier, _ = eyes.use(b"no picture", b"nor this")
    words = SealWords("村民委员会章", COMMITTEE)
    drawing = stamped(blank_page(), impression(seed=1), 0.5, 0.5)[600:1150, 350:900]
    eyes.register_seal(words, photograph(drawing))
    use, _ = eyes.use(large.before, large.after)

    eyes.look()

    (seal,) = eyes.sight(use).seals
    assert (seal.registered, seal.name, seal.verdict) == ("committee", words.name, "match")
    assert seal.score is not None and seal.score > 0.8
    with eyes.town.store.reader() as reader:
        before, after = (reader.entry(one) for one in (earlier, use))
        assert eyes.worker._register(reader, before).seals == ()
        assert len(eyes.worker._register(reader, after).seals) == 1
    assert eyes.alerts() == []


def test_use_waits_on_when_the_process_is_killed_during_the_look(eyes: Eyes, small: Pair) -> None:
    use, _ = eyes.use(small.before, small.after)
    with eyes.town.store.transaction() as transaction:
        transaction.begin_sight(use)  # then the power went

    eyes.town.restart()
    eyes.start()

    assert eyes.waiting() == 1
    assert eyes.look() == 1
    assert eyes.sight(use).failed is None


def test_use_whose_looks_break_off_again_and_again_is_given_up(eyes: Eyes, small: Pair) -> None:
    use, _ = eyes.use(small.before, small.after)
    for _ in range(MOST_TRIES):
        with eyes.town.store.transaction() as transaction:
            transaction.begin_sight(use)
        eyes.town.restart()
        eyes.start()

    eyes.look()

    assert eyes.sight(use).failed == "broken-off"
    assert eyes.waiting() == 0


def test_stop_during_the_look_ends_it_and_costs_no_try(eyes: Eyes, small: Pair) -> None:
    use, _ = eyes.use(small.before, small.after)
    for _ in range(MOST_TRIES + 1):
        opened = eyes.steps.vault.open

        def open_and_stop(view: Any, opened: Any = opened) -> bytes:
            eyes.worker.stop()
            return bytes(opened(view))

        eyes.worker._open_photo = open_and_stop
        eyes.worker.step()
        assert eyes.waiting() == 1
        eyes.start()

    with eyes.town.store.transaction() as transaction:
        assert transaction.begin_sight(use) == 1


@pytest.mark.parametrize("after", [b"no picture", b"\xff\xd8\xff\xe0 cut off"])
def test_damaged_photo_is_noted_and_holds_up_nothing(eyes: Eyes, small: Pair, after: bytes) -> None:
    good, _ = eyes.use(small.before, small.after)
    damaged, _ = eyes.use(small.before, after)

    looked = eyes.look()

    assert looked == 2
    assert eyes.sight(damaged).failed == "damaged-photo"
    assert eyes.sight(damaged).after.width_px == 0
    assert eyes.sight(good).failed is None
    assert eyes.alerts() == []


def test_photo_file_that_is_lost_is_noted_too(eyes: Eyes, small: Pair) -> None:
    use, _ = eyes.use(small.before, small.after)
    with eyes.town.store.reader() as reader:
        eyes.steps.vault.path(reader.photos(use)[1].sealed_sha256).unlink()

    eyes.look()

    assert eyes.sight(use).failed == "damaged-photo"


def test_picture_on_which_the_eyes_fail_is_noted_and_holds_up_nothing(
    eyes: Eyes, small: Pair
) -> None:
    use, _ = eyes.use(small.before, small.after)
    eyes.worker._open_photo = lambda view: None  # what no contract foresees

    eyes.look()

    assert eyes.sight(use).failed == "eyes-failed"
    assert eyes.waiting() == 0


def test_page_without_anything_on_it_breaks_nothing(
    eyes: Eyes, photograph: Callable[..., bytes]
) -> None:
    bare = photograph(np.full((300, 200, 3), 250, np.uint8))
    use, _ = eyes.use(bare, bare + b"")

    eyes.look()

    sight = eyes.sight(use)
    assert (sight.failed, sight.seals, sight.verdict) == (None, (), None)


@pytest.mark.parametrize("what", ["opening", "photos"])
def test_erasing_the_values_of_a_request_or_the_photos_of_its_use_erases_the_sight(
    eyes: Eyes, what: Any
) -> None:
    use, request = eyes.use(b"no picture", b"nor this", payee="杭州萧山建材有限公司")
    eyes.look()
    town = eyes.town
    for name, person in (("audit-1", "zhao"), ("audit-2", "qian")):
        town.account(name, "auditor", person=person)
    town.now_ms += 10 * 24 * 3600 * 1000
    target = request if what == "opening" else use

    town.order(AskErasure(by="audit-1", entry=target, what=what, cause="request"))
    asked = town.entries()[-1].sha256
    with town.store.reader() as reader:
        before = reader.sight(use)
    town.order(ConfirmErasure(by="audit-2", asked=asked))

    with town.store.reader() as reader:
        assert before is not None
        assert reader.sight(use) is None
    assert eyes.look() == 0  # and it is not looked at again


def test_same_sheet_under_another_permit_is_told(eyes: Eyes, small: Pair) -> None:
    first, _ = eyes.use(small.before, small.after)
    second, _ = eyes.use(small.after, small.after)
    eyes.look()

    told = {name: eyes.sight(name).duplicate_of for name in (first, second)}

    assert told == {first: second, second: None}  # the newest was looked at first


def test_thread_works_until_it_is_stopped(eyes: Eyes, small: Pair) -> None:
    use, _ = eyes.use(small.before, b"no picture")
    with eyes.town.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM sights")  # as of times without eyes
    done = threading.Event()
    put = eyes.steps.put_waiting

    def put_and_tell(item: Any) -> None:
        put(item)
        if eyes.waiting() == 0:
            done.set()

    eyes.steps.put_waiting = put_and_tell
    thread = threading.Thread(target=eyes.worker.run)
    thread.start()
    seen = done.wait(30)
    eyes.worker.stop()
    thread.join(30)

    assert seen and not thread.is_alive()
    assert eyes.sight(use).failed == "damaged-photo"


def test_ended_writer_ends_no_thread(eyes: Eyes, small: Pair) -> None:
    eyes.use(small.before, small.after)

    def refuse(item: Any) -> None:
        raise StoreError("expected a running writer, found it ended")

    eyes.steps.put_waiting = refuse

    assert eyes.worker._guarded(eyes.worker.step) is False
    assert eyes.waiting() == 1


def test_uses_of_times_without_eyes_are_noted_once_the_writer_takes_it(
    eyes: Eyes, small: Pair
) -> None:
    use, _ = eyes.use(small.before, b"no picture")
    with eyes.town.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM sights")
    put = eyes.steps.put_waiting
    refused: list[Any] = []

    def refuse_once(item: Any) -> None:
        if not refused:
            refused.append(item)
            raise StoreError("expected free space on the disk, found less than the floor")
        put(item)

    eyes.steps.put_waiting = refuse_once
    eyes.worker.round()
    with eyes.town.store.reader() as reader:
        before = reader.sight(use)
    eyes.worker.round()

    assert before is None
    assert eyes.sight(use).failed == "damaged-photo"


@pytest.mark.slow
def test_mismatching_document_ends_in_the_red_alert(eyes: Eyes, large: Pair) -> None:
    if look.open_reader() is None:
        pytest.skip("the extra ocr is not installed")
    eyes.start(EyesConfig())
    wrong, _ = eyes.use(large.before, large.after, amount=1_235_560)

    eyes.look()

    assert {one.name: one.verdict for one in eyes.sight(wrong).fields}["amount"] == "mismatch"
    found = [one for one in eyes.alerts() if one[3].key == "finding.document-mismatch.amount"]
    assert [(code, severity, entry) for code, severity, entry, _ in found] == [
        ("document-mismatch", "red", wrong)
    ]
    assert not any("12345" in repr(one[3].values) for one in eyes.alerts())
