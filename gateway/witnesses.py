"""Witnesses: ask them to cosign a head of our log, and understand what they say.

Source: c2sp.org/tlog-witness. A witness that knows more than we do, or something else, has shown
that our store is not the one that published: nothing may be signed any more. What it knows is
kept as evidence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from gateway import files, witness_client
from gateway.config import LogConfig
from gateway.errors import ConfigError, GatewayError, RollbackError, WitnessError
from gateway.register.publish import Head
from gateway.witness_client import Said
from ledger import checkpoint, growth, notes, policy, proofs
from ledger.errors import LedgerError
from ledger.growth import Growth
from ledger.notes import Note, NoteKey
from ledger.spelling import decimal
from ledger.tree import HashReader

PATIENCE_S = 1.0  # for one answer
_TRIES = 3  # a size that we did not expect is tried once; another change of mind is not waited for

log = structlog.get_logger()


class Witness(Struct, frozen=True):
    """A witness; `url` None: it is reached by file."""

    name: str
    key: NoteKey
    url: str | None = None
    ca: Path | None = None


class RefusedError(GatewayError):
    """A witness does not cosign, for a reason that says nothing of our log's past."""

    code = "witness-refused"
    hint = "Ask the witness's operator whether this log and its key are configured there."


def configured(config: LogConfig) -> tuple[Witness, ...]:
    """Return the witnesses of a configuration.

    Raises:
        ConfigError: a verifier key or URL that cannot be used, or a name or key twice.
    """
    found = []
    for one in config.witnesses:
        try:
            key = notes.parse_vkey(one.vkey)
        except LedgerError as error:
            raise ConfigError(f"log.witnesses.{one.name}.vkey: {error}") from error
        if one.url is not None:
            witness_client.check_url(one.url)
        found.append(Witness(one.name, key, one.url, one.ca))
    policy_text(config)
    return tuple(found)


def policy_text(config: LogConfig, vkey: str | None = None) -> bytes:
    """Return the policy that we publish (c2sp.org/tlog-policy) for the log of a verifier key.

    Raises:
        ConfigError: the witnesses and the quorum do not make one.
    """
    lines = [] if vkey is None else [f"log {vkey}"]
    for one in config.witnesses:
        lines.append(f"witness {one.name} {one.vkey}" + (f" {one.url}" if one.url else ""))
    if config.witnesses and config.quorum != "none":
        names = " ".join(one.name for one in config.witnesses)
        lines += [f"group witnesses {config.quorum} {names}", "quorum witnesses"]
    else:
        lines.append("quorum none")
    text = "\n".join([*lines, ""]).encode()
    try:
        policy.parse(text)
    except LedgerError as error:
        raise ConfigError(f"log.witnesses: {error}") from error
    return text


class Asker:
    """Asks witnesses over HTTP; belongs to one thread.

    Args:
        evidence: folder for what contradicts us.
    """

    def __init__(self, evidence: Path, patience_s: float = PATIENCE_S) -> None:
        self._evidence, self._patience_s = evidence, patience_s

    def cosigned(
        self, witness: Witness, head: Head, known: int, read: HashReader, held: int
    ) -> bytes | None:
        """Return the head with the witness's cosignature.

        Args:
            known: size that the witness probably knows.
            read: the hashes of our log, at least as far as `head`.
            held: how many entries our store holds by now; a witness that knows more than `head`
                and no more than that has been asked for a newer one meanwhile: None.

        Raises:
            WitnessError: it does not answer.
            RefusedError: it does not cosign.
            RollbackError: it knows more than we hold, or something else; evidence was kept.
        """
        known = min(known, head.size)
        for _ in range(_TRIES):
            path = proofs.prove_consistency(known, head.size, read)
            said = self._call(
                witness, "add-checkpoint", growth.encode(Growth(known, path, head.note))
            )
            if said.status != 409:
                return self._judged(witness, head, known, said)
            size = _size(witness, said)
            if size > held:
                self._keep(witness, head, said)
                raise RollbackError.behind(witness.name, head.origin, size, held)
            if size > head.size:
                return None
            known = size
        raise RefusedError(f"expected {witness.name} to keep to one size, found it changing")

    def shown(self, witness: Witness, origin: str) -> bytes | None:
        """Return the checkpoint that a witness shows as its last of a log, None if it has none.

        Raises:
            WitnessError: it does not answer.
        """
        name = hashlib.sha256(origin.encode()).hexdigest()
        said = self._call(witness, f"{name}/checkpoint", None)
        return said.body if said.status == 200 else None

    def _judged(self, witness: Witness, head: Head, known: int, said: Said) -> bytes:
        match said.status:
            case 200:
                return _added(witness, head, said)
            case 422:
                self._keep(witness, head, said)
                raise RollbackError.contradicted(witness.name, head.origin, known, head.size)
            case _:
                text = said.body.decode(errors="replace").strip()[:200]
                raise RefusedError(
                    f"expected {witness.name} to cosign {head.origin} at {head.size}, found "
                    f"status {said.status}: {text}"
                )

    def _keep(self, witness: Witness, head: Head, said: Said) -> None:
        """Keep both heads: ours, and what the witness shows for its own."""
        try:
            theirs = self.shown(witness, head.origin)
        except WitnessError:
            theirs = None
        found = {
            "witness": witness.name,
            "origin": head.origin,
            "status": said.status,
            "said": said.body.decode(errors="replace"),
            "ours": head.note.decode(),
            "theirs": None if theirs is None else theirs.decode(errors="replace"),
        }
        data = msgspec.json.format(msgspec.json.encode(found), indent=1)
        path = self._evidence / f"{witness.name}-{hashlib.sha256(data).hexdigest()[:16]}.json"
        try:
            files.replace(path, data, 0o600)
        except OSError as error:
            log.error("evidence_not_kept", reason=str(error), evidence=data.decode())
        log.error("witness_contradicts", file=str(path), hint=RollbackError.hint, **found)

    def _call(self, witness: Witness, path: str, body: bytes | None) -> Said:
        assert witness.url is not None, "a witness by file is not asked"
        return witness_client.call(
            witness.url, path, body, patience_s=self._patience_s, ca=witness.ca
        )


def _size(witness: Witness, said: Said) -> int:
    try:
        return decimal(said.body.decode("ascii").removesuffix("\n"))
    except (LedgerError, UnicodeDecodeError) as error:
        raise RefusedError(f"expected a size of {witness.name} with 409: {error}") from error


def _added(witness: Witness, head: Head, said: Said) -> bytes:
    own = (witness.key.name, witness.key.key_id)
    try:
        note = notes.parse(head.note)
        others = tuple(one for one in note.lines if (one.name, one.key_id) != own)
        bare = notes.encode(Note(note.text, others))  # a newer time takes the place of an older
        longer = checkpoint.add_cosignatures(bare, said.body, (witness.key,))
    except LedgerError as error:
        raise RefusedError(f"expected signature lines of {witness.name}: {error}") from error
    if not checkpoint.verify_cosignatures(longer, (witness.key,)):
        raise RefusedError(
            f"expected a cosignature under {witness.key.vkey}, found none that holds: compare the "
            "verifier key with the witness's"
        )
    return longer
