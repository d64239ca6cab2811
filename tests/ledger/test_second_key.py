"""Second keys: the record demands two signatures; taking one away or adding one is seen."""

from __future__ import annotations

import base64
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bench.public_log import Author
from ledger import algorithms, canonical, checkpoint, codec, envelope, notes, sm2
from ledger.checkpoint import Checkpoint
from ledger.errors import (
    LedgerError,
    MalformedError,
    MissingExtraError,
    SignatureError,
    UnknownKeyError,
)
from ledger.keys import KeyRing
from ledger.messages import KeyRecord, SecondKey
from ledger.notes import NoteKey, SignatureType
from ledger.records import Start
from ledger.signers import keyfile
from ledger.signers.keyfile import KeyFileSigner, Kind
from ledger.verify_spans import Keyring, SpanJudge

SEED = 20_261  # chooses the bits

TWICE = Kind(second="sm2")
ORIGIN = "seal.example/420625000000/420625103000/2026"
HEAD = Checkpoint(ORIGIN, 200, bytes(range(32)))
HOLDER = {"township": "420625103000", "epoch": 1, "domain": "sim"}
Make = Callable[..., KeyFileSigner]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make the signer of a holder; always the same one."""
    folder = tmp_path_factory.mktemp("keys")

    def signer(holder: str, role: str, kind: Kind = TWICE) -> KeyFileSigner:
        name = f"{holder}-{role}-{kind.alg}-{kind.second}"
        key, record = folder / f"{name}.key", folder / f"{name}.json"
        keyfile.complete(key, record, kind, holder=holder, role=role, **HOLDER)
        return keyfile.load(key, record)

    return signer


@pytest.fixture(scope="module")
def machine(make: Make) -> KeyFileSigner:
    """A machine with two keys."""
    return make("m-1", "device")


@pytest.fixture(scope="module")
def entry(machine: KeyFileSigner) -> bytes:
    """An entry that it signed with both."""
    body = Start(version="1.0.0", controller="B", strokes={"s-1": 4}, reason="started")
    return Author(machine).sign(body, 1_790_000_000_000)


@pytest.fixture(scope="module")
def log(make: Make) -> KeyFileSigner:
    """A log with two keys."""
    return make("gw-1", "log")


@pytest.fixture(scope="module")
def log_key(log: KeyFileSigner) -> NoteKey:
    """What its record demands of a checkpoint."""
    return notes.key_of(log.record, ORIGIN, SignatureType.ED25519)


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package of the extra not be there."""
    monkeypatch.setitem(sys.modules, "gmalg", None)


def ring(*signers: KeyFileSigner) -> KeyRing:
    return KeyRing([one.record for one in signers], "sim")


def signed_by(raw: bytes, *signatures: object) -> bytes:
    """Return an envelope with other signatures."""
    return canonical.encode({**canonical.decode(raw), "signatures": list(signatures)})


