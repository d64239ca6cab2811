"""Policy: which logs are trusted, and which witnesses must have cosigned. Pure.

Source: c2sp.org/tlog-policy. The file is octets: a name is what its bytes are, also where they
are no UTF-8. What the specification forbids is refused with the number of the line.
"""

from __future__ import annotations

import re

from msgspec import Struct

from ledger import checkpoint
from ledger.errors import PolicyError, QuorumError, UnknownKeyError
from ledger.notes import COSIGNATURES, NoteKey, SignatureType, Signed, parse_vkey

NONE = "none"
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_BLANKS = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


class Log(Struct, frozen=True):
    """A log whose checkpoints are valid; the key's name is the origin."""

    key: NoteKey
    url: str | None


class Witness(Struct, frozen=True):
    """A witness; `name` has a meaning in the policy only, `key.name` is what it signs under."""

    name: str
    key: NoteKey
    url: str | None


class Group(Struct, frozen=True):
    """Has witnessed a checkpoint if `threshold` of its members (witnesses or groups) have."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Policy(Struct, frozen=True):
    """A policy; `groups` stand in an order in which each follows its members."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def log_keys(self) -> tuple[NoteKey, ...]:
        """The keys whose checkpoints this policy accepts."""
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[NoteKey, ...]:
        """The keys whose cosignatures this policy counts."""
        return tuple(witness.key for witness in self.witnesses)


def parse(data: bytes) -> Policy:
    """Return the policy of a file.

    Raises:
        PolicyError: a line breaks the rules; the message has its number and what is wrong.
    """
    if not data.endswith(b"\n"):
        raise PolicyError("expected a policy file that ends in a newline: the end is missing")
    reader = _Reader()
    for number, line in enumerate(data[:-1].split(b"\n"), 1):
        try:
            _check_octets(line)
            words = _BLANKS.split(line.decode(errors="surrogateescape").strip(" \t"))
            if words != [""] and not words[0].startswith("#"):
                reader.read(words[0], words[1:])
        except (PolicyError, UnknownKeyError) as error:
            raise PolicyError(f"line {number}: {error}") from error
    return reader.policy()


def witnessed(policy: Policy, names: frozenset[str]) -> bool:
    """Return whether these witnesses, by their names in the policy, are a quorum."""
    seen = set(names)
    for group in policy.groups:
        if sum(member in seen for member in group.members) >= group.threshold:
            seen.add(group.name)
    return policy.quorum == NONE or policy.quorum in seen


def satisfied(policy: Policy, raw: bytes) -> tuple[Signed, ...]:
    """Return who of the policy's witnesses cosigned a checkpoint, if they are a quorum.

    The log's own signature is not looked at: see `verify`.

    Raises:
        MalformedError: no checkpoint.
        SignatureError: a cosignature of a known witness does not hold.
        QuorumError: the quorum is not reached.
    """
    signed = checkpoint.verify_cosignatures(raw, policy.witness_keys)
    keys = {one.key for one in signed}
    names = frozenset(witness.name for witness in policy.witnesses if witness.key in keys)
    if not witnessed(policy, names):
        raise QuorumError(
            f"expected the quorum {_shown(policy.quorum)} of {len(policy.witnesses)} witnesses, "
            f"found cosignatures of {', '.join(map(_shown, sorted(names))) or 'none of them'}"
        )
    return signed


def verify(policy: Policy, raw: bytes) -> checkpoint.Checkpoint:
    """Return the checkpoint that a note says, if a log of the policy signed it with a quorum.

    Raises:
        LedgerError: as `checkpoint.verify` and `satisfied`.
    """
    head = checkpoint.verify(raw, policy.log_keys)
    satisfied(policy, raw)
    return head


class _Reader:
    """Collects the lines of a policy file, each checked against those before it."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._free: dict[str, bool] = {}  # every name, and whether it is in no group yet

    def read(self, keyword: str, words: list[str]) -> None:
        match keyword, words:
            case "log", [vkey, *url] if len(url) <= 1:
                known = [log.key for log in self._logs]
                key = _key(vkey, frozenset({SignatureType.ED25519}), known)
                self._logs.append(Log(key, url[0] if url else None))
            case "witness", [name, vkey, *url] if len(url) <= 1:
                known = [witness.key for witness in self._witnesses]
                key = _key(vkey, COSIGNATURES, known)
                self._define(name)
                self._witnesses.append(Witness(name, key, url[0] if url else None))
            case "group", [name, threshold, first, *more]:
                members = (first, *more)
                self._take(members)
                self._define(name)
                self._groups.append(Group(name, _threshold(threshold, len(members)), members))
            case "quorum", [name]:
                self._set_quorum(name)
            case _:
                raise PolicyError(
                    "expected log, witness, group or quorum with its words, "
                    f"found {_shown(' '.join([keyword, *words])[:100])}"
                )

    def policy(self) -> Policy:
        if self._quorum is None:
            raise PolicyError("expected one quorum line, found none")
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _define(self, name: str) -> None:
        if name == NONE or name in self._free:
            raise PolicyError(f"expected a new name, found {_shown(name)}, which is taken")
        self._free[name] = True

    def _take(self, members: tuple[str, ...]) -> None:
        for member in members:
            if not self._free.get(member, False):
                raise PolicyError(
                    "expected members that stand on earlier lines and in no other group, "
                    f"found {_shown(member)}"
                )
            self._free[member] = False

    def _set_quorum(self, name: str) -> None:
        if self._quorum is not None:
            raise PolicyError("expected one quorum line, found a second one")
        if name != NONE and name not in self._free:
            raise PolicyError(f"expected a name from an earlier line, found {_shown(name)}")
        self._quorum = name


def _threshold(word: str, members: int) -> int:
    if word in {"any", "all"}:
        return 1 if word == "any" else members
    if not _THRESHOLD.fullmatch(word) or int(word) > members:
        raise PolicyError(
            f"expected any, all or a number from 1 to {members}, found {_shown(word)}"
        )
    return int(word)


def _key(vkey: str, wanted: frozenset[SignatureType], known: list[NoteKey]) -> NoteKey:
    key = parse_vkey(vkey)
    if key.type not in wanted:
        types = " or ".join(f"{one:#04x}" for one in sorted(wanted))
        raise PolicyError(f"expected a key of type {types}, found {vkey}")
    if any(key.public_key == other.public_key for other in known):
        raise PolicyError(f"expected each key once, found the key of {vkey} a second time")
    return key


def _check_octets(line: bytes) -> None:
    found = _FORBIDDEN.search(line)
    if found is not None:
        raise PolicyError(f"expected no control characters, found {found[0]!r}")


def _shown(name: str) -> str:
    return repr(name.encode(errors="surrogateescape").decode(errors="replace"))
