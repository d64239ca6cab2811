"""Key acts before they are entries: what is carried to the county for its agreement, and back.

A draft holds the fields of the entry to come and names the log; the county adds its signature
over the very statement that the entry will be judged by (`ledger.keystatements`). Pure.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, structs

from ledger import algorithms, codec, keystatements
from ledger.algorithms import PublicKey
from ledger.errors import MalformedError, UnknownKeyError
from ledger.keystatements import Statement
from ledger.messages import KeyRecord
from ledger.records import Count, Hash
from ledger.records_keys import Enrolment, Founding, KeyText, Rotation, SignatureText
from ledger.signers import Signer

LARGEST = 20_000  # bytes of a draft


class Facts(Struct, frozen=True, kw_only=True):
    """What a machine needs to know of its township; all of it is public.

    Args:
        log: hash of the founding statement, which every agreement names.
        records: the key records that the machine has to trust.
        broker: where it connects.
    """

    machine: str
    township: str
    village: str
    village_name: str
    domain: str
    epoch: int
    closes: int | None
    log: str
    log_domain: str
    county: str
    broker: str
    records: tuple[str, ...]


class FoundingDraft(Struct, frozen=True, kw_only=True, tag_field="act", tag="founding"):
    """See `ledger.records_keys.Founding`."""

    gateway_key: KeyText
    county_key: KeyText
    nonce: Hash
    by_gateway: SignatureText
    by_county: SignatureText | None = None


class EnrolmentDraft(Struct, frozen=True, kw_only=True, tag_field="act", tag="enrolment"):
    """See `ledger.records_keys.Enrolment`; `log` is the hash of the founding statement."""

    log: Hash
    key: KeyText
    code_proof: Hash
    closes: Count | None
    by_key: SignatureText
    by_county: SignatureText | None = None


class RotationDraft(Struct, frozen=True, kw_only=True, tag_field="act", tag="rotation"):
    """See `ledger.records_keys.Rotation`; `log` is the hash of the founding statement."""

    log: Hash
    key: KeyText
    replaces: Hash
    last_seq: Count
    by_old: SignatureText
    by_key: SignatureText
    by_county: SignatureText | None = None


Draft = FoundingDraft | EnrolmentDraft | RotationDraft


def decode(data: bytes) -> Draft:
    """Return a draft from its JSON.

    Raises:
        MalformedError: it is none.
    """
    if len(data) > LARGEST:
        raise MalformedError(f"expected a key act of at most {LARGEST} bytes, found {len(data)}")
    try:
        found: Draft = msgspec.json.decode(data, type=Draft)
    except ValueError as error:
        raise MalformedError(f"expected a founding, enrolment or rotation: {error}") from error
    return found


def encode(draft: Draft) -> bytes:
    """Return a draft as JSON that a person can read."""
    return msgspec.json.format(msgspec.json.encode(draft), indent=2) + b"\n"


def record(text: str) -> KeyRecord:
    """Return the key record that stands in a draft or an entry.

    Raises:
        MalformedError: it is none.
    """
    found = codec.decode_message(codec.payload_type(KeyRecord.kind), text.encode())
    if not isinstance(found, KeyRecord):
        raise MalformedError(f"expected a key record, found {found.kind}")
    return found


def text(key: KeyRecord) -> str:
    """Return a key record as it stands in a draft or an entry."""
    return codec.encode_message(key).decode()


def statement(draft: Draft) -> Statement:
    """Return what the county signs for this draft."""
    match draft:
        case FoundingDraft():
            return keystatements.founding(
                _hash(draft.gateway_key), _hash(draft.county_key), draft.nonce
            )
        case EnrolmentDraft():
            return keystatements.enrolment(
                draft.log, _hash(draft.key), draft.code_proof, draft.closes
            )
        case RotationDraft():
            return keystatements.rotation(
                draft.log, _hash(draft.key), draft.replaces, draft.last_seq
            )


def newcomer(draft: Draft) -> PublicKey:
    """Return the key that this act brings in, checked, with its holder's signature verified.

    Raises:
        LedgerError: a key that must not be trusted, or nobody has shown to hold it.
    """
    key = draft.gateway_key if isinstance(draft, FoundingDraft) else draft.key
    signature = draft.by_gateway if isinstance(draft, FoundingDraft) else draft.by_key
    public = algorithms.demand_checkable(algorithms.read(record(key)))
    statement(draft).verify(public, signature)
    return public


def agree(draft: Draft, signer: Signer) -> Draft:
    """Return the draft with the county's signature.

    Raises:
        LedgerError: the newcomer's key or signature does not hold, or `signer` is no county of
            the same domain, or not the one that a founding names.
    """
    new, own = newcomer(draft).record, signer.record
    if own.role != "county" or own.domain != new.domain:
        raise UnknownKeyError(
            f"expected the key of a county in the {new.domain} domain, found the {own.role} key "
            f"of {own.holder} in the {own.domain} domain"
        )
    if isinstance(draft, FoundingDraft) and _hash(draft.county_key) != signer.record_sha256:
        raise UnknownKeyError(
            f"expected the county's key that the founding names, found the key of {own.holder} of "
            "another record"
        )
    return structs.replace(draft, by_county=statement(draft).sign(signer))


def body(draft: Draft) -> Founding | Enrolment | Rotation:
    """Return the entry's body of an agreed draft.

    Raises:
        MalformedError: the county's signature is missing.
    """
    if draft.by_county is None:
        raise MalformedError(
            "expected the county's signature on the key act, found none: carry the file to the "
            "county's computer and run seal-gateway county-agree"
        )
    fields = structs.asdict(draft)
    fields.pop("log", None)
    match draft:
        case FoundingDraft():
            return Founding(**fields)
        case EnrolmentDraft():
            return Enrolment(**fields)
        case RotationDraft():
            return Rotation(**fields)


def key_hash(draft: Draft) -> str:
    """Return the hash of the key record that this act brings in."""
    return _hash(draft.gateway_key if isinstance(draft, FoundingDraft) else draft.key)


def act(draft: Draft) -> Literal["founding", "enrolment", "rotation"]:
    """Return the act's name."""
    match draft:
        case FoundingDraft():
            return "founding"
        case EnrolmentDraft():
            return "enrolment"
        case RotationDraft():
            return "rotation"


def _hash(key: str) -> str:
    return codec.sha256(key.encode())
