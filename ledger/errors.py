"""Errors of the ledger; an auditor acts on them.

LedgerError
 +- MalformedError   bytes that are not one of our records
 +- SignatureError   a signature that does not hold
 +- UnknownKeyError  a key that nobody here trusts, or not for this record
 |   +- MissingExtraError  a key of an algorithm that is not installed here
 +- ChainError       an entry that does not continue its chain
 +- ProofError       a Merkle proof, or a tile, that does not lead to the signed root
 +- PolicyError      a policy file that is not one
 +- QuorumError      a checkpoint that too few witnesses have cosigned
"""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """Evidence does not hold; the message says what was expected and what was found."""

    code: ClassVar[str] = "ledger"
    hint: ClassVar[str] = "Keep the bytes and show them to the auditor."


class MalformedError(LedgerError):
    """Bytes that are not in the one form in which a record may be written."""

    code = "malformed"
    hint = "The sender's program is faulty or the bytes were damaged on the way."


class SignatureError(LedgerError):
    """The signature does not belong to these bytes and this key."""

    code = "bad-signature"
    hint = "The bytes were changed after signing, or somebody else signed them."


class UnknownKeyError(LedgerError):
    """The key is not trusted here, or not for this kind of record."""

    code = "unknown-key"
    hint = "Compare the folder of trusted key records with the sender's key record."


class MissingExtraError(UnknownKeyError):
    """A key of an algorithm that this installation does not have."""

    code = "extra-missing"
    hint = "The technician must install what the message names; nothing else is affected."


class ChainError(LedgerError):
    """An entry that does not continue the chain of its author.

    `reason` is `gap`, `fork`, `repeat`, `epoch` or `author`.
    """

    code = "chain"
    hint = "Entries are missing, doubled or replaced; compare with the device's own log."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProofError(LedgerError):
    """Hashes that do not lead to the root that was signed."""

    code = "proof"
    hint = "The log may have been rewritten: keep both checkpoints and show them to the county."


class PolicyError(LedgerError):
    """A policy file that breaks the rules of c2sp.org/tlog-policy."""

    code = "policy"
    hint = "Correct the policy file, or fetch it again from whoever maintains it."


class QuorumError(LedgerError):
    """Too few of the witnesses that the policy names have cosigned this checkpoint."""

    code = "quorum"
    hint = "Wait for the witnesses; if it lasts, ask them whether they refuse this log."
