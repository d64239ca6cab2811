"""Records that are signed but are no entries: key records, and what the gateway sends down."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.matters import Matter
from ledger.records import (
    Count,
    DivisionCode,
    Hash,
    Identifier,
    Milliseconds,
    Positive,
    Record,
)
from ledger.records_keys import SignatureText


class SecondKey(Struct, frozen=True, kw_only=True):
    """A holder's other key, which signs beside the first.

    Args:
        alg: `sm2` is SM2 with SM3 (public key: the uncompressed point 04 || x || y, 65 bytes,
            base64; signature: r || s, 64 bytes; user id 1234567812345678).
        possession: its signature over `ledger.algorithms.second_statement`: the holder has it.
    """

    alg: Literal["sm2"]
    public_key: str
    possession: SignatureText


class KeyRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A key and who holds it; trusted because of the folder it lies in, so it is not signed.

    Args:
        alg: `ed25519` signs (public key: 32 bytes, base64), and so does `es256`, ECDSA P-256
            with SHA-256, for secure elements and TPMs (public key: the uncompressed point
            04 || x || y, 65 bytes, base64; signature: r || s, 64 bytes, s in the lower half);
            `ml-dsa-44` cosigns for a witness, and nothing else (public key: 1312 bytes, base64);
            `age-x25519` opens encrypted photos and openings (public key: `age1...`).
        role: a county opens, and agrees to every key that enters; the key of a `log` signs
            checkpoints and nothing else, that of a `witness` cosigns them.
        domain: keys of simulated machines are `sim`; a gateway in the field refuses them.
        second: signs beside the first key whatever that signs in envelopes and checkpoints;
            where it stands, one signature alone does not hold. For a device, gateway or log.
    """

    kind = "key"
    authors = ()
    alg: Literal["ed25519", "es256", "ml-dsa-44", "age-x25519"]
    public_key: str
    holder: Identifier
    role: Literal["device", "gateway", "county", "log", "witness"]
    township: DivisionCode
    epoch: Positive
    domain: Literal["sim", "field"]
    second: SecondKey | None = None


class Acknowledgement(Record, frozen=True, kw_only=True):
    """The gateway has committed all entries of a device up to `seq`; `at_ms` is a time mark.

    seq 0 with the key record's hash as head means: nothing yet, send from the first.
    """

    kind = "acknowledgement"
    authors = ("gateway",)
    gateway: Identifier
    device: Identifier
    epoch: Positive
    seq: Count
    head: Hash
    at_ms: Milliseconds


class OpeningStored(Record, frozen=True, kw_only=True):
    """The gateway has stored the opening of the entry with this payload hash."""

    kind = "opening-stored"
    authors = ("gateway",)
    gateway: Identifier
    device: Identifier
    payload_sha256: Hash
    at_ms: Milliseconds


class PhotoResult(Record, frozen=True, kw_only=True):
    """What became of a photo transfer; `offset` says from where to go on, in bytes.

    Codes (EMQX file transfer over MQTT): 0x00 stored, 0x10 resend all (here: from `offset`),
    0x80 resend this chunk, 0x83 abort, 0x97 pause.
    """

    kind = "photo-result"
    authors = ("gateway",)
    gateway: Identifier
    device: Identifier
    file: Hash
    code: Literal[0x00, 0x10, 0x80, 0x83, 0x97]
    offset: Count
    at_ms: Milliseconds


class AnswerWords(Record, frozen=True, kw_only=True):
    """A person's own words on a request, for the screen of its machine.

    Args:
        entry: hash of the refusal or approval that commits to them.
        name: of the commitment there; `salt` and `value` open it.
    """

    kind = "answer-words"
    authors = ("gateway",)
    gateway: Identifier
    device: Identifier
    entry: Hash
    name: Literal["note", "text"]
    salt: Annotated[str, Meta(max_length=100)]
    value: Annotated[str, Meta(min_length=1, max_length=4000)]
    at_ms: Milliseconds


class VillageList(Record, frozen=True, kw_only=True):
    """A village's resolved items list, as its machines answer with it offline.

    `window` and `window_phone` name the township window for refusals that know no other place.
    """

    kind = "village-list"
    authors = ("gateway",)
    gateway: Identifier
    village: DivisionCode
    version: Count
    at_ms: Milliseconds
    window: str
    window_phone: str
    matters: tuple[Matter, ...]


MESSAGE_RECORDS: tuple[type[Record], ...] = (
    Acknowledgement,
    OpeningStored,
    PhotoResult,
    VillageList,
    AnswerWords,
)
