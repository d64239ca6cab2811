"""What the door answers: whose code, whose key, and who may have a certificate."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import structs

from gateway.ca import open_authority
from gateway.ceremonies import HOUR_MS
from gateway.commands_keys import RevokeKey
from gateway.config import load
from gateway.enrolling import CHALLENGE_S, Enrolling
from gateway.errors import NotFoundError, RequestRefusedError
from ledger import keyacts, keystatements
from ledger.enrolcodes import Code
from ledger.keyacts import EnrolmentDraft
from ledger.signers import Signer
from tests.gateway.key_acts import Keys

Town = Any


class Office:
    """A founded town and its enrolling, with clocks that a test turns."""

    def __init__(self, town: Town, config: Path) -> None:
        self.town, self.keys = town, Keys(town).found()
        self.now_s = 0.0
        self.enrolling = Enrolling(
            load(config),
            open_authority(town.folder / "ca", "gw-1"),
            self._keys,
            self._last_seq,
            "mqtts://127.0.0.1:8883",
            lambda: town.now_ms,
            lambda: self.now_s,
        )
        link = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip
        self.link = base64.b64encode(link).decode()

    def _keys(self) -> Any:
        with self.town.store.reader() as reader:
            return self.town.intake.keys.at(reader)

    def _last_seq(self, machine: str, epoch: int) -> int:
        with self.town.store.reader() as reader:
            head = reader.head("device", machine, epoch)
        return 0 if head is None else int(head.seq)

    def draft(self, code: Code, signer: Signer, **changes: Any) -> EnrolmentDraft:
        """Return what a machine presents."""
        facts = self.enrolling.begin(code, "h")
        proof = keystatements.code_proof(code.secret, signer.record_sha256)
        fields = {"code_proof": proof, "closes": facts.closes, **changes}
        statement = keystatements.enrolment(
            facts.log, signer.record_sha256, fields["code_proof"], fields["closes"]
        )
        return EnrolmentDraft(
            log=facts.log,
            key=keyacts.text(signer.record),
            by_key=statement.sign(signer),
            **fields,
        )

    def certify(self, signer: Signer, challenge: str = "", **changes: Any) -> Any:
        """Ask for a certificate as the holder of a key."""
        challenge = challenge or self.enrolling.challenge()
        record = signer.record
        statement = keystatements.link(record.holder, record.epoch, self.link, challenge)
        asked: dict[str, Any] = {
            "machine": record.holder,
            "epoch": record.epoch,
            "link_key": self.link,
            "challenge": challenge,
            "signature": statement.sign(signer),
        }
        return self.enrolling.certificate(**{**asked, **changes})


@pytest.fixture
def office(town: Town, write_config: Callable[..., Path]) -> Office:
    return Office(town, write_config(town.folder))


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(RequestRefusedError) as caught:
        act()
    return caught.value.reason


def test_code_is_kept_as_its_hash_alone(office: Office) -> None:
    code = office.enrolling.issue("m-1", "li")

    (path,) = (office.town.folder / "state" / "enrolments").iterdir()

    assert code.secret not in path.read_text()
    assert code.sha256 in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_machine_that_is_not_configured_gets_no_code(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.enrolling.issue("m-9", "li")


def test_code_expires_before_its_first_use_and_not_after(office: Office) -> None:
    late = office.enrolling.issue("m-1", "li", 1)
    in_time = office.enrolling.issue("m-2", "li", 1)
    draft = office.draft(in_time, office.keys.make("m-2", "device", epoch=2))
    office.enrolling.present(in_time, draft)
    office.town.now_ms += HOUR_MS + 1

    assert reason(lambda: office.enrolling.begin(late, "h")) == "code-expired"
    assert office.enrolling.present(in_time, draft) == "waiting"


def test_new_code_ends_the_one_before(office: Office) -> None:
    first = office.enrolling.issue("m-1", "li")
    office.enrolling.issue("m-1", "li")

    assert reason(lambda: office.enrolling.begin(first, "h")) == "code-unknown"


@pytest.mark.parametrize("changes", [{"code_proof": "1" * 64}, {"closes": 7}])
def test_draft_without_the_proof_of_the_code_is_refused(
    office: Office, changes: dict[str, Any]
) -> None:
    code = office.enrolling.issue("m-1", "li")
    draft = office.draft(code, office.keys.make("m-1", "device", epoch=2), **changes)

    assert reason(lambda: office.enrolling.present(code, draft)) == "key-form"


def test_key_of_another_holder_role_or_epoch_is_refused(office: Office) -> None:
    code = office.enrolling.issue("m-1", "li")
    strangers = [
        office.keys.make("m-2", "device", epoch=2),
        office.keys.make("m-1", "device", epoch=9),
        office.keys.make("m-1", "log", epoch=2, name="log"),
    ]

    found = {
        reason(lambda one=one: office.enrolling.present(code, office.draft(code, one)))  # type: ignore[misc]
        for one in strangers
    }

    assert found == {"key-form"}


def test_signature_of_somebody_else_is_no_possession(office: Office) -> None:
    code = office.enrolling.issue("m-1", "li")
    draft = office.draft(code, office.keys.make("m-1", "device", epoch=2))

    forged = structs.replace(draft, by_key="A" * 86 + "==")

    assert reason(lambda: office.enrolling.present(code, forged)) == "key-form"


def test_certificate_needs_the_key_that_holds_now(office: Office) -> None:
    signer = office.town.machines["m-1"].signer
    office.keys.enrol(signer)
    given = office.certify(signer)
    other = office.keys.make("m-1", "device", name="copy")

    pem = x509.load_pem_x509_certificate(given.certificate.encode())
    names = pem.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found = [
        reason(lambda: office.certify(other)),
        reason(lambda: office.certify(signer, epoch=2)),
        reason(lambda: office.certify(signer, machine="m-2")),
        reason(lambda: office.certify(signer, machine="m-9")),
        reason(lambda: office.certify(signer, link_key="AAAA")),
    ]

    assert [name.value for name in names] == ["m-1"]
    assert given.renew_s == 10 * 24 * 3600
    assert found == ["key-form", "shut-out", "key-form", "shut-out", "key-form"]


def test_challenge_is_fresh_and_ours(office: Office) -> None:
    signer = office.town.machines["m-1"].signer
    office.keys.enrol(signer)
    old = office.enrolling.challenge()
    office.now_s = CHALLENGE_S + 1
    foreign = base64.b64encode(bytes(24)).decode()

    found = [
        reason(lambda: office.certify(signer, old)),
        reason(lambda: office.certify(signer, foreign)),
        reason(lambda: office.certify(signer, "no base64")),
    ]

    assert found == ["challenge"] * 3


def test_revoked_machine_gets_no_certificate(office: Office) -> None:
    signer = office.town.machines["m-1"].signer
    office.keys.enrol(signer)
    order = RevokeKey(by="cli-x", machine="m-1", last_seq=None, reason="lost")
    office.town.order(order, operator=True)

    assert reason(lambda: office.certify(signer)) == "shut-out"


def test_certificate_does_not_ask_for_the_gateways_date(office: Office) -> None:
    signer = office.town.machines["m-1"].signer
    office.keys.enrol(signer)

    for years in (-2, 2):
        office.town.now_ms += years * 365 * 24 * HOUR_MS
        assert office.certify(signer).certificate


def test_machine_that_comes_back_closes_its_last_epoch_at_the_logs_head(office: Office) -> None:
    town, machine = office.town, office.town.machines["m-1"]
    office.keys.enrol(machine.signer)
    town.take(*(machine.message(machine.beat()) for _ in range(3)))

    facts = office.enrolling.begin(office.enrolling.issue("m-1", "li"), "10.0.0.2")

    assert (facts.epoch, facts.closes) == (2, 3)
    assert facts.broker == "mqtts://10.0.0.2:8883"
    assert {keyacts.record(text).role for text in facts.records} == {"gateway", "log"}