def signatures(raw: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = canonical.decode(raw)["signatures"]
    return found


def flips(data: bytes) -> Iterator[bytes]:
    """Yield the data with one bit of one byte flipped, for each byte."""
    chosen = random.Random(SEED)
    for at in range(len(data)):
        wrong = bytearray(data)
        wrong[at] ^= 1 << chosen.randrange(8)
        yield bytes(wrong)


def test_an_entry_is_signed_with_both_keys_in_their_order(
    machine: KeyFileSigner, entry: bytes
) -> None:
    parsed, record = envelope.verify(entry, ring(machine))

    assert record == machine.record
    assert machine.second is not None and parsed.beside is not None
    assert (parsed.keyid, parsed.beside.keyid) == (machine.keyid, machine.second.keyid)
    assert (len(parsed.signature), len(parsed.beside.signature)) == (64, 64)


def test_the_ids_of_both_keys_are_hashes_behind_their_type(machine: KeyFileSigner) -> None:
    assert machine.second is not None
    raw = machine.second.public

    assert machine.second.keyid == codec.sha256(b"\xff" + b"sealkeeper/sm2-sm3/v1" + raw)
    assert machine.record.second == SecondKey(
        alg="sm2",
        public_key=base64.b64encode(raw).decode(),
        possession=machine.record.second.possession,  # type: ignore[union-attr]  # just compared
    )


def test_an_entry_whose_second_signature_was_taken_away_is_refused(
    machine: KeyFileSigner, entry: bytes
) -> None:
    stripped = signed_by(entry, signatures(entry)[0])
    envelope.parse(stripped)  # its form is that of everybody else's entries

    with pytest.raises(SignatureError, match=r"expected a second signature of m-1 .* found none"):
        envelope.verify(stripped, ring(machine))


@pytest.mark.parametrize("order", [(1,), (1, 0), (0, 0), (1, 1)])
def test_other_arrangements_of_the_two_signatures_are_refused(
    machine: KeyFileSigner, entry: bytes, order: tuple[int, ...]
) -> None:
    both = signatures(entry)

    with pytest.raises((SignatureError, UnknownKeyError)):
        envelope.verify(signed_by(entry, *(both[at] for at in order)), ring(machine))


def test_three_signatures_and_none_are_malformed(entry: bytes) -> None:
    both = signatures(entry)

    for wrong in ([*both, both[0]], [], [both[0], {**both[1], "alg": "sm2"}], [both[0], "sm2"]):
        with pytest.raises(MalformedError, match="one signature or two"):
            envelope.parse(signed_by(entry, *wrong))


def test_a_second_signature_of_somebody_else_is_refused(
    make: Make, machine: KeyFileSigner, entry: bytes
) -> None:
    other = make("m-2", "device")
    assert other.second is not None
    payload = envelope.parse(entry)
    forged = {
        "keyid": other.second.keyid,
        "sig": base64.b64encode(
            other.second.sign(envelope.pae(payload.payload_type, payload.payload))
        ).decode(),
    }

    with pytest.raises(SignatureError, match="put another in its place"):
        envelope.verify(signed_by(entry, signatures(entry)[0], forged), ring(machine, other))
    with pytest.raises(SignatureError, match="SM2 signature of m-1, found one that does not hold"):
        forged["keyid"] = signatures(entry)[1]["keyid"]
        envelope.verify(signed_by(entry, signatures(entry)[0], forged), ring(machine, other))


def test_the_record_decides_and_not_the_envelope(
    make: Make, machine: KeyFileSigner, entry: bytes
) -> None:
    once = make("m-3", "device", Kind())
    body = Start(version="1.0.0", controller="B", strokes={}, reason="started")
    raw = Author(once).sign(body, 1_790_000_000_000)

    with pytest.raises(SignatureError, match="expected no second signature of m-3"):
        envelope.verify(signed_by(raw, signatures(raw)[0], signatures(entry)[1]), ring(once))
    record = structs.replace(machine.record, second=None)
    with pytest.raises(SignatureError, match="expected no second signature of m-1"):
        envelope.verify(entry, KeyRing([record], "sim"))


@pytest.mark.slow
def test_a_flipped_bit_in_each_byte_of_a_twice_signed_entry_is_refused(
    machine: KeyFileSigner, entry: bytes
) -> None:
    trusted = ring(machine)

    for at, changed in enumerate(flips(entry)):
        with pytest.raises(LedgerError):
            envelope.verify(changed, trusted)
            pytest.fail(f"a bit of byte {at} may be flipped ({SEED=})")


def test_a_checkpoint_has_a_line_of_each_key_under_one_name(
    log: KeyFileSigner, log_key: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, log)
    lines = notes.parse(raw).lines

    assert checkpoint.verify(raw, (log_key,)) == HEAD
    assert log_key.second is not None
    assert [line.name for line in lines] == [ORIGIN, ORIGIN]
    assert [line.key_id for line in lines] == [log_key.key_id, log_key.second.key_id]
    assert (
        log_key.second.key_id.hex()
        == codec.sha256(
            ORIGIN.encode() + b"\n\xffsealkeeper/sm2-sm3/v1" + log_key.second.public_key
        )[:8]
    )


def test_a_program_that_knows_the_first_key_alone_ignores_the_second_line(
    log: KeyFileSigner, log_key: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, log)

    assert checkpoint.verify(raw, (notes.parse_vkey(log_key.vkey),)) == HEAD


def test_a_checkpoint_without_either_line_is_refused(log: KeyFileSigner, log_key: NoteKey) -> None:
    note = notes.parse(checkpoint.sign(HEAD, log))
    first, second = (notes.encode(notes.Note(note.text, (line,))) for line in note.lines)

    with pytest.raises(SignatureError, match="expected a second signature"):
        checkpoint.verify(first, (log_key,))
    with pytest.raises(UnknownKeyError, match="expected a signature of the log"):
        checkpoint.verify(second, (log_key,))


def test_a_second_line_over_another_head_is_refused(log: KeyFileSigner, log_key: NoteKey) -> None:
    note = notes.parse(checkpoint.sign(HEAD, log))
    other = notes.parse(checkpoint.sign(structs.replace(HEAD, size=201), log))
    mixed = notes.encode(notes.Note(note.text, (note.lines[0], other.lines[1])))

    with pytest.raises(SignatureError, match="found one that does not hold"):
        checkpoint.verify(mixed, (log_key,))


@pytest.mark.slow
def test_a_flipped_bit_in_each_byte_of_a_twice_signed_checkpoint_is_refused(
    log: KeyFileSigner, log_key: NoteKey
) -> None:
    for at, changed in enumerate(flips(checkpoint.sign(HEAD, log))):
        with pytest.raises(LedgerError):
            checkpoint.verify(changed, (log_key,))
            pytest.fail(f"a bit of byte {at} may be flipped ({SEED=})")


def test_a_verifier_key_of_the_second_type_is_not_taken(log_key: NoteKey) -> None:
    assert log_key.second is not None

    with pytest.raises(UnknownKeyError, match="type 0x01, 0x04 or 0x06"):
        notes.parse_vkey(log_key.second.vkey)


def changed_second(record: KeyRecord, **fields: Any) -> KeyRecord:
    assert record.second is not None
    return structs.replace(record, second=structs.replace(record.second, **fields))


def test_a_second_key_that_its_holder_does_not_have_is_refused(
    make: Make, machine: KeyFileSigner
) -> None:
    other = make("m-2", "device")
    assert other.record.second is not None and machine.record.second is not None
    taken = structs.replace(machine.record, second=other.record.second)
    half = changed_second(machine.record, public_key=other.record.second.public_key)
    moved = structs.replace(machine.record, holder="m-9")

    for record in (taken, half, moved):
        with pytest.raises(UnknownKeyError, match="to show that it has its second key"):
            algorithms.read(record)


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "found nothing"),
        (b"\0", "found 00"),
        (b"\x04" + bytes(64), "uncompressed SM2 point"),
        (bytes(65), "uncompressed SM2 point"),
    ],
)
def test_a_weak_second_key_is_refused_at_enrolment(
    machine: KeyFileSigner, raw: bytes, message: str
) -> None:
    record = changed_second(machine.record, public_key=base64.b64encode(raw).decode())

    with pytest.raises(UnknownKeyError, match=message):
        algorithms.read(record)


def test_a_key_in_another_base64_is_refused(machine: KeyFileSigner) -> None:
    assert machine.record.second is not None
    text = machine.record.second.public_key

    with pytest.raises(UnknownKeyError, match="base64"):
        algorithms.read(changed_second(machine.record, public_key=text + "\n"))


@pytest.mark.parametrize("role", ["county", "witness"])
def test_who_signs_neither_entries_nor_checkpoints_has_no_second_key(
    tmp_path: Path, role: str
) -> None:
    with pytest.raises(UnknownKeyError, match="of a device, a gateway or a log"):
        keyfile.create(tmp_path / "k", tmp_path / "k.json", TWICE, holder="x", role=role, **HOLDER)

    assert not list(tmp_path.iterdir())


def test_a_record_without_a_second_key_has_the_bytes_that_it_had(make: Make) -> None:
    record = make("m-3", "device", Kind()).record

    assert b"second" not in codec.encode_message(record)


def test_a_ring_without_the_extra_says_what_to_install(
    make: Make, machine: KeyFileSigner, no_extra: None
) -> None:
    other = make("m-3", "device", Kind())

    with pytest.raises(MissingExtraError, match=r"SM2 key of m-1.*sealkeeper\[sm\]"):
        ring(machine, other)
    body = Start(version="1.0.0", controller="B", strokes={}, reason="started")
    raw = Author(other).sign(body, 1_790_000_000_000)
    assert envelope.verify(raw, ring(other))[1] == other.record  # nothing else breaks


def test_an_onlooker_without_the_extra_is_told_what_was_not_checked(
    machine: KeyFileSigner, entry: bytes, no_extra: None
) -> None:
    key, parsed = algorithms.read(machine.record), envelope.parse(entry)

    assert envelope.check(parsed, key, unchecked=True) is False
    with pytest.raises(MissingExtraError):
        envelope.check(parsed, key)
    stripped = envelope.parse(signed_by(entry, signatures(entry)[0]))
    with pytest.raises(SignatureError, match="expected a second signature"):
        envelope.check(stripped, key, unchecked=True)
    broken = {**signatures(entry)[1], "sig": base64.b64encode(bytes(64)).decode()}
    with pytest.raises(SignatureError, match="another form"):
        envelope.check(
            envelope.parse(signed_by(entry, signatures(entry)[0], broken)), key, unchecked=True
        )


def test_an_onlooker_without_the_extra_demands_the_second_line(
    log: KeyFileSigner, log_key: NoteKey, no_extra: None
) -> None:
    first = notes.sign(checkpoint.encode(HEAD), ORIGIN, log)
    assert log_key.second is not None
    second = notes.Line(ORIGIN, log_key.second.key_id, b"\x01" * 64)
    whole = notes.encode(notes.Note(checkpoint.encode(HEAD), (first, second)))
    stripped = notes.encode(notes.Note(checkpoint.encode(HEAD), (first,)))

    assert checkpoint.verify(whole, (log_key,), unchecked=True) == HEAD
    with pytest.raises(MissingExtraError):
        checkpoint.verify(whole, (log_key,))
    with pytest.raises(SignatureError, match="expected a second signature"):
        checkpoint.verify(stripped, (log_key,), unchecked=True)


def test_the_verifier_counts_entries_that_it_did_not_check(
    machine: KeyFileSigner, entry: bytes, no_extra: None
) -> None:
    judge = SpanJudge(ORIGIN, 0, Keyring([codec.encode_message(machine.record)]))

    judge.entry(0, entry)

    assert (judge.span.unchecked, judge.span.findings) == (1, [])


def test_the_verifier_finds_an_entry_without_its_second_signature(
    machine: KeyFileSigner, entry: bytes
) -> None:
    judge = SpanJudge(ORIGIN, 0, Keyring([codec.encode_message(machine.record)]))

    judge.entry(0, entry)
    judge.entry(1, signed_by(entry, signatures(entry)[0]))

    assert judge.span.unchecked == 0
    assert [(one.code, one.place.index) for one in judge.span.findings] == [("entry-signature", 1)]


def test_sm2_is_available_where_the_tests_run() -> None:
    assert sm2.available()
