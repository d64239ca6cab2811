"""Checkpoint: the signed head of a log, and the cosignatures of its witnesses. Pure.

Sources: c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature. Ours have no extension lines;
those of other logs are kept, because cosignatures cover them. The log signs under its origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from ledger import notes
from ledger.errors import MalformedError, ProofError, SignatureError, UnknownKeyError
from ledger.notes import COSIGNATURES, NoteKey, SignatureType, Signed
from ledger.signers import Signer
from ledger.spelling import decimal, hash_text, parse_hash
from ledger.tree import EMPTY, HASH_BYTES, LARGEST_SIZE

_ORIGIN = re.compile(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+/[0-9]{12}/[0-9]{12}/[0-9]{4}(-[2-9])?",
    re.ASCII,
)


class Checkpoint(Struct, frozen=True):
    """How many leaves a log has and what their root is; `extensions` are empty in ours."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def origin(domain: str, county: str, township: str, year: int, number: int = 1) -> str:
    """Return the name of a township's log of one year: domain/county/township/year[-number].

    Args:
        domain: the gateway's, in lower case, with a dot.
        county, township: division codes of 12 digits.
        number: 2 to 9 for the successor of a log of the same year that was lost. The names of a
            township's logs sort in the order in which they were begun.

    Raises:
        MalformedError: one of them has another form.
    """
    name = f"{domain}/{county}/{township}/{year:04d}" + ("" if number == 1 else f"-{number}")
    if not _ORIGIN.fullmatch(name) or len(name) > 200:
        raise MalformedError(
            "expected a domain, two division codes of 12 digits and a year of four, "
            f"found {name[:200]!r}"
        )
    return name


def encode(checkpoint: Checkpoint) -> str:
    """Return the note text of a checkpoint: what the log signs and witnesses cosign.

    Raises:
        MalformedError: an empty or broken line, a size or root out of bounds.
    """
    lines = (checkpoint.origin, *checkpoint.extensions)
    if any(line == "" or "\n" in line for line in lines):
        raise MalformedError(f"expected lines that are not empty, found {lines!r}")
    if not 0 <= checkpoint.size <= LARGEST_SIZE or len(checkpoint.root) != HASH_BYTES:
        raise MalformedError(
            f"expected a size below 2^63 and a root of {HASH_BYTES} bytes, "
            f"found {checkpoint.size} and {len(checkpoint.root)} bytes"
        )
    first, *more = lines
    return "\n".join([first, str(checkpoint.size), hash_text(checkpoint.root), *more, ""])


def parse(text: str) -> Checkpoint:
    """Return what a note text says, if it is the text of a checkpoint.

    Raises:
        MalformedError: fewer than three lines, an empty one, or another spelling.
    """
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) < 3 or "" in lines:
        raise MalformedError(f"expected origin, size and root on a line each, found {text[:200]!r}")
    name, size, root, *extensions = lines
    return Checkpoint(name, decimal(size), parse_hash(root), tuple(extensions))


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the log's signed checkpoint: a note under the origin as key name.

    A second key of the log's record signs a second line.

    Raises:
        MalformedError: it has extension lines, which ours never have, or can not be written.
        UnknownKeyError: the signer's algorithm is not Ed25519.
    """
    if checkpoint.extensions:
        raise MalformedError(f"expected no extension lines, found {checkpoint.extensions!r}")
    text = encode(checkpoint)
    first = notes.sign(text, checkpoint.origin, signer)
    lines = (first, *notes.sign_second(text, checkpoint.origin, signer))
    return notes.encode(notes.Note(text, lines))


def verify(raw: bytes, logs: Iterable[NoteKey], *, unchecked: bool = False) -> Checkpoint:
    """Return the checkpoint that a note says, if one of `logs` signed it under its origin.

    Args:
        logs: the keys of the logs that are trusted; several for one origin after a rotation.
        unchecked: see `notes.verify`.

    Raises:
        MalformedError: no checkpoint.
        UnknownKeyError: none of the keys has this origin, or none of those signed.
        SignatureError: a signature of one of them does not hold, or a second one is missing.
        ProofError: no leaves, and yet a root.
    """
    note = notes.parse(raw)
    checkpoint = parse(note.text)
    own = [key for key in logs if key.name == checkpoint.origin]
    _check_types(own, frozenset({SignatureType.ED25519}), "a log")
    if not notes.verify(note, own, unchecked=unchecked):
        raise UnknownKeyError(
            f"expected a signature of the log {checkpoint.origin} by one of its {len(own)} known "
            f"keys, found lines of {', '.join(line.name for line in note.lines)}"
        )
    if checkpoint.size == 0 and checkpoint.root != EMPTY:
        raise ProofError(
            f"expected {EMPTY.hex()} as root of no leaves, found {checkpoint.root.hex()}"
        )
    return checkpoint


def cosign(checkpoint: Checkpoint, name: str, signer: Signer, at_s: int) -> bytes:
    """Return the signature line of a witness, as tlog-witness answers it.

    Call it only after `verify`, and after the growth from the last cosigned checkpoint was
    verified and made durable.

    Args:
        name: under which the witness signs.
        at_s: now, in UTC seconds.

    Raises:
        MalformedError: the time is not after 1970.
        UnknownKeyError: the signer's algorithm makes no cosignatures, or the name is no key name.
    """
    return str(notes.cosign(encode(checkpoint), name, signer, at_s)).encode()


def verify_cosignatures(raw: bytes, witnesses: Iterable[NoteKey]) -> tuple[Signed, ...]:
    """Return who of `witnesses` cosigned a checkpoint, and when; it may be nobody.

    Raises:
        MalformedError: no checkpoint.
        SignatureError: a cosignature of one of them does not hold.
    """
    note = notes.parse(raw)
    parse(note.text)
    known = tuple(witnesses)
    _check_types(known, COSIGNATURES, "a witness")
    return notes.verify(note, known)


def add_cosignatures(raw: bytes, answer: bytes, witnesses: Iterable[NoteKey]) -> bytes:
    """Return the checkpoint with those lines of a witness's answer that hold.

    Lines of unknown keys, lines that do not hold, and those of a witness who cosigned already
    are left out, so that no answer can spoil the checkpoint.

    Raises:
        MalformedError: the answer is not one of signature lines.
        SignatureError: a cosignature that stood there before does not hold.
    """
    known = tuple(witnesses)
    try:
        lines = notes.parse_lines(answer.decode())
    except UnicodeDecodeError as error:
        raise MalformedError(f"expected signature lines in UTF-8: {error}") from error
    for line in lines:
        before = verify_cosignatures(raw, known)
        try:
            longer = notes.encode(notes.parse(raw + str(line).encode()))
            after = verify_cosignatures(longer, known)
        except (MalformedError, SignatureError):
            continue
        if len(after) > len(before):
            raw = longer
    return raw


def _check_types(known: Iterable[NoteKey], wanted: frozenset[SignatureType], who: str) -> None:
    for key in known:
        if key.type not in wanted:
            types = " or ".join(f"{one:#04x}" for one in sorted(wanted))
            raise UnknownKeyError(f"expected a key of type {types} for {who}, found {key.vkey}")
