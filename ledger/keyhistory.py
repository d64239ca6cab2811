"""Key history: which key may sign which entry, at every place of a log. Pure.

The state after entry i follows from entries 0..i alone. The first entry founds the log; its
county key is what an auditor compares with the county's own word. Keys enter and change only
with the agreement of township (the entry itself) and county; one person of the township shuts
one at once; only an enrolment under the next epoch brings its holder back.

An entry is judged by the state at its place. The state at the end of the log says what is left
of it: entries above a `last_seq` that was named later stay in the log and count no more.
"""

from __future__ import annotations

from msgspec import structs

from ledger import algorithms, codec, keystatements
from ledger.codec import Payload
from ledger.envelope import Envelope, check
from ledger.errors import SignatureError
from ledger.keystate import Key, KeyHistory, KeyHistoryError
from ledger.keystatements import Statement
from ledger.messages import KeyRecord
from ledger.records_keys import Enrolment, Founding, KeyRevocation, Rotation


def advance(history: KeyHistory, index: int, entry: Payload) -> KeyHistory:
    """Return the state after the entry at `index`.

    The entry's own signature is judged by `check_signature`, with the state returned here.

    Raises:
        KeyHistoryError: the entry is not the next one, or a key act without its authority.
    """
    if index != history.size:
        raise KeyHistoryError(
            "index", f"expected entry {history.size} of the log next, found entry {index}"
        )
    match entry.body:
        case Founding() as body:
            history = _found(history, body)
        case _ if history.county is None:
            raise KeyHistoryError(
                "founding",
                f"expected a founding as the first entry of the log, found {entry.body.kind!r}: "
                "the township must begin the log with its own and the county's key",
            )
        case Enrolment() as body:
            history = _enrol(history, body)
        case Rotation() as body:
            history = _rotate(history, body)
        case KeyRevocation() as body:
            history = _revoke(history, body)
        case _:
            pass
    return structs.replace(history, size=index + 1)


def next_log(history: KeyHistory) -> KeyHistory:
    """Return the state before the first entry of the log that continues this one."""
    return structs.replace(history, size=0)


def check_signature(after: KeyHistory, envelope: Envelope, entry: Payload) -> KeyRecord:
    """Return the record of the key that signed an entry, if it may sign at this place.

    Args:
        after: the state that `advance` returned for this entry.

    Raises:
        KeyHistoryError: `unknown`, `ended` or `signer` (signed by another key).
        SignatureError: the signature does not hold.
    """
    position = entry.position
    party, author = position.author
    key = after.key_for(party, author, position.epoch, position.seq)
    if envelope.keyid != key.keyid:
        raise KeyHistoryError(
            "signer",
            f"expected entry {position.seq} of {party} {author} signed by key {key.keyid[:16]}..., "
            f"found key {envelope.keyid[:16]}...: the township must find out who holds that key",
        )
    check(envelope, key)
    return key.record


def _found(history: KeyHistory, body: Founding) -> KeyHistory:
    if history.county is not None or history.size > 0:
        raise KeyHistoryError(
            "founding",
            f"expected the founding as entry 0 alone, found another as entry {history.size}: the "
            "county must treat this log as ended here",
        )
    gateway, county = (_read(text, 0) for text in (body.gateway_key, body.county_key))
    roles = (gateway.record.role, county.record.role)
    if roles != ("gateway", "county") or gateway.record.domain != county.record.domain:
        raise KeyHistoryError(
            "founding",
            "expected the key of a gateway and of a county in one domain, found "
            f"{roles[0]} ({gateway.record.domain}) and {roles[1]} ({county.record.domain}): the "
            "township must begin again with the right key records",
        )
    if gateway.public.keyid == county.public.keyid:
        raise KeyHistoryError(
            "cloned",
            "expected two keys in the founding, found one twice: the county must make its own",
        )
    statement = keystatements.founding(gateway.sha256, county.sha256, body.nonce)
    _demand("possession", statement, gateway, body.by_gateway)
    _demand("agreement", statement, county, body.by_county)
    return KeyHistory(
        log=statement.sha256,
        county=county,
        gateway=gateway.record,
        chains={gateway.chain: (gateway,), county.chain: (county,)},
    )


def _enrol(history: KeyHistory, body: Enrolment) -> KeyHistory:
    key = _read(body.key, history.size)
    assert history.county is not None  # `advance` lets nothing but a founding before it
    _check_newcomer(history, key)
    previous = history.newest(key.record.role, key.record.holder)
    if previous is not None:
        _check_return(previous, key.record.epoch, body.closes)
    elif body.closes is not None:
        raise KeyHistoryError(
            "epoch",
            f"expected nothing to close before the first enrolment of {key.record.holder}, found "
            f"entry {body.closes}: the township must compare the identifiers",
        )
    statement = keystatements.enrolment(history.log, key.sha256, body.code_proof, body.closes)
    _demand("possession", statement, key, body.by_key)
    _demand("agreement", statement, history.county, body.by_county)
    chains = {**history.chains, key.chain: (key,)}
    if previous is not None and body.closes is not None:
        ended = structs.replace(previous, last_seq=body.closes)
        chains[previous.chain] = (*history.chains[previous.chain][:-1], ended)
    return structs.replace(history, chains=chains)


