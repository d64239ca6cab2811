"""A township whose log begins with its keys, for tests of verifier and monitor."""

from __future__ import annotations

from typing import Any

from bench.public_log import Author
from ledger import codec, keystatements
from ledger.records_keys import Enrolment, Founding, KeyRevocation
from ledger.signers.keyfile import KeyFileSigner
from tests.ledger.public_town import Township, make_signer

COUNTY = make_signer("county-1", "county", 50)


def text(signer: KeyFileSigner) -> str:
    return codec.encode_message(signer.record).decode()


class Founded(Township):
    """A township whose log begins with its keys."""

    def __init__(self, county: KeyFileSigner = COUNTY) -> None:
        super().__init__(2)
        self.county = county
        own = self.gateway.signer
        statement = keystatements.founding(own.record_sha256, county.record_sha256, "0" * 64)
        self.log = statement.sha256
        founding = Founding(
            gateway_key=text(own), county_key=text(county), nonce="0" * 64,
            by_gateway=statement.sign(own), by_county=statement.sign(county),
        )  # fmt: skip
        self.add(self.gateway, founding)

    def enrol(self, machine: Author, **changes: Any) -> None:
        sha256 = machine.signer.record_sha256
        statement = keystatements.enrolment(self.log, sha256, "1" * 64, None)
        fields: dict[str, Any] = {
            "key": text(machine.signer),
            "code_proof": "1" * 64,
            "closes": None,
            "by_key": statement.sign(machine.signer),
            "by_county": statement.sign(self.county),
        }
        self.add(self.gateway, Enrolment(**{**fields, **changes}))

    def revoke(self, machine: Author, last_seq: int) -> None:
        body = KeyRevocation(
            key=machine.signer.record_sha256, last_seq=last_seq, by="a-li", reason="stolen"
        )
        self.add(self.gateway, body)
