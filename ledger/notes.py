"""Notes: text with signature lines, and the keys that make and check such lines. Pure.

Sources: c2sp.org/signed-note (format, key ids, verifier keys; signature type 0x01) and
c2sp.org/tlog-cosignature (type 0x04, which covers a time). A note has one spelling: what
`parse` accepts `encode` writes again, byte for byte. Lines of unknown keys are left alone; a
line of a known key that does not hold condemns the whole note.
"""

from __future__ import annotations

import base64
import enum
import hashlib
from collections.abc import Iterable

from msgspec import Struct

from ledger import algorithms, keys
from ledger.errors import MalformedError, SignatureError, UnknownKeyError
from ledger.messages import KeyRecord
from ledger.signers import Signer
from ledger.spelling import unbase64

LARGEST_NOTE = 1_000_000  # bytes; the Go programs refuse more
MOST_SIGNATURES = 100  # the same; the specification asks for at least 16
LATEST_S = 2**63 - 1
_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "— "


class SignatureType(enum.IntEnum):
    """What a signature line covers; the numbers are assigned by c2sp.org/signed-note."""

    ED25519 = 0x01  # the text
    COSIGNATURE = 0x04  # the text of a checkpoint, and when it was seen


class NoteKey(Struct, frozen=True):
    """A public key under the name that it signs notes with; ours are all Ed25519.

    Raises:
        UnknownKeyError: a name that the format forbids, or a point that must not be trusted.
    """

    name: str
    type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise UnknownKeyError(
                f"expected a key name without spaces and plus signs, found {self.name!r}"
            )
        algorithms.ed25519(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, say which key made a line."""
        named = self.name.encode() + b"\n" + bytes([self.type]) + self.public_key
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The verifier key as text: name, key id, and type with public key."""
        material = base64.b64encode(bytes([self.type]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


class Line(Struct, frozen=True):
    """One signature line; `signature` is all that follows the key id (type 0x04: time first)."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


class Note(Struct, frozen=True):
    """A note taken apart; `text` ends in a newline and does not include the blank line."""

    text: str
    lines: tuple[Line, ...]


class Signed(Struct, frozen=True):
    """A signature that holds; `at_s` (UTC seconds) is None for types that cover no time."""

    key: NoteKey
    at_s: int | None


def key_of(record: KeyRecord, name: str, signature_type: SignatureType) -> NoteKey:
    """Return the note key of a key record, under the name that its holder signs notes with.

    Raises:
        UnknownKeyError: the record's algorithm has no such signature type, or a weak key.
    """
    if record.alg != "ed25519":
        raise UnknownKeyError(
            f"expected an Ed25519 key of {record.holder} for signature type "
            f"{signature_type:#04x}, found {record.alg}"
        )
    return NoteKey(name, signature_type, keys.public_bytes(record))


def parse_vkey(text: str) -> NoteKey:
    """Return the key that a verifier key says.

    Raises:
        UnknownKeyError: another form, a signature type that we do not use, or a weak key.
    """
    name, _, rest = text.partition("+")
    _, _, material = rest.partition("+")
    try:
        data = unbase64(material)
        key = NoteKey(name, SignatureType(data[0] if data else 0), data[1:])
    except (MalformedError, ValueError) as error:
        raise UnknownKeyError(
            f"expected a verifier key of type 0x01 or 0x04, found {text[:200]!r}: {error}"
        ) from error
    if key.vkey != text:
        raise UnknownKeyError(f"expected the verifier key {key.vkey}, found {text[:200]!r}")
    return key


def parse(raw: bytes) -> Note:
    """Take a note apart without judging its signatures.

    Raises:
        MalformedError: too large, or not the one form of a signed note.
    """
    text = _unicode(raw)
    body, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedError("expected text, a blank line and signature lines, found no such note")
    return Note(body + "\n", parse_lines(signatures))


def parse_lines(text: str) -> tuple[Line, ...]:
    """Return signature lines, as they stand in a note or in the answer of a witness.

    Raises:
        MalformedError: none, too many, or not the form of a signature line.
    """
    rows = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(rows) > MOST_SIGNATURES:
        raise MalformedError(
            f"expected 1 to {MOST_SIGNATURES} whole signature lines, found {len(rows)}"
        )
    return tuple(_line(row) for row in rows)


def encode(note: Note) -> bytes:
    """Return the bytes of a note.

    Raises:
        MalformedError: what is in it can not be written as a note.
    """
    raw = (note.text + "\n" + "".join(map(str, note.lines))).encode()
    if parse(raw) != note:
        raise MalformedError(f"expected what a note can hold, found {note.text[:100]!r}")
    return raw


def sign(text: str, name: str, signer: Signer) -> Line:
    """Return the Ed25519 signature line (type 0x01) of `signer` under a note text.

    Raises:
        UnknownKeyError: the signer's algorithm is another one, or the name is no key name.
    """
    key = key_of(signer.record, name, SignatureType.ED25519)
    return Line(name, key.key_id, signer.sign(text.encode()))


def cosign(text: str, name: str, signer: Signer, at_s: int) -> Line:
    """Return the cosignature (type 0x04) of `signer` under a checkpoint's text.

    Args:
        at_s: when the signer saw this checkpoint as the log's largest; UTC seconds.

    Raises:
        UnknownKeyError: the signer's algorithm is another one, or the name is no key name.
        MalformedError: the time is not after 1970.
    """
    key = key_of(signer.record, name, SignatureType.COSIGNATURE)
    if not 0 < at_s <= LATEST_S:
        raise MalformedError(f"expected the seconds since 1970, found {at_s}")
    signature = signer.sign(_cosigned(text, at_s))
    return Line(name, key.key_id, at_s.to_bytes(_TIME_BYTES, "big") + signature)


def verify(note: Note, known: Iterable[NoteKey]) -> tuple[Signed, ...]:
    """Return the signatures of known keys, one for each key, in the order of the note.

    Every line of a known key is checked; of several lines of one key the first is returned.
    It is empty if none of the keys has signed: the caller says whether that will do.

    Raises:
        SignatureError: a line of a known key does not hold; nothing in the note counts then.
        UnknownKeyError: two of the keys can not be told apart by name and key id.
    """
    found: dict[tuple[str, bytes], Signed] = {}
    by_line = _distinct(known)
    for line in note.lines:
        key = by_line.get((line.name, line.key_id))
        if key is not None:
            signed = Signed(key, _check(note.text, line, key))
            found.setdefault((line.name, line.key_id), signed)
    return tuple(found.values())


def _unicode(raw: bytes) -> str:
    if len(raw) > LARGEST_NOTE:
        raise MalformedError(f"expected a note of at most {LARGEST_NOTE} bytes, found {len(raw)}")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedError(f"expected a note in UTF-8: {error}") from error
    control = next((sign for sign in text if sign < " " and sign != "\n"), None)
    if control is not None:
        raise MalformedError(f"expected no control characters but newline, found {control!r}")
    return text


def _is_name(name: str) -> bool:
    return name != "" and not any(
        sign.isspace() or sign == "+" or sign < " " or "\ud800" <= sign <= "\udfff" for sign in name
    )


def _line(row: str) -> Line:
    name, space, material = row.removeprefix(_DASH).partition(" ")
    if not row.startswith(_DASH) or not space or not _is_name(name):
        raise MalformedError(f"expected a dash, a key name and a signature, found {row[:200]!r}")
    data = unbase64(material)
    if len(data) <= _KEY_ID_BYTES:
        raise MalformedError(f"expected a signature after the key id of {name}, found none")
    return Line(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _distinct(known: Iterable[NoteKey]) -> dict[tuple[str, bytes], NoteKey]:
    distinct: dict[tuple[str, bytes], NoteKey] = {}
    for key in known:
        if distinct.setdefault((key.name, key.key_id), key) != key:
            raise UnknownKeyError(f"expected keys that differ, found {key.name} twice: rename one")
    return distinct


def _cosigned(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _check(text: str, line: Line, key: NoteKey) -> int | None:
    """Return the time that the signature covers, if it covers one."""
    at_s: int | None = None
    message, signature = text.encode(), line.signature
    if key.type is SignatureType.COSIGNATURE:
        at_s = int.from_bytes(signature[:_TIME_BYTES], "big")
        message, signature = _cosigned(text, at_s), signature[_TIME_BYTES:]
        if not 0 < at_s <= LATEST_S:
            raise SignatureError(f"expected a cosignature of {key.name} with a time, found {at_s}")
    if not algorithms.ed25519(key.name, key.public_key)(message, signature):
        raise SignatureError(
            f"expected a signature of {key.name} ({key.key_id.hex()}), found one that does not hold"
        )
    return at_s