def _rotate(history: KeyHistory, body: Rotation) -> KeyHistory:
    key, old = _read(body.key, history.size), history.find(body.replaces)
    assert history.county is not None  # `advance` lets nothing but a founding before it
    if old is None or old.last_seq is not None:
        found = "no such key" if old is None else f"one that ended with entry {old.last_seq}"
        raise KeyHistoryError(
            "rotation",
            f"expected {key.record.holder} to replace a key that holds, found {found}: the holder "
            "must be enrolled again under the next epoch",
        )
    _check_same_holder(old.record, key.record)
    _check_unused(history, key)
    lowest = 0 if old.record.role == "county" else old.from_seq - 1
    if body.last_seq < lowest or (old.record.role == "county" and body.last_seq):
        raise KeyHistoryError(
            "rotation",
            f"expected the old key of {key.record.holder} to end at {lowest} or later (a county's "
            f"at 0), found {body.last_seq}: the holder must state its last entry anew",
        )
    statement = keystatements.rotation(history.log, key.sha256, body.replaces, body.last_seq)
    _demand("rotation", statement, old, body.by_old)
    _demand("possession", statement, key, body.by_key)
    if old.record.role != "county" or body.by_county is not None:
        _demand("agreement", statement, history.county, body.by_county)
    ended = structs.replace(old, last_seq=body.last_seq)
    key = structs.replace(key, from_seq=body.last_seq + 1)
    chains = {**history.chains, key.chain: (*history.chains[old.chain][:-1], ended, key)}
    county = key if key.record.role == "county" else history.county
    return structs.replace(history, chains=chains, county=county)


def _revoke(history: KeyHistory, body: KeyRevocation) -> KeyHistory:
    key = history.find(body.key)
    if key is None or key.record.role == "county":
        found = "no such key" if key is None else "the county's"
        raise KeyHistoryError(
            "revocation",
            f"expected the key of a device or of the gateway, found {found}: a county's key ends "
            "by its own rotation, or with the log",
        )
    if key.last_seq is not None and body.last_seq >= key.last_seq:
        raise KeyHistoryError(
            "revocation",
            f"expected an end before entry {key.last_seq} of {key.record.holder}, found "
            f"{body.last_seq}: what was revoked comes back only by enrolment, with the county",
        )
    keys = history.chains[key.chain]
    place = keys.index(key)
    # Its successors owe their place to a signature of this key, after its last valid entry.
    void = tuple(structs.replace(one, last_seq=one.from_seq - 1) for one in keys[place + 1 :])
    ended = structs.replace(key, last_seq=body.last_seq)
    chains = {**history.chains, key.chain: (*keys[:place], ended, *void)}
    return structs.replace(history, chains=chains)


def _read(text: str, index: int) -> Key:
    data = text.encode()
    record = codec.decode_message(codec.payload_type(KeyRecord.kind), data)
    assert isinstance(record, KeyRecord)
    return Key(public=algorithms.read(record), sha256=codec.sha256(data), index=index)


def _check_newcomer(history: KeyHistory, key: Key) -> None:
    record, gateway = key.record, history.gateway
    assert gateway is not None  # `advance` lets nothing but a founding before it
    if record.role == "county" or (record.role == "gateway" and record.holder != gateway.holder):
        raise KeyHistoryError(
            "record",
            f"expected a device or the gateway {gateway.holder}, found the {record.role} "
            f"{record.holder}: another county or gateway begins a log of its own",
        )
    expected, found = (gateway.township, gateway.domain), (record.township, record.domain)
    if expected != found:
        raise KeyHistoryError(
            "record",
            f"expected a key of township {expected[0]}, domain {expected[1]}, found "
            f"{found[0]}, domain {found[1]}: the holder must make a key for this township",
        )
    _check_unused(history, key)


def _check_unused(history: KeyHistory, key: Key) -> None:
    for other in history.all_keys():
        if key.public.key_ids & other.public.key_ids:
            raise KeyHistoryError(
                "cloned",
                f"expected a key that nobody had before, found the one of {other.record.holder}, "
                f"epoch {other.record.epoch}: {key.record.holder} must make a new key; if it was "
                "copied, the township must revoke it",
            )


def _check_return(previous: Key, epoch: int, closes: int | None) -> None:
    holder = previous.record.holder
    if epoch != previous.record.epoch + 1:
        raise KeyHistoryError(
            "epoch",
            f"expected {holder} to come back under epoch {previous.record.epoch + 1}, found epoch "
            f"{epoch}: the holder must make a key record for that epoch",
        )
    if (previous.last_seq is None) != (closes is not None):
        found = "nothing" if closes is None else f"entry {closes}"
        expected = "nothing more" if previous.last_seq is not None else "its last valid entry"
        raise KeyHistoryError(
            "epoch",
            f"expected the enrolment to close {expected} of epoch {previous.record.epoch} of "
            f"{holder}, found {found}: the township must state it anew",
        )
    if closes is not None and closes < previous.from_seq - 1:
        raise KeyHistoryError(
            "epoch",
            f"expected epoch {previous.record.epoch} of {holder} to close at entry "
            f"{previous.from_seq - 1} or later, found {closes}: revoke the earlier key instead",
        )


def _check_same_holder(old: KeyRecord, new: KeyRecord) -> None:
    expected, found = (
        (one.role, one.holder, one.epoch, one.township, one.domain) for one in (old, new)
    )
    if expected != found:
        raise KeyHistoryError(
            "rotation",
            f"expected a new key of {expected}, found one of {found}: a rotation keeps holder and "
            "epoch; another holder must be enrolled",
        )


def _demand(reason: str, statement: Statement, key: Key, signature: str | None) -> None:
    try:
        if signature is None:
            raise SignatureError("found none")
        statement.verify(key.public, signature)
    except SignatureError as error:
        holder = f"{key.record.role} {key.record.holder}"
        raise KeyHistoryError(
            reason,
            f"expected the signature of the {holder} under {statement.payload.decode()}, found "
            f"{'none' if signature is None else 'one that does not hold'}: the {holder} must sign "
            "this very statement",
        ) from error
