"""Enrolling: how this machine gets its keys, its certificate and the trust of its township.

Rules kept here:
- The township is believed because its authority is the one that the code names.
- Every file is whole or absent; private ones have mode 0600. What is there is taken up again, so
  that a run that was cut anywhere is repeated with the same code and comes to the same end.
- The signing key is made here, or in a token, and never leaves.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from device import door
from device.door import Door
from device.errors import EnrolmentError
from ledger import codec, keyacts, keystatements
from ledger.enrolcodes import Code
from ledger.keyacts import EnrolmentDraft, Facts
from ledger.messages import KeyRecord
from ledger.signers import Signer, choice, keyfile, pkcs11
from ledger.signers.second import Algorithm

ASK_AGAIN_S = 5.0


class Wish(Struct, frozen=True, kw_only=True):
    """What a person ordered.

    Args:
        gateway: address of the township's door, `https://host:port`.
        token: where to keep the signing key instead of a file.
        alg: of a key in a token.
        second: the algorithm of a second key, in a file beside the first one's.
    """

    gateway: str
    code: Code
    out: Path
    token: pkcs11.Options | None = None
    alg: str = "ed25519"
    second: Algorithm | None = None


class Enrolled(Struct, frozen=True):
    """What came of it; `state` is `waiting` (for the county) or `admitted`."""

    state: str
    facts: Facts
    record: Path


def enrol(wish: Wish, told: Callable[[str], None]) -> Enrolled:
    """Go as far as the township lets us; to be called again while it says `waiting`.

    Args:
        told: hears each step that is done.

    Raises:
        EnrolmentError: refused, unreachable, or another township answers.
        LedgerError: a key here cannot be used.
    """
    out = wish.out
    pem = _authority(wish)
    told("authority")
    township = Door(wish.gateway, pem)
    facts = door.answer(township.ask("/v1/begin", {"code": str(wish.code)}), Facts)
    trusted = tuple(_trusted(text, facts) for text in facts.records)
    told("facts")
    signer, record = _signer(wish, facts)
    told("keys")
    draft = _draft(wish.code, facts, signer)
    question = {"code": str(wish.code), "draft": keyacts.encode(draft).decode()}
    state = door.answer(township.ask("/v1/present", question), dict[str, str]).get("state", "")
    told("presented")
    if state != "admitted":
        return Enrolled("waiting", facts, record)
    link = out / "link.key"
    door.make_link_key(link)
    given = township.certificate(signer, link)
    keyfile.write_durable(
        out / "link.pem", given.certificate.encode(), keyfile.PRIVATE, replace=True
    )
    told("certificate")
    for one in trusted:
        name = f"{one.holder}-{one.epoch}-{one.role}-{one.alg}.json"
        _write(out / "trusted" / name, codec.encode_message(one))
    told("trusted")
    _write(out / "township.toml", _settings(wish, facts, record).encode())
    told("settings")
    return Enrolled("admitted", facts, record)


def until_admitted(wish: Wish, wait_s: float, told: Callable[[str], None]) -> Enrolled:
    """As `enrol`, and ask again until the county has agreed, for at most so many seconds.

    Raises:
        EnrolmentError: `county-waits`, and as `enrol`.
    """
    end_s, pause = time.monotonic() + wait_s, threading.Event()
    while (enrolled := enrol(wish, told)).state != "admitted":
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            raise EnrolmentError(
                "county-waits",
                f"expected the county's agreement to {enrolled.facts.machine}, found none yet: the "
                "township carries the request there; then run this again with the same code",
            )
        pause.wait(min(ASK_AGAIN_S, left_s))
    return enrolled


def _authority(wish: Wish) -> str:
    path = wish.out / "ca.pem"
    if path.exists():
        pem = path.read_text(encoding="ascii", errors="replace")
        door.check_authority(pem, wish.code)
        return pem
    pem = door.authority(wish.gateway, wish.code)
    _write(path, pem.encode())
    return pem


def _trusted(text: str, facts: Facts) -> KeyRecord:
    record = keyacts.record(text)
    if record.role == "device" or record.domain != facts.domain:
        raise EnrolmentError(
            "malformed",
            f"expected key records of the township in the {facts.domain} domain, found one of "
            f"{record.role} {record.holder} in the {record.domain} domain",
        )
    return record


def _signer(wish: Wish, facts: Facts) -> tuple[Signer, Path]:
    """Return our signing key of this epoch, made now if it is not there."""
    holder: dict[str, Any] = {
        "holder": facts.machine,
        "role": "device",
        "township": facts.township,
        "epoch": facts.epoch,
        "domain": facts.domain,
    }
    folder, name = wish.out, f"{facts.machine}-{facts.epoch}"
    record = folder / f"{name}.json"
    keyfile.complete_opener(folder / f"{name}-reference.key", folder / f"{name}-reference.json",
                            **holder)  # fmt: skip
    if wish.token is None:
        key = folder / f"{name}.key"
        keyfile.complete(key, record, keyfile.Kind(second=wish.second), **holder)
        return choice.load(key, None, record), record
    if not record.exists():
        pkcs11.create(wish.token, record, wish.alg, **holder)
    return choice.load(None, wish.token, record), record


def _draft(code: Code, facts: Facts, signer: Signer) -> EnrolmentDraft:
    proof = keystatements.code_proof(code.secret, signer.record_sha256)
    statement = keystatements.enrolment(facts.log, signer.record_sha256, proof, facts.closes)
    return EnrolmentDraft(
        log=facts.log,
        key=keyacts.text(signer.record),
        code_proof=proof,
        closes=facts.closes,
        by_key=statement.sign(signer),
    )


def _settings(wish: Wish, facts: Facts, record: Path) -> str:
    """Return the part of the agent's configuration that follows from the enrolment."""
    name = f"{facts.machine}-{facts.epoch}"
    keys = [f'record = "{record.name}"', f'reference = "{name}-reference.key"']
    keys.append('trusted = "trusted"')
    if wish.token is None:
        keys.append(f'key = "{name}.key"')
    else:
        token = wish.token
        keys.append(
            f"token = {{ module = {_text(token.module)}, token = {_text(token.token)}, "
            f"key = {_text(token.key)}, pin_file = {_text(token.pin_file.absolute())} }}"
        )
    lines = [
        f"device = {_text(facts.machine)}",
        f"township = {_text(facts.township)}",
        f"village = {_text(facts.village)}",
        f"village_name = {_text(facts.village_name)}",
        f"domain = {_text(facts.domain)}",
        "",
        "[keys]",
        *keys,
        "",
        "[log]",
        f"domain = {_text(facts.log_domain)}",
        f"county = {_text(facts.county)}",
        f"founding = {_text(facts.log)}",
        "",
        "[broker]",
        f"url = {_text(facts.broker)}",
        'ca_file = "ca.pem"',
        'cert_file = "link.pem"',
        'key_file = "link.key"',
        "pinned = true",
        f"door = {_text(wish.gateway)}",
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, data: bytes) -> None:
    """Put a file there, unless the same one is there already."""
    if not path.exists() or path.read_bytes() != data:
        keyfile.write_durable(path, data, keyfile.PRIVATE, replace=True)


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)  # a TOML string as well
