"""Log: the gateway's own entries, signed and put in sequence, and the messages it signs.

Every fact that the gateway adds (approvals, permits, refusals, alerts ...) is an entry of its own
chain in the same log; nothing edits a device's entry.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping

import msgspec
import structlog
from msgspec import Struct

from gateway.errors import StoreError
from gateway.stores import History, Transaction
from gateway.stores.alerts import About, case_id
from gateway.stores.views import Alert, Signed, StoredEntry
from ledger import chain, codec, disclosure, envelope
from ledger.chain import Head
from ledger.disclosure import Opened, Opening
from ledger.messages import Acknowledgement, AnswerWords, OpeningStored, PhotoResult, VillageList
from ledger.records import AlertRecord, CaseStep, Record
from ledger.signers import Signer

Judge = Callable[[StoredEntry, History], Iterable[Alert]]
JudgeTime = Callable[[History, int], Iterable[Alert]]
log = structlog.get_logger()

Answerable = Acknowledgement | AnswerWords | OpeningStored | PhotoResult | VillageList


class Letter(Struct, frozen=True, kw_only=True):
    """A message for a machine; it is handed to the bus after the commit.

    `until_ms`: how long a retained message should stay, or None for one that is sent once.
    """

    topic: str
    payload: bytes
    until_ms: int | None = None


class GatewayLog:
    """Signs for one gateway; belongs to the writer thread.

    Args:
        boot: number of this start of the gateway.
    """

    def __init__(self, signer: Signer, boot: int) -> None:
        self._signer = signer
        self._boot = boot
        record = signer.record
        self._genesis = Head(
            party="gateway",
            author=record.holder,
            epoch=record.epoch,
            seq=0,
            sha256=signer.record_sha256,
        )

    @property
    def gateway(self) -> str:
        """The gateway's own identifier."""
        return self._genesis.author

    def append(
        self,
        transaction: Transaction,
        body: Record,
        now_ms: int,
        opened: Mapping[str, Opened] | None = None,
    ) -> StoredEntry:
        """Append an entry of our own, with what opens its commitments beside it.

        Raises:
            StoreError: the store cannot be written.
        """
        genesis = self._genesis
        head = transaction.head("gateway", genesis.author, genesis.epoch) or genesis
        position = chain.follow(head, self._boot, now_ms, None)
        type_text = codec.payload_type(body.kind)
        payload = codec.encode_entry(position, body)
        signed = Signed(
            payload=codec.decode_entry(type_text, payload),
            keyid=self._signer.keyid,
            envelope=envelope.sign(type_text, payload, self._signer),
            received_ms=now_ms,
        )
        entry = transaction.append(signed, head)
        if opened:
            opening = disclosure.encode(Opening(entry.sha256, dict(opened)))
            transaction.put_opening(entry.sha256, opening, now_ms)
        return entry

    def raise_alert(self, transaction: Transaction, alert: Alert, now_ms: int) -> bool:
        """Record an alert, unless one with its key is recorded already.

        Public is that there is one; what it is about stays beside the log, also its key, from
        which a rule and an entry could be guessed.
        """
        if transaction.alert_keyed(alert.key) is not None:
            return False
        finding = {"key": alert.finding.key, "values": dict(alert.finding.values)}
        about = About(
            rule=alert.code,
            severity=alert.severity,
            entry=alert.entry,
            machine=alert.machine,
            key=alert.key,
        )
        fields, opened = disclosure.withhold(
            {"finding": finding, "about": msgspec.to_builtins(about)}
        )
        body = AlertRecord(
            alert=f"al-{secrets.token_hex(12)}",
            about_commitment=fields["about_commitment"],
            finding_commitment=fields["finding_commitment"],
        )
        self.append(transaction, body, now_ms, opened)
        if alert.follow_up:
            self._follow_up(transaction, body.alert, alert.follow_up, now_ms)
        return True

    def _follow_up(self, transaction: Transaction, alert: str, text: str, now_ms: int) -> None:
        """Open the case of an alert that nobody may pass over."""
        fields, opened = disclosure.withhold({"text": text, "by": self.gateway})
        body = CaseStep(
            case=case_id(alert),
            alert=alert,
            step="opened",
            text_commitment=fields["text_commitment"],
            by_commitment=fields["by_commitment"],
        )
        self.append(transaction, body, now_ms, opened)

    def raise_found(
        self, transaction: Transaction, find: Callable[[], Iterable[Alert]], now_ms: int
    ) -> None:
        """Record what rules find; a rule that fails must not keep an entry out of the log.

        Raises:
            StoreError: the store cannot be read or written.
        """
        try:
            found = tuple(find())
        except StoreError:
            raise
        except Exception:
            log.exception("alert_rule_failed")
            return
        for alert in found:
            self.raise_alert(transaction, alert, now_ms)

    def seal(self, message: Answerable) -> bytes:
        """Return the signed envelope of a message that is no entry."""
        payload = codec.encode_message(message)
        return envelope.sign(codec.payload_type(message.kind), payload, self._signer)
