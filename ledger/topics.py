"""MQTT topics: names, direction, QoS and retain in one table.

Every topic is `seal/v1/<township>/<device>/<leaf...>`. Leaves that name something add one more
level, at most 64 characters of `[a-z0-9-]`: a dot would break rights on some brokers.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from ledger.errors import MalformedError

ROOT = "seal/v1"
_LEVEL = re.compile(r"[a-z0-9-]{1,64}\Z")
_TOWNSHIP = re.compile(r"[0-9]{12}\Z")


class Rules(Struct, frozen=True):
    """How a kind of topic is used: direction, MQTT QoS, retained, further levels."""

    direction: Literal["up", "down"]
    qos: Literal[0, 1]
    retain: bool
    levels: tuple[int, ...] = (0,)


class Leaf(enum.Enum):
    """The kinds of topic; the value is the first level after the device."""

    ENTRY = "entry"  # up: one signed entry
    OPENING = "opening"  # up: opening/<payload sha256>, encrypted
    PHOTO = "photo"  # up: photo/<sealed sha256>/init | <offset> | fin
    STATUS = "status"  # up: last will
    PROVE = "prove"  # up: Ask, which entries to prove
    ACK = "ack"  # down: Acknowledgement
    STORED = "stored"  # down: OpeningStored
    RESULT = "result"  # down: PhotoResult
    PERMIT = "permit"  # down: permit/<id>: the Permit's entry, later its Revocation
    ANSWER = "answer"  # down: answer/<payload sha256>: Refusal, Approval or HoldRelease
    LIST = "list"  # down: VillageList
    PEOPLE = "people"  # down: a Parcel: who may sign in, encrypted to the machine
    LINEAGE = "lineage"  # down: how the township's own keys and logs followed one another
    CHECKPOINT = "checkpoint"  # down: Growth: the newest checkpoint, and that the log only grew
    RECEIPT = "receipt"  # down: receipt/<payload sha256>: a tlog-proof
    COMMAND = "command"  # down: reserved for commands that need no memory


RULES: dict[Leaf, Rules] = {
    Leaf.ENTRY: Rules("up", 1, False),
    Leaf.OPENING: Rules("up", 1, False, (1,)),
    Leaf.PHOTO: Rules("up", 1, False, (2,)),
    Leaf.STATUS: Rules("up", 1, True),
    Leaf.PROVE: Rules("up", 0, False),
    Leaf.ACK: Rules("down", 0, False),
    Leaf.STORED: Rules("down", 0, False),
    Leaf.RESULT: Rules("down", 0, False),
    Leaf.PERMIT: Rules("down", 1, True, (1,)),
    Leaf.ANSWER: Rules("down", 1, True, (1,)),
    Leaf.LIST: Rules("down", 1, True),
    Leaf.PEOPLE: Rules("down", 1, True),
    Leaf.LINEAGE: Rules("down", 1, True),
    Leaf.CHECKPOINT: Rules("down", 0, False),
    Leaf.RECEIPT: Rules("down", 0, False, (1,)),
    Leaf.COMMAND: Rules("down", 1, False),
}


class Topic(Struct, frozen=True):
    """A topic taken apart."""

    township: str
    device: str
    leaf: Leaf
    rest: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join((ROOT, self.township, self.device, self.leaf.value, *self.rest))


@lru_cache(maxsize=1024)  # a machine sends all its entries to one
def parse(text: str) -> Topic:
    """Take a topic apart.

    Raises:
        MalformedError: not one of ours.
    """
    parts = text.split("/")
    if len(parts) < 5 or "/".join(parts[:2]) != ROOT or not _TOWNSHIP.match(parts[2]):
        raise MalformedError(f"expected {ROOT}/<township>/<device>/<leaf>, found {text[:200]!r}")
    try:
        leaf = Leaf(parts[4])
    except ValueError as error:
        raise MalformedError(f"expected a topic of ours, found {parts[4][:40]!r}") from error
    rest = tuple(parts[5:])
    if len(rest) not in RULES[leaf].levels or not all(
        _LEVEL.match(level) for level in (parts[3], *rest)
    ):
        raise MalformedError(f"expected the levels of {leaf.value!r}, found {text[:200]!r}")
    return Topic(parts[2], parts[3], leaf, rest)


def is_of(text: str, leaf: Leaf) -> bool:
    """Tell at a glance whether a topic says that it is of this leaf; `parse` judges the rest."""
    parts = text.split("/", 5)
    return len(parts) > 4 and parts[4] == leaf.value


def filters(direction: Literal["up", "down"], township: str, device: str) -> dict[str, int]:
    """Return the subscriptions (filter -> QoS) for one direction; `+` stands for every device."""
    return {
        "/".join((ROOT, township, device, leaf.value)) + ("/#" if rules.levels != (0,) else ""): (
            rules.qos
        )
        for leaf, rules in RULES.items()
        if rules.direction == direction
    }
