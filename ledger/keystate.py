"""Key state: every key that ever entered a log, and which entries each may sign. Pure data.

How the state changes with each entry, and on whose authority, is `ledger.keyhistory`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ledger.algorithms import PublicKey
from ledger.errors import LedgerError
from ledger.messages import KeyRecord

Chain = tuple[str, str, int]  # role, holder, epoch


class KeyHistoryError(LedgerError):
    """A key act without its authority, or an entry signed by a key that may not sign it.

    `reason` is `index`, `founding`, `record`, `cloned`, `epoch`, `possession`, `agreement`,
    `rotation`, `revocation`, `unknown`, `ended` or `signer`.
    """

    code = "key-history"
    hint = "Do not follow this log further; show the entry to the county."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Key(Struct, frozen=True, kw_only=True):
    """A key with the seqs that it may sign, from `from_seq` to `last_seq` (none: no end yet).

    `index` is the place of the entry that brought it.
    """

    public: PublicKey
    sha256: str
    index: int
    from_seq: int = 1
    last_seq: int | None = None

    @property
    def record(self) -> KeyRecord:
        """The key record."""
        return self.public.record

    @property
    def chain(self) -> Chain:
        """Whose chain it signs."""
        return self.record.role, self.record.holder, self.record.epoch

    def may_sign(self, seq: int) -> bool:
        """Whether an entry of this seq is within the key's range."""
        return self.from_seq <= seq and (self.last_seq is None or seq <= self.last_seq)


class KeyHistory(Struct, frozen=True, kw_only=True):
    """Every key that ever entered, after the first `size` entries of a log.

    Args:
        log: hash of the founding statement; names this log in every agreement.
        county: the founding's or, after rotations, the current key of the county.
        gateway: the record of the founding's gateway key.
        chains: per role, holder and epoch its keys, in order; their ranges do not overlap.
    """

    size: int = 0
    log: str = ""
    county: Key | None = None
    gateway: KeyRecord | None = None
    chains: Mapping[Chain, tuple[Key, ...]] = {}

    def key_for(self, party: str, holder: str, epoch: int, seq: int) -> PublicKey:
        """Return the only key that may sign this entry.

        Raises:
            KeyHistoryError: `unknown` (nobody enrolled it), `ended` (replaced or revoked).
        """
        keys = self.chains.get((party, holder, epoch))
        if keys is None:
            epochs = sorted(chain[2] for chain in self.chains if chain[:2] == (party, holder))
            raise KeyHistoryError(
                "unknown",
                f"expected an enrolled {party} {holder} of epoch {epoch}, found epochs "
                f"{epochs or 'none'}: the township must enrol it, with the county's agreement",
            )
        for key in keys:
            if key.may_sign(seq):
                return key.public
        ends = (key.last_seq for key in keys if key.last_seq and key.may_sign(key.last_seq))
        last = max(ends, default=0)
        raise KeyHistoryError(
            "ended",
            f"expected entries of {party} {holder}, epoch {epoch}, up to {last}, found entry "
            f"{seq}: its key was revoked or replaced; the township must find out who signed it",
        )

    def find(self, sha256: str) -> Key | None:
        """Return the key with a record of this hash."""
        return next((key for key in self.all_keys() if key.sha256 == sha256), None)

    def all_keys(self) -> tuple[Key, ...]:
        """Return every key that ever entered."""
        return tuple(key for keys in self.chains.values() for key in keys)

    def newest(self, role: str, holder: str) -> Key | None:
        """Return the last key of a holder's highest epoch, ended or not."""
        chains = [chain for chain in self.chains if chain[:2] == (role, holder)]
        return self.chains[max(chains)][-1] if chains else None
