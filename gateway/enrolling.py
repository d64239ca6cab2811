"""Enrolling: how a machine gets in, and how its certificate is renewed, as the door's pages ask.

Rules kept here:
- Who presents a code gets facts that are public; a key enters the log only when its holder has
  shown to have it and the county has agreed.
- A certificate is given to whoever proves to hold, now, the signing key that holds now. Neither
  the dates of an old certificate nor the machine's clock matter: they must not strand a village.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.ca import DAY_MS, Authority
from gateway.ceremonies import HOUR_MS, Ceremonies, Ceremony
from gateway.config import GatewayConfig
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register.keybook import Keys
from ledger import algorithms, codec, enrolcodes, keyacts, keystatements
from ledger.enrolcodes import Code
from ledger.errors import LedgerError
from ledger.keyacts import EnrolmentDraft, Facts
from ledger.messages import KeyRecord

CODE_HOURS = 24
CHALLENGE_S = 300.0
RENEW_PARTS = 3  # a certificate is renewed after a third of its life

State = Literal["waiting", "admitted"]


class Certified(Struct, frozen=True):
    """A certificate for a link, and after how many seconds to ask for the next."""

    certificate: str
    renew_s: int


class Enrolling:
    """Answers the door; safe between threads.

    Args:
        keys: the keys as the log says now.
        last_seq: gives the last seq in the log of a machine's epoch, 0 without any.
        broker: where the embedded broker answers.
        now_ms: the gateway's time.
        now_s: monotonic seconds; challenges are timed by it.
    """

    def __init__(
        self,
        config: GatewayConfig,
        authority: Authority,
        keys: Callable[[], Keys],
        last_seq: Callable[[str, int], int],
        broker: str,
        now_ms: Callable[[], int],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self.authority, self._keys = config, authority, keys
        self._last_seq, self._broker = last_seq, broker
        self._now_ms, self._now_s = now_ms, now_s
        self._ceremonies = Ceremonies(config.state / "enrolments")
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)

    def issue(self, machine: str, by: str, hours: int = CODE_HOURS) -> Code:
        """Return a new one-time code for a machine; it is shown once and kept as a hash.

        Raises:
            NotFoundError: the configuration names no such machine.
            RequestRefusedError: `not-founded`: nothing can be enrolled in this log.
        """
        if machine not in {one.id for one in self._config.machines}:
            raise NotFoundError(
                f"expected a machine that the configuration names, found {machine!r}"
            )
        keys = self._founded()
        code = enrolcodes.make(self.authority.fingerprint)
        epoch, closes = self._next(keys, machine)
        ceremony = Ceremony(
            machine=machine,
            code_sha256=code.sha256,
            expires_ms=self._now_ms() + hours * HOUR_MS,
            issued_by=by,
            epoch=epoch,
            closes=closes,
        )
        with self._lock:
            self._ceremonies.put(ceremony)
        return code

    def begin(self, code: Code, host: str) -> Facts:
        """Return what the machine of a code has to know before it makes its keys.

        Args:
            host: where the machine reached us; there it reaches the embedded broker, too.

        Raises:
            RequestRefusedError: `code-unknown`, `code-expired` or `not-founded`.
        """
        keys, config = self._founded(), self._config
        ceremony = self._ceremonies.by_code(code, self._now_ms())
        machine = next(one for one in config.machines if one.id == ceremony.machine)
        village = next(one for one in config.villages if one.code == machine.village)
        trusted = (one for one in keys.folder.records() if one.role != "device")
        holding = (one for one in map(keyacts.text, trusted) if keys.holds(one))
        return Facts(
            machine=machine.id,
            township=config.township,
            village=village.code,
            village_name=village.name,
            domain=config.domain,
            epoch=ceremony.epoch,
            closes=ceremony.closes,
            log=keys.history.log,
            log_domain=config.log.domain,
            county=config.log.county,
            broker=self._broker_at(host),
            records=tuple(holding),
        )

    def present(self, code: Code, draft: EnrolmentDraft) -> State:
        """Take a machine's wish to enter; say whether it is in the log by now.

        Raises:
            RequestRefusedError: the code as in `begin`, `code-used`, or `key-form`: not a key
                that may enter, or not the proof that the holder has it and knew the code.
        """
        keys = self._founded()
        with self._lock:
            ceremony = self._ceremonies.by_code(code, self._now_ms())
            record = _judge(code, draft, ceremony, keys)
            self._ceremonies.bind(ceremony, draft)
        return "admitted" if keys.admitted(ceremony.machine) == record else "waiting"

    def waiting(self, machine: str) -> EnrolmentDraft:
        """Return the wish of a machine that waits for the county.

        Raises:
            NotFoundError: it has presented none.
        """
        draft = self._ceremonies.of(machine).draft
        if draft is None:
            raise NotFoundError(
                f"expected the key of {machine}, found none yet: run seal-device enrol there"
            )
        return draft

    def challenge(self) -> str:
        """Return something new to sign; it is worth nothing after five minutes."""
        stamp = round(self._now_s() * 1000).to_bytes(8, "big")
        return base64.b64encode(stamp + self._mac(stamp)).decode()

    def certificate(
        self, machine: str, epoch: int, link_key: str, challenge: str, signature: str
    ) -> Certified:
        """Return a certificate for the link of whoever holds the machine's signing key now.

        Args:
            link_key: public key of the link, DER in base64.
            signature: by the signing key over `ledger.keystatements.link`, base64.

        Raises:
            RequestRefusedError: `challenge`, `shut-out`, `key-form` or `link-key`.
        """
        self._check_challenge(challenge)
        record = self._keys().admitted(machine)
        known = machine in {one.id for one in self._config.machines}
        if record is None or record.epoch != epoch or not known:
            raise RequestRefusedError(
                "shut-out", f"expected a machine whose key holds, found {machine!r}, epoch {epoch}"
            )
        statement = keystatements.link(machine, epoch, link_key, challenge)
        try:
            statement.verify(algorithms.read(record), signature)
            public = base64.b64decode(link_key, validate=True)
        except (LedgerError, ValueError) as error:
            raise RequestRefusedError("key-form", f"{machine}: {error}") from error
        days = self._config.broker.certificate_days
        pem = self.authority.machine(machine, public, self._now_ms(), days)
        return Certified(pem.decode(), days * DAY_MS // 1000 // RENEW_PARTS)

    def _broker_at(self, host: str) -> str:
        if self._config.broker.url != "embedded":
            return self._config.broker.url
        return f"mqtts://{host}:{urlsplit(self._broker).port}"

    def _founded(self) -> Keys:
        keys = self._keys()
        if not keys.founded:
            raise RequestRefusedError(
                "not-founded", "expected a log that began with its founding, found one without"
            )
        return keys

    def _next(self, keys: Keys, machine: str) -> tuple[int, int | None]:
        """Return the epoch under which a machine comes, and the entry that ends the one before."""
        newest = keys.history.newest("device", machine)
        if newest is not None:
            last = newest.last_seq
            epoch = newest.record.epoch
            return epoch + 1, None if last is not None else self._last_seq(machine, epoch)
        known = keys.folder.of(machine, "device")
        return (1 if known is None else known.epoch + 1), None

    def _mac(self, stamp: bytes) -> bytes:
        return hmac.digest(self._secret, stamp, "sha256")[:16]

    def _check_challenge(self, text: str) -> None:
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError:
            raw = b""
        age_s = self._now_s() - int.from_bytes(raw[:8], "big") / 1000
        ours = len(raw) == 24 and hmac.compare_digest(raw[8:], self._mac(raw[:8]))
        if not ours or age_s > CHALLENGE_S:
            raise RequestRefusedError(
                "challenge", "expected a challenge of the last five minutes, found another"
            )


def _judge(code: Code, draft: EnrolmentDraft, ceremony: Ceremony, keys: Keys) -> KeyRecord:
    """Return the record of a draft's key, if it is the one that this ceremony is for."""
    try:
        record = keyacts.newcomer(draft).record
    except LedgerError as error:
        raise RequestRefusedError("key-form", f"{ceremony.machine}: {error}") from error
    gateway = keys.history.gateway
    assert gateway is not None, "the log is founded"
    proof = keystatements.code_proof(code.secret, codec.sha256(draft.key.encode()))
    expected = ("device", ceremony.machine, ceremony.epoch, gateway.township, gateway.domain)
    found = (record.role, record.holder, record.epoch, record.township, record.domain)
    if expected != found:
        raise RequestRefusedError("key-form", f"expected a key of {expected}, found {found}")
    bound = (keys.history.log, ceremony.closes)
    if (draft.log, draft.closes) != bound or not hmac.compare_digest(draft.code_proof, proof):
        raise RequestRefusedError(
            "key-form",
            f"expected the key of {ceremony.machine} for this log with the proof of its code",
        )
    return record
