"""Intake: what is taken, what is not, and what is said about it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.commands import Decide
from gateway.stores.views import Alert, Finding
from ledger import codec, envelope
from ledger.bus import Message
from ledger.messages import Acknowledgement
from ledger.records import Refusal
from ledger.topics import Leaf

Town = Any


def troubles(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [one.code for one in reader.troubles()]


def test_entry_is_stored_byte_for_byte_and_acknowledged(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = machine.beat()

    batch = town.take(machine.message(raw))
    letters = town.intake.acknowledgements(batch, town.now_ms)

    assert town.log_of("m-1") == [raw]
    signed, _ = envelope.verify(letters[0].payload, town.ring)
    said = codec.decode_message(signed.payload_type, signed.payload)
    assert isinstance(said, Acknowledgement)
    assert (said.device, said.seq, said.head) == ("m-1", 1, machine.head.sha256)
    assert letters[0].topic.endswith("/m-1/ack")


def test_same_entry_again_changes_nothing_and_is_acknowledged_again(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = machine.beat()
    town.take(machine.message(raw))

    batch = town.take(machine.message(raw), machine.message(raw))

    assert town.log_of("m-1") == [raw]
    assert [head.seq for head in batch.heads.values()] == [1]
    assert troubles(town) == []


def test_entries_that_do_not_verify_leave_those_beside_them_alone(town: Town) -> None:
    one, other = town.machines["m-1"], town.machines["m-2"]
    raws = [one.beat(), other.beat(), one.beat(), other.beat()]
    signature = raws[1].index(b'"sig":"') + 10
    forged = bytearray(raws[1])
    forged[signature] = ord("A") if forged[signature] != ord("A") else ord("B")

    town.take(
        one.message(raws[0]),
        other.message(bytes(forged)),
        one.message(b"{}"),
        other.message(raws[1]),
        one.message(raws[0]),
        one.message(raws[2]),
        other.message(raws[3]),
    )

    assert troubles(town) == ["malformed", "bad-signature"]
    assert town.log_of("m-1") == [raws[0], raws[2]]
    assert town.log_of("m-2") == [raws[1], raws[3]]


def test_gap_states_the_head_and_appends_nothing(town: Town) -> None:
    machine = town.machines["m-1"]
    first, second, third = machine.beat(), machine.beat(), machine.beat()
    town.take(machine.message(first))

    batch = town.take(machine.message(third))

    assert town.log_of("m-1") == [first]
    assert [head.seq for head in batch.heads.values()] == [1]
    with town.store.reader() as reader:
        (gap,) = reader.gaps()
    assert (gap.head_seq, gap.seen_seq) == (1, 3)
    town.take(machine.message(second), machine.message(third))
    with town.store.reader() as reader:
        assert reader.gaps() == ()


def test_gap_before_the_first_entry_names_the_key_record(town: Town) -> None:
    machine = town.machines["m-1"]
    machine.beat()

    batch = town.take(machine.message(machine.beat()))

    ((seq, sha256),) = [(head.seq, head.sha256) for head in batch.heads.values()]
    assert (seq, sha256) == (0, machine.signer.record_sha256)


def test_gap_keeps_its_age_while_nothing_moves_and_starts_anew_when_it_does(town: Town) -> None:
    machine = town.machines["m-1"]
    raws = [machine.beat() for _ in range(4)]
    town.take(machine.message(raws[3]))
    began_ms = town.now_ms
    town.now_ms += 1000

    town.take(machine.message(raws[2]), machine.message(raws[3]))
    with town.store.reader() as reader:
        stuck = reader.gaps()[0]
    town.take(machine.message(raws[0]))
    with town.store.reader() as reader:
        moved = reader.gaps()[0]

    assert (stuck.since_ms, stuck.head_seq) == (began_ms, 0)
    assert (moved.since_ms, moved.head_seq, moved.seen_seq) == (town.now_ms, 1, 4)


def test_other_entry_at_a_taken_seq_is_a_fork_and_kept(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    raw = machine.beat()
    town.take(machine.message(raw))
    other = machine.sign(codec.decode_entry(*_parts(raw)).body, at_ms=1, head=genesis)

    town.take(machine.message(other))

    assert town.log_of("m-1") == [raw]
    assert troubles(town) == ["fork"]
    with town.store.reader() as reader:
        assert reader.trouble_bytes(1) == other


def test_next_entry_with_another_past_is_a_fork(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    town.take(machine.message(machine.beat()))
    machine.head = genesis
    other_first = machine.sign(codec.decode_entry(*_parts(machine.raws[0])).body, at_ms=5)
    other_second = machine.beat()

    town.take(machine.message(other_second))

    assert other_first != machine.raws[0]
    assert troubles(town) == ["fork"]


def test_entry_under_another_machines_topic_is_foreign(town: Town) -> None:
    one, other = town.machines["m-1"], town.machines["m-2"]

    town.take(Message(other.message(b"").topic, one.beat()))

    assert troubles(town) == ["foreign"]
    assert town.log_of("m-1") == []


def test_entry_signed_by_another_machines_key_is_foreign(town: Town) -> None:
    one, other = town.machines["m-1"], town.machines["m-2"]
    one.signer, signer = other.signer, one.signer

    raw = one.beat()
    one.signer = signer
    town.take(one.message(raw))

    assert troubles(town) == ["foreign"]


def test_rule_that_fails_does_not_keep_an_entry_out(town: Town) -> None:
    def broken(entry: object, history: object) -> Any:
        raise ZeroDivisionError

    town.judge = broken
    machine = town.machines["m-1"]

    town.take(machine.message(machine.beat()))

    assert len(town.log_of("m-1")) == 1


def test_alert_is_an_entry_of_the_gateway_and_raised_once(town: Town) -> None:
    finding = Finding(key="finding.test", values={"n": 3})
    town.judge = lambda entry, history: (
        [
            Alert(
                code="test",
                severity="red",
                machine="m-1",
                entry=entry.sha256,
                finding=finding,
                key="once",
            )
        ]
        if entry.party == "device"
        else []
    )
    machine = town.machines["m-1"]

    town.take(machine.message(machine.beat()), machine.message(machine.beat()))

    with town.store.reader() as reader:
        (alert,) = reader.alerts()
        detail = reader.detail(0)
    assert (alert.code, alert.severity, alert.machine, alert.finding) == (
        "test",
        "red",
        "m-1",
        finding,
    )
    assert alert.entry_index == 0
    assert detail is not None and [one.alert for one in detail.alerts] == [alert.alert]
    assert [one.kind for one in town.entries()] == ["heartbeat", "alert", "heartbeat"]


def test_history_shows_the_entry_that_is_judged_as_spent(desk: Town) -> None:
    seen: list[tuple[int, int]] = []

    def judge(entry: Any, history: Any) -> Any:
        if entry.kind == "use":
            permit = history.permit(entry.body.permit)
            seen.append((permit.spent, history.uses_before(entry)))
            assert history.previous(entry).kind == "intent"
            assert history.list_answer("m-1", "F-1", 1, town_ms).reason == "forbidden"
            assert history.list_answer("m-1", "F-1", 0, town_ms).reason == "off-list"
        return ()

    town_ms = desk.now_ms
    filed = desk.file()
    desk.submit(filed)
    desk.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with desk.store.reader() as reader:
        permit = reader.permits()[0].permit
    desk.judge = judge

    for n in (1, 2):
        desk.take(*(desk.machines["m-1"].message(raw) for raw in desk.use(permit, n=n)))

    assert seen == [(1, 0), (2, 1)]


def test_forbidden_request_is_refused_at_once_with_an_entry(desk: Town) -> None:
    filed = desk.file("死亡证明")

    batch = desk.take(desk.machines["m-1"].message(filed.raw))

    refusal = desk.entries()[-1]
    assert isinstance(refusal.body, Refusal)
    assert (refusal.body.about, refusal.body.reason) == (filed.sha256, "forbidden")
    assert [(one.topic, one.payload) for one in batch.letters] == [
        (f"seal/v1/330109110000/m-1/answer/{filed.sha256}", refusal.envelope)
    ]
    with desk.store.reader() as reader:
        view = reader.request(filed.sha256)
        assert reader.requests("open") == ()
    assert view is not None and (view.state, view.reason) == ("refused", "forbidden")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"matter": "别的事"}, "off-list"),
        ({"copies": 6}, "too-many-copies"),
        ({"seal": "party"}, "unknown-seal"),
    ],
)
def test_request_that_the_list_does_not_allow_is_refused(
    desk: Town, fields: dict[str, Any], reason: str
) -> None:
    filed = desk.file(**fields)

    desk.take(desk.machines["m-1"].message(filed.raw))

    with desk.store.reader() as reader:
        view = reader.request(filed.sha256)
    assert view is not None and (view.state, view.reason) == ("refused", reason)


@pytest.mark.parametrize("matter", ["A-1", "建房", "D-1"])
def test_allowed_and_discretionary_requests_wait_for_their_opening_then_are_open(
    desk: Town, matter: str
) -> None:
    filed = desk.file(matter)
    machine = desk.machines["m-1"]

    desk.take(machine.message(filed.raw))
    with desk.store.reader() as reader:
        before = reader.request(filed.sha256)
    batch = desk.take(machine.message(filed.opening, Leaf.OPENING, filed.sha256))
    with desk.store.reader() as reader:
        (after,) = reader.requests("open")

    assert before is not None and before.state == "filed"
    assert after.opening is not None and after.opening.values is not None
    assert after.opening.values["applicant"] == "张三"
    assert [page.stored_ms for page in after.pages] == [None]
    assert batch.letters[0].topic.endswith("/m-1/stored")


def test_use_without_a_permit_is_taken(desk: Town) -> None:
    intent, use = desk.use("p-none")
    machine = desk.machines["m-1"]

    desk.take(machine.message(intent), machine.message(use))

    assert desk.log_of("m-1") == [intent, use]


def test_status_says_whether_a_machine_is_online(town: Town) -> None:
    machine = town.machines["m-1"]
    town.take(machine.message(machine.beat()))

    town.take(machine.message(b'{"online":false}', Leaf.STATUS))
    with town.store.reader() as reader:
        left = reader.machine("m-1")
    town.take(machine.message(b'{"online":true}', Leaf.STATUS))
    with town.store.reader() as reader:
        back = reader.machine("m-1")

    assert left is not None and not left.online
    assert back is not None and back.online


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), cut=st.integers(1, 6))
def test_any_loss_repeat_and_order_ends_with_the_machines_log(
    tmp_path_factory: pytest.TempPathFactory, make_town: Any, seed: int, cut: int
) -> None:
    town = make_town(tmp_path_factory.mktemp("town"))
    chance = random.Random(seed)
    raws = {name: [town.machines[name].beat() for _ in range(8)] for name in town.machines}
    try:
        acked = dict.fromkeys(raws, 0)
        for lossy in [True] * 4 + [False]:
            sent = []
            for name, own in raws.items():
                window = own[acked[name] :]
                if lossy:
                    window = [raw for raw in window for _ in range(chance.randint(0, 2))]
                    chance.shuffle(window)
                sent += [town.machines[name].message(raw) for raw in window]
            for start in range(0, len(sent), cut):
                for (name, _), head in town.take(*sent[start : start + cut]).heads.items():
                    acked[name] = head.seq

        assert {name: town.log_of(name) for name in raws} == raws
        assert [one.index for one in town.entries()] == list(range(16))
        assert troubles(town) == []
        with town.store.reader() as reader:
            assert reader.gaps() == ()
    finally:
        town.store.close()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(topic=st.text(max_size=60), payload=st.binary(max_size=200))
def test_no_bytes_whatever_raise_or_reach_the_log(town: Town, topic: str, payload: bytes) -> None:
    town.take(Message(topic, payload), town.machines["m-1"].message(payload))

    assert town.entries() == []


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload
