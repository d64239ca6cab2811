"""Checkpoint: its one form, the log's signature and the cosignatures of witnesses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ledger import checkpoint, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, MalformedError, ProofError, SignatureError, UnknownKeyError
from ledger.notes import Line, NoteKey, SignatureType, Signed
from ledger.signers.keyfile import KeyFileSigner
from ledger.tree import EMPTY

Make = Callable[[str, str, int], KeyFileSigner]

# The example of c2sp.org/tlog-cosignature.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcy"
    "v2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b"
    "2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()
ORIGIN = "seal.example/420625000000/420625103000/2026"
HEAD = Checkpoint(ORIGIN, 200, bytes(range(32)))
NAME = "county.example/witness"


@pytest.fixture
def log(gateway: KeyFileSigner) -> NoteKey:
    """The key of the log."""
    return notes.key_of(gateway.record, ORIGIN, SignatureType.ED25519)


@pytest.fixture
def witness(signer_of: Make) -> KeyFileSigner:
    """A witness at the county."""
    return signer_of("witness-1", "county", 3)


@pytest.fixture
def witness_key(witness: KeyFileSigner) -> NoteKey:
    """The key of the witness."""
    return notes.key_of(witness.record, NAME, SignatureType.COSIGNATURE)


def test_the_example_of_the_specification_is_read() -> None:
    note = notes.parse(EXAMPLE)

    head = checkpoint.parse(note.text)

    assert (head.origin, head.size, head.root.hex()[:8]) == (
        "example.com/behind-the-sofa",
        20_852_163,
        "0ac5186a",
    )
    assert checkpoint.encode(head) == note.text
    assert int.from_bytes(note.lines[1].signature[:8], "big") == 1_679_315_147


def test_a_signed_checkpoint_verifies(gateway: KeyFileSigner, log: NoteKey) -> None:
    raw = checkpoint.sign(HEAD, gateway)

    assert checkpoint.verify(raw, [log]) == HEAD
    assert raw.startswith(f"{ORIGIN}\n200\nAAECAwQF".encode())


def test_every_flipped_bit_of_a_checkpoint_is_refused(gateway: KeyFileSigner, log: NoteKey) -> None:
    raw = checkpoint.sign(HEAD, gateway)

    for bit in range(len(raw) * 8):
        wrong = bytearray(raw)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LedgerError):
            checkpoint.verify(bytes(wrong), [log])


def test_every_truncation_of_a_checkpoint_is_refused(gateway: KeyFileSigner, log: NoteKey) -> None:
    raw = checkpoint.sign(HEAD, gateway)

    for end in range(len(raw)):
        with pytest.raises(LedgerError):
            checkpoint.verify(raw[:end], [log])


def test_a_flipped_bit_in_a_cosigned_checkpoint_loses_it_or_a_witness(
    gateway: KeyFileSigner, log: NoteKey, witness: KeyFileSigner, witness_key: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, gateway) + checkpoint.cosign(HEAD, NAME, witness, 1_000)

    for bit in range(len(raw) * 8):
        wrong = bytearray(raw)
        wrong[bit // 8] ^= 1 << bit % 8
        try:
            checkpoint.verify(bytes(wrong), [log])
            assert checkpoint.verify_cosignatures(bytes(wrong), [witness_key]) == ()
        except LedgerError:
            continue


def test_a_checkpoint_of_another_log_is_refused(gateway: KeyFileSigner, log: NoteKey) -> None:
    other = structs.replace(HEAD, origin=ORIGIN.replace("2026", "2025"))

    with pytest.raises(UnknownKeyError, match=r"log seal.example/.*/2025 by one of its 0 known"):
        checkpoint.verify(checkpoint.sign(other, gateway), [log])


def test_a_checkpoint_that_another_key_signed_is_refused(
    witness: KeyFileSigner, log: NoteKey
) -> None:
    with pytest.raises(UnknownKeyError, match="one of its 1 known keys"):
        checkpoint.verify(checkpoint.sign(HEAD, witness), [log])


def test_after_a_rotation_old_and_new_key_are_accepted(
    gateway: KeyFileSigner, witness: KeyFileSigner, log: NoteKey
) -> None:
    new = notes.key_of(witness.record, ORIGIN, SignatureType.ED25519)

    for signer in (gateway, witness):
        assert checkpoint.verify(checkpoint.sign(HEAD, signer), [log, new]) == HEAD


def test_the_empty_tree_has_one_root(gateway: KeyFileSigner, log: NoteKey) -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY)
    wrong = Checkpoint(ORIGIN, 0, bytes(32))

    assert checkpoint.verify(checkpoint.sign(empty, gateway), [log]) == empty
    with pytest.raises(ProofError, match="root of no leaves"):
        checkpoint.verify(checkpoint.sign(wrong, gateway), [log])


def test_a_witness_key_is_no_log_key(
    gateway: KeyFileSigner, witness_key: NoteKey, log: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, gateway)

    with pytest.raises(UnknownKeyError, match="for a log"):
        checkpoint.verify(raw, [structs.replace(witness_key, name=ORIGIN)])
    with pytest.raises(UnknownKeyError, match="for a witness"):
        checkpoint.verify_cosignatures(raw, [log])


def test_a_cosignature_tells_who_and_when(
    gateway: KeyFileSigner, witness: KeyFileSigner, witness_key: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, gateway)
    answer = checkpoint.cosign(HEAD, NAME, witness, 1_000)

    cosigned = checkpoint.add_cosignatures(raw, answer, [witness_key])

    assert cosigned == raw + answer
    assert checkpoint.verify_cosignatures(cosigned, [witness_key]) == (Signed(witness_key, 1_000),)
    assert checkpoint.verify_cosignatures(raw, [witness_key]) == ()


def test_a_cosignature_of_another_head_is_refused(
    gateway: KeyFileSigner, witness: KeyFileSigner, witness_key: NoteKey
) -> None:
    older = structs.replace(HEAD, size=199)
    raw = checkpoint.sign(HEAD, gateway) + checkpoint.cosign(older, NAME, witness, 1_000)

    with pytest.raises(SignatureError, match=NAME):
        checkpoint.verify_cosignatures(raw, [witness_key])


def test_only_lines_that_hold_are_added(
    gateway: KeyFileSigner, witness: KeyFileSigner, witness_key: NoteKey
) -> None:
    raw = checkpoint.sign(HEAD, gateway)
    good = checkpoint.cosign(HEAD, NAME, witness, 1_000)
    again = checkpoint.cosign(HEAD, NAME, witness, 2_000)
    stranger = checkpoint.cosign(HEAD, "stranger.example", gateway, 1_000)
    broken = str(Line(NAME, witness_key.key_id, bytes(72))).encode()
    control = "— a\tb AAAAAAAA\n".encode()

    cosigned = checkpoint.add_cosignatures(raw, broken + stranger + good + again, [witness_key])

    assert cosigned == raw + good
    assert checkpoint.add_cosignatures(cosigned, broken, [witness_key]) == cosigned
    with pytest.raises(MalformedError):
        checkpoint.add_cosignatures(raw, control, [witness_key])


@pytest.mark.parametrize("answer", [b"", b"409\n", b"\xff\n", "— a AAAAAAAA".encode()])
def test_an_answer_that_is_no_signature_is_refused(
    gateway: KeyFileSigner, witness_key: NoteKey, answer: bytes
) -> None:
    with pytest.raises(MalformedError):
        checkpoint.add_cosignatures(checkpoint.sign(HEAD, gateway), answer, [witness_key])


def test_extension_lines_of_others_are_kept_and_covered(
    gateway: KeyFileSigner, log: NoteKey, witness: KeyFileSigner, witness_key: NoteKey
) -> None:
    head = structs.replace(HEAD, extensions=("more", "and more"))
    text = checkpoint.encode(head)
    raw = notes.encode(notes.Note(text, (notes.sign(text, ORIGIN, gateway),)))

    cosigned = raw + checkpoint.cosign(head, NAME, witness, 5)

    assert checkpoint.verify(cosigned, [log]) == head
    assert checkpoint.verify_cosignatures(cosigned, [witness_key]) == (Signed(witness_key, 5),)


def test_we_sign_no_extension_lines(gateway: KeyFileSigner) -> None:
    with pytest.raises(MalformedError, match="no extension lines"):
        checkpoint.sign(structs.replace(HEAD, extensions=("more",)), gateway)


one_line = st.text(min_size=1, max_size=20).filter(lambda text: "\n" not in text)


@given(
    st.builds(
        Checkpoint,
        one_line,
        st.integers(0, 2**63 - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(one_line, max_size=2).map(tuple),
    )
)
def test_a_checkpoint_comes_back(head: Checkpoint) -> None:
    assert checkpoint.parse(checkpoint.encode(head)) == head


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "origin\n1\n",
        f"origin\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"origin\n\n{ROOT}\n",
        f"origin\n1\n{ROOT}\n\n",
        f"origin\n1\n{ROOT}\n\nmore\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n 1\n{ROOT}\n",
        f"origin\n9223372036854775808\n{ROOT}\n",
        f"origin\n1\n{ROOT[:-1]}\n",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{ROOT.replace('2I=', '2J=')}\n",
        f"origin\n1\n{ROOT} \n",
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        checkpoint.parse(text)


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
        Checkpoint("a", 1, bytes(32), ("",)),
    ],
)
def test_what_can_not_be_a_checkpoint_is_not_written(head: Checkpoint) -> None:
    with pytest.raises(MalformedError, match="expected"):
        checkpoint.encode(head)


def test_an_origin_names_gateway_county_township_and_year() -> None:
    assert checkpoint.origin("seal.example", "420625000000", "420625103000", 2026) == ORIGIN


@pytest.mark.parametrize(
    ("domain", "county", "year"),
    [
        ("", "420625000000", 2026),
        ("localhost", "420625000000", 2026),
        ("Seal.example", "420625000000", 2026),
        ("https://seal.example", "420625000000", 2026),
        ("seal.example/x", "420625000000", 2026),
        ("seal-.example", "420625000000", 2026),
        ("seal.example\n", "420625000000", 2026),
        ("seal.example", "420625", 2026),
        ("seal.example", "42062500000０", 2026),
        ("seal.example", "420625000000", 12026),
        ("seal.example", "420625000000", -126),
        ("a" * 200 + ".example", "420625000000", 2026),
    ],
)
def test_another_origin_is_refused(domain: str, county: str, year: int) -> None:
    with pytest.raises(MalformedError, match="expected a domain"):
        checkpoint.origin(domain, county, "420625103000", year)


def test_successor_of_a_lost_log_is_named_after_it_and_before_the_next_year() -> None:
    parts = ("seal.xiaoshan.example", "330109000000", "330109110000")

    names = [checkpoint.origin(*parts, 2026, number) for number in range(1, 10)]

    assert names[1] == f"{names[0]}-2"
    assert sorted(names) == names and names[-1] < checkpoint.origin(*parts, 2027)
    with pytest.raises(MalformedError):
        checkpoint.origin(*parts, 2026, 10)
