"""Notes: text with signature lines, and the keys that make and check such lines. Pure.

Sources: c2sp.org/signed-note (format, key ids, verifier keys; signature type 0x01) and
c2sp.org/tlog-cosignature (types 0x04 and 0x06, which cover a time). A note has one spelling:
what `parse` accepts `encode` writes again, byte for byte. Lines of unknown keys are left alone;
a line of a known key that does not hold condemns the whole note, and so does the missing line of
a second key. Second keys have a type of their own behind 0xff, which other programs ignore.
"""

from __future__ import annotations

import base64
import enum
import hashlib
from collections.abc import Iterable

from msgspec import Struct

from ledger import algorithms, cosigned, mldsa, sm2
from ledger.errors import MalformedError, SignatureError, UnknownKeyError
from ledger.messages import KeyRecord
from ledger.signers import Signer
from ledger.spelling import unbase64

LARGEST_NOTE = 1_000_000  # bytes; the Go programs refuse more
MOST_SIGNATURES = 100  # the same; the specification asks for at least 16
LATEST_S = cosigned.LATEST_S
_KEY_ID_BYTES = 4
_TIME_BYTES = cosigned.TIME_BYTES
_DASH = "— "


class SignatureType(enum.IntEnum):
    """What a signature line covers; the numbers are assigned by c2sp.org/signed-note."""

    ED25519 = 0x01  # the text
    COSIGNATURE = 0x04  # the text of a checkpoint, and when it was seen
    ML_DSA_44 = 0x06  # origin, size and root of a checkpoint, and when it was seen
    SM2 = 0xFF  # the text; not assigned, so a longer name follows (`algorithms.SM2_TYPE`)


COSIGNATURES = frozenset({SignatureType.COSIGNATURE, SignatureType.ML_DSA_44})
_COSIGNING = {"ed25519": SignatureType.COSIGNATURE, "ml-dsa-44": SignatureType.ML_DSA_44}


class NoteKey(Struct, frozen=True):
    """A public key under the name that it signs notes with.

    Args:
        second: the key of the same holder that must have signed beside this one.

    Raises:
        UnknownKeyError: a name that the format forbids, or a key that must not be trusted.
        MissingExtraError: ML-DSA-44 is not installed here.
    """

    name: str
    type: SignatureType
    public_key: bytes
    second: NoteKey | None = None

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise UnknownKeyError(
                f"expected a key name without spaces and plus signs, found {self.name!r}"
            )
        if self.type is SignatureType.SM2:
            sm2.check_public(self.name, self.public_key)
        else:
            _verifier(self)

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, say which key made a line."""
        named = self.name.encode() + b"\n" + self._material
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The verifier key as text: name, key id, and type with public key."""
        material = base64.b64encode(self._material).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @property
    def _material(self) -> bytes:
        is_sm2 = self.type is SignatureType.SM2
        return (algorithms.SM2_TYPE if is_sm2 else bytes([self.type])) + self.public_key


