"""A witness cosigns what only grew, remembers it first, and keeps what contradicts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreError
from gateway.witness.memory import origin_hash
from ledger import checkpoint, notes
from ledger.logterms import Named

Log = Any
Watcher = Any


def test_first_checkpoint_and_growth_are_cosigned(
    log: Log, watcher: Watcher, names_cosigner: Callable[..., bool]
) -> None:
    old = 0
    for count in (3, 200, 1, 300):
        log.grow(count)

        status, body = watcher.ask(log.request(old))

        assert status == 200 and names_cosigner(log.note(), body, watcher.key)
        old += count


def test_same_checkpoint_is_cosigned_again_with_the_new_time(log: Log, watcher: Watcher) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    watcher.at_s += 600

    status, body = watcher.ask(log.request(3))

    raw = checkpoint.add_cosignatures(log.note(), body, (watcher.key,))
    assert status == 200
    assert checkpoint.verify_cosignatures(raw, (watcher.key,))[0].at_s == watcher.at_s


def test_other_old_size_is_told_what_is_known(log: Log, watcher: Watcher) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    log.grow(4)

    answer = watcher.cosigner.add_checkpoint(log.request(2))

    assert (answer.status, answer.body, answer.media_type) == (409, b"3\n", "text/x.tlog.size")


def test_unknown_log_is_not_found(log: Log, watcher: Watcher, make_log: Any) -> None:
    for origin in ("elsewhere.example/1/2/2026", f"{log.origin}1", f"{log.origin}-x"):
        other = make_log(watcher.folder / "other", origin)
        other.grow(1)

        assert watcher.ask(other.request(0))[0] == 404


def test_next_year_and_a_successor_are_known_by_the_name(
    log: Log, watcher: Watcher, make_log: Any
) -> None:
    for year in ("2027", "2026-2"):
        other = make_log(log.record_path.parent, log.origin.replace("2026", year))
        other.grow(2)

        assert watcher.ask(other.request(0))[0] == 200


def test_other_key_is_forbidden(log: Log, watcher: Watcher, make_log: Any) -> None:
    other = make_log(watcher.folder / "other", log.origin)
    other.grow(1)

    assert watcher.ask(other.request(0))[0] == 403


def test_signature_that_does_not_hold_is_forbidden(log: Log, watcher: Watcher) -> None:
    log.grow(3)
    good = log.request(0)
    log.grow(1)

    spoilt = log.request(0).replace(b"\n4\n", b"\n5\n")

    assert watcher.ask(spoilt)[0] == 403
    assert watcher.ask(good)[0] == 200


def test_old_size_above_the_checkpoint_is_malformed(log: Log, watcher: Watcher) -> None:
    log.grow(3)

    assert watcher.ask(log.request(4, ()))[0] == 400


@pytest.mark.parametrize(
    "raw", [b"", b"old 0\n", b"old 00\n\nx\n", b"old 0\nAAAA\n\nx\n", b"\xff\n\n"]
)
def test_what_is_no_request_is_malformed(watcher: Watcher, raw: bytes) -> None:
    assert watcher.ask(raw)[0] == 400


def test_more_than_63_hashes_are_malformed(log: Log, watcher: Watcher) -> None:
    log.grow(3)

    assert watcher.ask(log.request(0, (bytes(32),) * 64))[0] == 400


def test_proof_from_nothing_must_be_empty(log: Log, watcher: Watcher) -> None:
    log.grow(3)

    assert watcher.ask(log.request(0, (bytes(32),)))[0] == 422


def test_empty_log_must_have_the_empty_root(log: Log, watcher: Watcher) -> None:
    head = checkpoint.Checkpoint(log.origin, 0, bytes(32))
    wrong = b"old 0\n\n" + checkpoint.sign(head, log.signer)

    assert watcher.ask(wrong)[0] == 422
    assert watcher.ask(log.request(0))[0] == 200


def test_fork_is_refused_and_both_heads_are_kept_for_ever(
    log: Log, watcher: Watcher, make_log: Any
) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    other = make_log(log.record_path.parent)
    other.grow(3, "forged")

    assert watcher.ask(other.request(3))[0] == 422
    assert watcher.ask(other.request(3))[0] == 422
    watcher.restart()

    (kept,) = watcher.memory.evidence().values()
    keys = watcher.watched.keys(log.origin, 1)
    known, found = (checkpoint.verify(raw.encode(), keys) for raw in (kept.known, kept.found))
    assert kept.kind == "fork" and known.size == found.size and known.root != found.root
    assert kept.request.encode() == other.request(3)


def test_fork_is_kept_also_when_the_old_size_is_wrong(
    log: Log, watcher: Watcher, make_log: Any
) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    other = make_log(log.record_path.parent)
    other.grow(3, "forged")

    assert watcher.ask(other.request(0)) == (409, b"3\n")
    assert [one.kind for one in watcher.memory.evidence().values()] == ["fork"]


def test_rewritten_log_is_refused_also_when_it_has_grown(
    log: Log, watcher: Watcher, make_log: Any
) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    other = make_log(log.record_path.parent)
    other.grow(3, "forged")
    other.grow(2)

    assert watcher.ask(other.request(3))[0] == 422
    assert [one.kind for one in watcher.memory.evidence().values()] == ["unproved"]
    log.grow(1)
    assert watcher.ask(log.request(3))[0] == 200


def test_memory_outlives_the_process(log: Log, watcher: Watcher) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    watcher.restart()
    log.grow(1)

    assert watcher.ask(log.request(0)) == (409, b"3\n")
    note = watcher.memory.note(origin_hash(log.origin))
    signed = notes.verify(notes.parse(note), (watcher.key, *watcher.watched.keys(log.origin, 1)))
    assert len(signed) == 2


def test_spoilt_memory_cosigns_nothing(log: Log, watcher: Watcher, tmp_path: Path) -> None:
    log.grow(3)
    watcher.ask(log.request(0))
    (file,) = (watcher.folder / "state" / "logs").glob("*/checkpoint")
    file.write_bytes(file.read_bytes().replace(b"\n3\n", b"\n2\n"))

    with pytest.raises(StoreError, match="compare it with the township"):
        watcher.ask(log.request(3))


def test_a_key_that_the_log_named_takes_the_place_of_the_one_given(
    log: Log, watcher: Watcher, tmp_path: Path
) -> None:
    log.grow(3)
    assert watcher.ask(log.request(0))[0] == 200
    fresh = type(log)(tmp_path / "new").signer
    watcher.named = (
        Named((log.origin, 1), log.signer.record),
        Named((log.origin, 3), fresh.record),
    )
    log.grow(2)
    late = watcher.ask(log.request(3))
    log.signer = fresh

    assert late[0] == 403  # by the old key, after its end
    assert watcher.ask(log.request(3))[0] == 200


def test_a_foreign_key_is_not_cosigned_whatever_the_log_named(
    log: Log, watcher: Watcher, tmp_path: Path
) -> None:
    log.grow(3)
    watcher.named = (Named((log.origin, 1), log.signer.record),)
    log.signer = type(log)(tmp_path / "thief").signer

    assert watcher.ask(log.request(0))[0] == 403
