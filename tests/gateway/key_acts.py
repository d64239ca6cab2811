"""Builders for tests of keys in the gateway: a founded log, a county that agrees, newcomers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from gateway import founding
from gateway.commands_keys import AgreeKey
from ledger import keyacts, keystatements
from ledger.keyacts import Draft, EnrolmentDraft, FoundingDraft, RotationDraft
from ledger.keystate import KeyHistory
from ledger.signers import Signer, keyfile

CODE = "K7PQ2M4XK7PQ2M4X"


def write_founding(path: Path, gateway: Signer, county: Signer, **changes: Any) -> Path:
    """Write the founding of a log on these keys, agreed by the county."""
    nonce = "7" * 64
    statement = keystatements.founding(gateway.record_sha256, county.record_sha256, nonce)
    draft = FoundingDraft(
        gateway_key=keyacts.text(gateway.record),
        county_key=keyacts.text(county.record),
        nonce=nonce,
        by_gateway=statement.sign(gateway),
    )
    agreed = keyacts.agree(draft, county)
    path.write_bytes(keyacts.encode(structs.replace(agreed, **changes)))
    return path


def in_the_field(folder: Path, config: str) -> str:
    """Return a configuration in the field, with the founding that it needs there.

    Args:
        folder: has the key `gw-1.pem` with its record; the county's, `c-1.pem`, is made there.
    """
    township = keyfile.read_record(folder / "gw-1.json").township
    keyfile.create(folder / "c-1.pem", folder / "c-1.json", holder="c-1", role="county",
                   township=township, epoch=1, domain="field")  # fmt: skip
    own = (keyfile.load(folder / f"{one}.pem", folder / f"{one}.json") for one in ("gw-1", "c-1"))
    write_founding(folder / "founding.json", *own)
    return config.replace('domain = "sim"', 'domain = "field"\nfounding = "founding.json"')


class Keys:
    """The acts of a town (of tests/gateway/conftest.py) and of its county."""

    def __init__(self, town: Any) -> None:
        self.town = town
        self.county = self.make("county-1", "county")

    def make(self, holder: str, role: str, epoch: int = 1, name: str = "") -> Signer:
        """Make a key of a holder and return its signer."""
        folder: Path = self.town.folder / "keys"
        name = name or f"{holder}-{epoch}"
        township = self.town.signer.record.township
        keyfile.create(
            folder / f"{name}.key",
            folder / f"{name}.json",
            holder=holder,
            role=role,
            epoch=epoch,
            township=township,
            domain="sim",
        )
        return keyfile.load(folder / f"{name}.key", folder / f"{name}.json")

    def founding(self, **changes: Any) -> Path:
        """Write the founding, agreed by the county, and return its file."""
        path: Path = self.town.folder / "founding.json"
        return write_founding(path, self.town.signer, self.county, **changes)

    def found(self) -> Keys:
        """Begin the town's log with its keys."""
        town = self.town
        founding.begin(self.founding(), town.store, town.public, town.log, town.intake.keys)
        return self

    def agree(self, draft: Draft) -> Draft:
        """Return the draft with the county's signature."""
        return keyacts.agree(draft, self.county)

    def history(self) -> KeyHistory:
        """Return the keys of the log as it stands."""
        with self.town.store.reader() as reader:
            found: KeyHistory = self.town.intake.keys.at(reader).history
        return found

    def enrolment(self, signer: Signer, closes: int | None = None, log: str = "") -> EnrolmentDraft:
        """Return the wish of a holder to enter, with the proof that it has the key."""
        proof = keystatements.code_proof(CODE, signer.record_sha256)
        log = log or self.history().log
        statement = keystatements.enrolment(log, signer.record_sha256, proof, closes)
        return EnrolmentDraft(
            log=log,
            key=keyacts.text(signer.record),
            code_proof=proof,
            closes=closes,
            by_key=statement.sign(signer),
        )

    def rotation(self, old: Signer, new: Signer, last_seq: int) -> RotationDraft:
        """Return the wish of a holder to go on under another key."""
        log = self.history().log
        statement = keystatements.rotation(log, new.record_sha256, old.record_sha256, last_seq)
        return RotationDraft(
            log=log,
            key=keyacts.text(new.record),
            replaces=old.record_sha256,
            last_seq=last_seq,
            by_old=statement.sign(old),
            by_key=statement.sign(new),
        )

    def enter(self, draft: Draft, by: str = "cli-root", *, agreed: bool = True) -> object:
        """Bring an act to the town, agreed by the county unless told otherwise."""
        carried = keyacts.encode(self.agree(draft) if agreed else draft)
        order = AgreeKey(by=by, draft=carried)
        return self.town.order(order, operator=by.startswith("cli-")).answer

    def enrol(self, signer: Signer, closes: int | None = None) -> None:
        """Let a key in."""
        self.enter(self.enrolment(signer, closes))
