"""Key history against a plain model: whatever is done to keys, in whatever order."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import keyhistory
from ledger.keystate import KeyHistory, KeyHistoryError
from tests.ledger.key_acts import Town, beat, make_key

FURTHEST = 12  # entries per epoch that the model looks at
HOLDERS = ("m-1", "m-2")

Act = tuple[str, str, int]  # what, whose, at which seq


class Model:
    """Says for every (holder, epoch, seq) whose key signs it, entry by entry, without ranges."""

    def __init__(self) -> None:
        self.town = Town().begin()
        self.owners: dict[tuple[str, int], dict[int, str | None]] = {}
        self.lines: dict[tuple[str, int], list[Any]] = {}  # keys of an epoch, in order
        self.ended: dict[str, int] = {}  # key id -> last seq
        self.seed = 100

    def new_key(self, holder: str, epoch: int) -> Any:
        self.seed += 1
        return make_key(holder, "device", self.seed, epoch=epoch)

    def epoch(self, holder: str) -> int:
        return max((epoch for name, epoch in self.lines if name == holder), default=0)

    def act(self, what: str, holder: str, seq: int) -> None:
        """Do an act on the town and, only if the town takes it, on the model."""
        epoch = self.epoch(holder)
        allowed = self.allowed(what, holder, epoch, seq)
        try:
            getattr(self, what)(holder, epoch, seq)
        except KeyHistoryError:
            assert not allowed, (what, holder, seq)
        else:
            assert allowed, (what, holder, seq)

    def allowed(self, what: str, holder: str, epoch: int, seq: int) -> bool:
        """Whether the rules, said once more and simply, allow this act."""
        line = self.lines.get((holder, epoch), [])
        live = bool(line) and line[-1].keyid not in self.ended
        start = self.start(holder, epoch) if line else 1
        return {
            "enrol": not live,
            "enrol_closing": live and seq >= start - 1,
            "rotate": live and seq >= start - 1,
            "revoke_first": bool(line) and seq < self.ended.get(line[0].keyid, FURTHEST + 99),
            "beat": True,
        }[what]

    def start(self, holder: str, epoch: int) -> int:
        """The first seq of an epoch's newest key."""
        line = self.lines[holder, epoch]
        return self.ended[line[-2].keyid] + 1 if len(line) > 1 else 1

    def beat(self, holder: str, epoch: int, seq: int) -> None:
        self.town.add(beat())

    def enrol(self, holder: str, epoch: int, seq: int) -> None:
        self._enter(holder, epoch + 1, None)

    def enrol_closing(self, holder: str, epoch: int, seq: int) -> None:
        self._enter(holder, epoch + 1, seq)
        self._end(holder, epoch, self.lines[holder, epoch][-1:], seq)

    def rotate(self, holder: str, epoch: int, seq: int) -> None:
        new = self.new_key(holder, max(epoch, 1))
        old = self.lines[holder, epoch][-1] if epoch else self.new_key(holder, 1)
        self.town.add(self.town.rotation(old, new, seq))
        self._end(holder, epoch, [old], seq)
        for place in range(seq + 1, FURTHEST + 1):
            self.owners[holder, epoch][place] = new.keyid
        self.lines[holder, epoch].append(new)

    def revoke_first(self, holder: str, epoch: int, seq: int) -> None:
        line = self.lines.get((holder, epoch)) or [self.new_key(holder, 1)]
        self.town.add(self.town.revocation(line[0], seq))
        self._end(holder, epoch, line, seq)

    def _enter(self, holder: str, epoch: int, closes: int | None) -> None:
        new = self.new_key(holder, epoch)
        self.town.add(self.town.enrolment(new, closes))
        self.lines[holder, epoch] = [new]
        self.owners[holder, epoch] = dict.fromkeys(range(1, FURTHEST + 1), new.keyid)

    def _end(self, holder: str, epoch: int, keys: list[Any], seq: int) -> None:
        names = {key.keyid for key in keys}
        self.ended.update(dict.fromkeys(names, seq))
        for place, owner in self.owners[holder, epoch].items():
            if place > seq and owner in names:
                self.owners[holder, epoch][place] = None


def owner(history: KeyHistory, holder: str, epoch: int, seq: int) -> str | None:
    """Return the id of the key that may sign an entry, if there is one."""
    try:
        return history.key_for("device", holder, epoch, seq).keyid
    except KeyHistoryError:
        return None


acts = st.lists(
    st.tuples(
        st.sampled_from(["enrol", "enrol_closing", "rotate", "rotate", "revoke_first", "beat"]),
        st.sampled_from(HOLDERS),
        st.integers(0, FURTHEST),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(steps=acts)
def test_every_entry_has_the_key_that_the_model_says(steps: list[Act]) -> None:
    model = Model()

    for step in steps:
        model.act(*step)

    for (holder, epoch), owners in model.owners.items():
        for seq, expected in owners.items():
            assert owner(model.town.history, holder, epoch, seq) == expected, (holder, epoch, seq)


@settings(max_examples=30, deadline=None)
@given(steps=acts)
def test_the_state_follows_from_the_entries_before_alone(steps: list[Act]) -> None:
    model, states = Model(), []
    for step in steps:
        model.act(*step)
    history = KeyHistory()
    for index, entry in enumerate(model.town.entries):
        history = keyhistory.advance(history, index, entry)
        states.append(outline(history))

    for size in range(1, len(model.town.entries) + 1):
        again = KeyHistory()
        for index, entry in enumerate(model.town.entries[:size]):
            again = keyhistory.advance(again, index, entry)

        assert outline(again) == states[size - 1]
    assert outline(model.town.history) == states[-1]


@settings(max_examples=60, deadline=None)
@given(steps=acts)
def test_no_entry_has_two_keys(steps: list[Act]) -> None:
    model = Model()
    for step in steps:
        model.act(*step)

    for keys in model.town.history.chains.values():
        for seq in range(1, FURTHEST + 2):
            assert sum(key.may_sign(seq) for key in keys) <= 1


def outline(history: KeyHistory) -> object:
    """Return a state as plain values."""
    keys = (
        sorted(
            (key.chain, key.from_seq, key.last_seq, key.index, key.sha256)
            for key in history.all_keys()
            if key.last_seq is not None
        ),
        sorted((key.chain, key.sha256) for key in history.all_keys() if key.last_seq is None),
    )
    return history.size, history.log, keys
