"""Chains: each author's entries across a whole log, and whose keys may sign them. Pure.

The state belongs to one process, which takes the runs of all spans in the order of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct, structs

from ledger import codec, keyhistory
from ledger.algorithms import ALGORITHM_BYTES
from ledger.codec import Payload
from ledger.findings import Finding
from ledger.keys import key_id, public_bytes
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.messages import KeyRecord
from ledger.records import Party
from ledger.verify_spans import Run


class Authority(Protocol):
    """Says which key may sign a run, at the place of the log where it stands."""

    def records(self) -> tuple[bytes, ...]:
        """Return the key records that it rests on, as bytes."""
        ...

    def refusal(self, run: Run) -> tuple[str, str] | None:
        """Return a finding's code and detail if the run's key may not sign it."""
        ...

    def genesis(self, run: Run) -> str | None:
        """Return the hash that the first entry of this chain must name, if it is known."""
        ...

    def act(self, index: int, entry: Payload) -> None:
        """Take the entry about keys that stands next.

        Raises:
            LedgerError: it has not the authority that it needs.
        """
        ...


class Folder:
    """The authority of a folder of key records that the verifier trusts.

    Args:
        trusted: those records, as bytes.
        published: those that lie beside the log; they tell only whose an unknown key might be.
    """

    def __init__(self, trusted: Iterable[bytes], published: Iterable[bytes] = ()) -> None:
        self._records = tuple(trusted)
        self._trusted = _by_id(self._records)
        self._published = _by_id(published)

    def records(self) -> tuple[bytes, ...]:
        """See `Authority`."""
        return self._records

    def refusal(self, run: Run) -> tuple[str, str] | None:
        """See `Authority`."""
        known = self._trusted.get(run.keyid)
        if known is None:
            claimed = self._published.get(run.keyid)
            whose = "nobody" if claimed is None else f"{claimed[0].role} {claimed[0].holder}"
            code = "entry-unknown-key" if claimed is None else "key-unconfirmed"
            return code, f"expected a trusted key, found {run.keyid}, published as that of {whose}"
        record = known[0]
        if (record.role, record.holder, record.epoch) == run.chain:
            return None
        return "entry-wrong-key", (
            f"expected the key of {run.party} {run.author}, epoch {run.epoch}, found that of "
            f"{record.role} {record.holder}, epoch {record.epoch}"
        )

    def genesis(self, run: Run) -> str | None:
        """See `Authority`."""
        known = self._trusted.get(run.keyid) or self._published.get(run.keyid)
        return None if known is None else known[1]

    def act(self, index: int, entry: Payload) -> None:
        """See `Authority`: entries about keys count only in a log that begins with a founding."""
        raise KeyHistoryError(
            "founding", "expected a founding as the first entry of the log, found none"
        )


class History:
    """The authority of the key entries in the log itself."""

    def __init__(self, state: KeyHistory) -> None:
        self.state = state

    def records(self) -> tuple[bytes, ...]:
        """See `Authority`."""
        return tuple(codec.encode_message(key.record) for key in self.state.all_keys())

    def refusal(self, run: Run) -> tuple[str, str] | None:
        """See `Authority`."""
        for seq in (run.seq, run.last_seq):  # ranges have no gaps, so its two ends suffice
            try:
                key = self.state.key_for(run.party, run.author, run.epoch, seq)
            except KeyHistoryError as error:
                return f"key-{error.reason}", str(error)
            if key.keyid != run.keyid:
                return "entry-wrong-key", (
                    f"expected key {key.keyid} for entry {seq} of {run.party} {run.author}, "
                    f"found key {run.keyid}"
                )
        return None

    def genesis(self, run: Run) -> str | None:
        """See `Authority`."""
        keys = self.state.chains.get(run.chain)
        return keys[0].sha256 if keys else None

    def act(self, index: int, entry: Payload) -> None:
        """See `Authority`."""
        at = structs.replace(self.state, size=index)
        self.state = keyhistory.advance(at, index, entry)


class _Head(Struct, frozen=True):
    seq: int
    sha256: str
    at_ms: int


class ChainEnds(Struct, frozen=True, array_like=True):
    """All that `Chains` remembers, to go on from later."""

    complete: bool
    heads: tuple[tuple[Party, str, int, str, int, str, int], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


class Chains:
    """The end of every author's chain.

    What an unknown key signed is kept apart: it must not make the author's own entries look
    wrong.

    Args:
        complete: the first entry of each author must be its first ever; otherwise the log
            continues one that is not at hand, and any first entry will do.
    """

    def __init__(self, complete: bool = True) -> None:
        self.complete = complete
        self._heads: dict[tuple[tuple[Party, str, int], str], _Head] = {}
        self._refused: set[tuple[str, str]] = set()

    @classmethod
    def after(cls, ends: ChainEnds) -> Chains:
        """Return chains that go on from where they were."""
        chains = cls(ends.complete)
        for party, author, epoch, keyid, seq, sha256, at_ms in ends.heads:
            chains._heads[(party, author, epoch), keyid] = _Head(seq, sha256, at_ms)
        chains._refused = set(ends.refused)
        return chains

    def ends(self) -> ChainEnds:
        """Return what is remembered now."""
        heads = tuple(
            (*chain, keyid, head.seq, head.sha256, head.at_ms)
            for (chain, keyid), head in self._heads.items()
        )
        return ChainEnds(self.complete, heads, tuple(sorted(self._refused)))

    def take(self, log: str, run: Run, authority: Authority) -> Iterator[Finding]:
        """Yield what is wrong where a run begins, and with the key that signed it."""
        refusal = authority.refusal(run)
        name = (run.chain, "" if refusal is None else run.keyid)
        if refusal is not None and (refusal[0], run.keyid) not in self._refused:
            self._refused.add((refusal[0], run.keyid))
            yield Finding(code=refusal[0], place=run.place(log), detail=refusal[1])
        head = self._heads.get(name)
        if head is not None:
            wrong = _break(head, run)
        else:
            wrong = None if refusal is not None else self._beginning(run, authority)
        if wrong is not None:
            yield Finding(code=wrong[0], place=run.place(log), detail=wrong[1])
        if head is None or run.last_seq > head.seq:
            self._heads[name] = _Head(run.last_seq, run.last_sha256, run.last_at_ms)

    def _beginning(self, run: Run, authority: Authority) -> tuple[str, str] | None:
        if not self.complete and run.seq > 1:
            return None
        if run.seq > 1:
            return "chain-gap", f"expected entry 1 of {run.author}, found {run.seq}"
        genesis = authority.genesis(run)
        if genesis is None or run.prev == genesis:
            return None
        return "chain-fork", (
            f"expected entry 1 to name the key record {genesis}, found {run.prev}"
        )


def _break(head: _Head, run: Run) -> tuple[str, str] | None:
    """Say how a run fails to continue a chain, if it does."""
    if run.seq > head.seq + 1:
        return "chain-gap", f"expected entry {head.seq + 1}, found {run.seq}"
    if run.seq == head.seq and run.first_sha256 == head.sha256:
        return "chain-repeat", f"expected entry {head.seq + 1}, found {run.seq} again"
    if run.seq <= head.seq:
        return "chain-second", (
            f"expected entry {head.seq + 1}, found another {run.seq}: {run.first_sha256}"
        )
    if run.prev != head.sha256:
        return "chain-fork", (
            f"expected entry {run.seq} to follow {head.sha256}, found it after {run.prev}"
        )
    if run.at_ms < head.at_ms:
        return "time-back", f"expected a time not before {head.at_ms}, found {run.at_ms}"
    return None


def read_record(data: bytes) -> KeyRecord:
    """Return the key record that bytes say.

    Raises:
        MalformedError: they say none.
    """
    record = codec.decode_message(codec.payload_type(KeyRecord.kind), data)
    assert isinstance(record, KeyRecord)
    return record


def _by_id(records: Iterable[bytes]) -> dict[str, tuple[KeyRecord, str]]:
    """Return the signing keys of records by their ids, with the hash of the record."""
    found = {}
    for data in records:
        record = read_record(data)
        if record.alg in ALGORITHM_BYTES:
            found[key_id(public_bytes(record))] = (record, codec.sha256(data))
    return found