class Line(Struct, frozen=True):
    """One signature line; `signature` is all that follows the key id (cosigned: time first)."""

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

    The record's second key, if it has one, must sign beside it.

    Raises:
        UnknownKeyError: the record's algorithm has no such signature type, or a weak key.
    """
    expected = "ml-dsa-44" if signature_type is SignatureType.ML_DSA_44 else "ed25519"
    if record.alg != expected or signature_type is SignatureType.SM2:
        raise UnknownKeyError(
            f"expected an {expected} key of {record.holder} for signature type "
            f"{signature_type:#04x}, found {record.alg}"
        )
    key = algorithms.read(record)
    second = None if key.second is None else NoteKey(name, SignatureType.SM2, key.second.raw)
    return NoteKey(name, signature_type, key.raw, second)


def cosigner_of(record: KeyRecord, name: str) -> NoteKey:
    """Return the note key of a witness's record: the record alone says which algorithm.

    Raises:
        UnknownKeyError: its algorithm makes no cosignatures, or a weak key.
        MissingExtraError: its algorithm is not installed here.
    """
    return key_of(record, name, _COSIGNING.get(record.alg, SignatureType.COSIGNATURE))


def parse_vkey(text: str) -> NoteKey:
    """Return the key that a verifier key says.

    Raises:
        UnknownKeyError: another form, a signature type that is not read here (0xff stands in
            key records alone), or a weak key.
    """
    name, _, rest = text.partition("+")
    _, _, material = rest.partition("+")
    try:
        data = unbase64(material)
        kind = SignatureType(data[0] if data else 0)
        if kind is SignatureType.SM2:
            raise MalformedError("a second key, which stands in key records alone")
        key = NoteKey(name, kind, data[1:])
    except (MalformedError, ValueError) as error:
        raise UnknownKeyError(
            f"expected a verifier key of type 0x01, 0x04 or 0x06, found {text[:200]!r}: {error}"
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


def sign_second(text: str, name: str, signer: Signer) -> tuple[Line, ...]:
    """Return the line of the signer's second key under a note text; none if it has no such key.

    Raises:
        UnknownKeyError: as `sign`.
    """
    key = key_of(signer.record, name, SignatureType.ED25519).second
    if key is None or signer.second is None:
        return ()
    return (Line(name, key.key_id, signer.second.sign(text.encode())),)


def cosign(text: str, name: str, signer: Signer, at_s: int) -> Line:
    """Return the cosignature of `signer` under a checkpoint's text: type 0x04, or 0x06 of ML-DSA.

    Args:
        at_s: when the signer saw this checkpoint as the log's largest; UTC seconds.

    Raises:
        UnknownKeyError: the signer's algorithm is another one, or the name is no key name.
        MalformedError: the time is not after 1970, or ML-DSA is to sign what is no checkpoint.
    """
    key = cosigner_of(signer.record, name)
    if not 0 < at_s <= LATEST_S:
        raise MalformedError(f"expected the seconds since 1970, found {at_s}")
    signature = signer.sign(_cosigned(text, key, at_s))
    return Line(name, key.key_id, at_s.to_bytes(_TIME_BYTES, "big") + signature)


def verify(note: Note, known: Iterable[NoteKey], *, unchecked: bool = False) -> tuple[Signed, ...]:
    """Return the signatures of known keys, one for each key, in the order of the note.

    Every line of a known key is checked; of several lines of one key the first is returned.
    It is empty if none of the keys has signed: the caller says whether that will do. Second keys
    are checked beside their first and not returned.

    Args:
        unchecked: for an onlooker who says aloud what was not checked: where the extra of second
            keys is not installed, their lines must stand there and are not verified.

    Raises:
        SignatureError: a line of a known key does not hold, or a first key has signed without
            its second; nothing in the note counts then.
        UnknownKeyError: two of the keys can not be told apart by name and key id.
        MissingExtraError: the line of a second key can not be verified here.
    """
    firsts = tuple(known)
    seconds = tuple(key.second for key in firsts if key.second is not None)
    by_line = _distinct((*firsts, *seconds))
    found: dict[NoteKey, Signed] = {}
    for line in note.lines:
        key = by_line.get((line.name, line.key_id))
        if key is not None:
            skip = unchecked and key.type is SignatureType.SM2 and not sm2.available()
            signed = Signed(key, None if skip else _check(note.text, line, key))
            found.setdefault(key, signed)
    for key in found:
        if key.second is not None and key.second not in found:
            raise SignatureError(
                f"expected a second signature of {key.name} ({key.second.key_id.hex()}) as its key "
                "record says, found none: somebody took it away"
            )
    return tuple(signed for key, signed in found.items() if key.type is not SignatureType.SM2)


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


def _cosigned(text: str, key: NoteKey, at_s: int) -> bytes:
    if key.type is SignatureType.ML_DSA_44:
        return cosigned.ml_dsa_44(text, key.name, at_s)
    return cosigned.ed25519(text, at_s)


def _verifier(key: NoteKey) -> algorithms.Verifier:
    makers = {SignatureType.ML_DSA_44: mldsa.verifier, SignatureType.SM2: sm2.verifier}
    return makers.get(key.type, algorithms.ed25519)(key.name, key.public_key)


def _check(text: str, line: Line, key: NoteKey) -> int | None:
    """Return the time that the signature covers, if it covers one."""
    at_s: int | None = None
    message, signature = text.encode(), line.signature
    if key.type in COSIGNATURES:
        at_s = int.from_bytes(signature[:_TIME_BYTES], "big")
        if not 0 < at_s <= LATEST_S:
            raise SignatureError(f"expected a cosignature of {key.name} with a time, found {at_s}")
        message, signature = _cosigned(text, key, at_s), signature[_TIME_BYTES:]
    if not _verifier(key)(message, signature):
        raise SignatureError(
            f"expected a signature of {key.name} ({key.key_id.hex()}), found one that does not hold"
        )
    return at_s
