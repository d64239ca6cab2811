"""The writer: what is sent and when, whatever the broker does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from msgspec import structs

from gateway.commands import Decide, ImportList, RevokePermit
from gateway.desk import lists
from gateway.errors import NotFoundError, StoreError
from gateway.photo_worker import PhotoWorker
from gateway.register.erasing import Eraser
from gateway.register.photos import PhotoIntake
from gateway.register.vault import Vault
from gateway.writer import QUEUE, Clock, Writer, is_of
from ledger import codec, envelope, topics
from ledger.bus import Message
from ledger.messages import Acknowledgement, PhotoResult, VillageList
from ledger.records import Incident, Refusal
from ledger.topics import Leaf
from sim.bus import SimBroker, SimBus

Town = Any
TOWNSHIP = "330109110000"


class Gateway:
    """A town whose writer and photo worker run on the test's own thread, over a SimBroker."""

    def __init__(self, town: Town, broker: SimBroker, intake: Any = None) -> None:
        self.town, self.broker, self.bus, self.full = town, broker, broker.bus("gw-1"), False
        vault = Vault(town.folder / "photos", town.open_sealed)
        self.writer = Writer(
            town.store,
            self.bus,
            town.log,
            town.public,
            intake or town.intake,
            town.orders,
            lambda history, now_ms: (),
            TOWNSHIP,
            ("便民服务中心", "0571-00000000"),
            Clock(lambda: town.now_ms),
            lambda: self.full,
            Eraser(town.store, vault, town.folder / "incoming"),
        )
        photos = PhotoIntake(town.folder / "incoming", vault, 0, lambda _: 1000)
        self.photos = PhotoWorker(town.store, self.bus, town.log, photos, self.writer)
        for topic_filter, qos in topics.filters("up", TOWNSHIP, "+").items():
            self.bus.subscribe(topic_filter, qos)
        self.bus.start(self._on_message, self.writer.link)

    def work(self) -> None:
        """Deliver and do everything until nothing is left."""
        while self.broker.pump() or self.writer.queued():
            while self.writer.queued():
                self.writer.step()
        self.broker.pump()

    def order(self, command: Any, *, operator: bool = False) -> Future[object]:
        answer = self.writer.submit(command, operator=operator)
        self.work()
        return answer

    def _on_message(self, message: Message) -> None:
        if is_of(message, Leaf.PHOTO):
            self.photos.take(message)
            self.bus.done(message)
        else:
            self.writer.put(message)


class Agent:
    """A machine's side of the bus: sends its chain until all of it is acknowledged."""

    def __init__(self, machine: Any, broker: SimBroker, ring: Any) -> None:
        self.machine, self.ring = machine, ring
        self.acked = 0
        self.inbox: list[Message] = []
        self.bus: SimBus = broker.bus(machine.name)
        for topic_filter, qos in topics.filters("down", TOWNSHIP, machine.name).items():
            self.bus.subscribe(topic_filter, qos)
        self.bus.start(self._take, lambda up: None)

    def send(self) -> None:
        for raw in self.machine.raws[self.acked :]:
            message = self.machine.message(raw)
            self.bus.publish(message.topic, message.payload)

    def send_opening(self, filed: Any) -> None:
        message = self.machine.message(filed.opening, Leaf.OPENING, filed.sha256)
        self.bus.publish(message.topic, message.payload)

    def send_photo(self, photo: Any) -> None:
        size = b'{"size": %d}' % len(photo.sealed)
        for what, payload in (("init", size), ("0", photo.sealed), ("fin", size)):
            rest = (photo.ref.sealed_sha256, what)
            message = self.machine.message(payload, Leaf.PHOTO, *rest)
            self.bus.publish(message.topic, message.payload)

    def got(self, leaf: Leaf) -> list[Message]:
        return [one for one in self.inbox if topics.parse(one.topic).leaf is leaf]

    def said(self, message: Message) -> Any:
        signed, _ = envelope.verify(message.payload, self.ring, envelope.LARGEST_LIST)
        return codec.decode_message(signed.payload_type, signed.payload)

    def _take(self, message: Message) -> None:
        self.inbox.append(message)
        self.bus.done(message)
        if topics.parse(message.topic).leaf is Leaf.ACK:
            ack = self.said(message)
            assert isinstance(ack, Acknowledgement)
            self.acked = max(self.acked, ack.seq)


@pytest.fixture
def broker() -> SimBroker:
    return SimBroker(1)


@pytest.fixture
def gateway(desk: Town, broker: SimBroker) -> Iterator[Gateway]:
    made = Gateway(desk, broker)
    yield made
    made.bus.stop()


@pytest.fixture
def agent(desk: Town, broker: SimBroker, gateway: Gateway) -> Agent:
    made = Agent(desk.machines["m-1"], broker, desk.ring)
    gateway.work()
    return made


@pytest.mark.parametrize("seed", range(6))
def test_lossy_bus_ends_with_the_machines_log(desk: Town, seed: int) -> None:
    broker = SimBroker(seed, drop=0.3, repeat=0.3, reorder=0.3)
    gateway = Gateway(desk, broker)
    agents = [Agent(one, broker, desk.ring) for one in desk.machines.values()]
    gateway.work()
    for agent in agents:
        for _ in range(30):
            agent.machine.beat()

    for round_ in range(60):
        if round_ == 20:
            broker.restart(keep=False)
        for agent in agents:
            agent.send()
        gateway.work()

    for agent in agents:
        assert agent.acked == 30
        assert desk.log_of(agent.machine.name) == agent.machine.raws
    with desk.store.reader() as reader:
        assert reader.troubles() == () and reader.gaps() == ()


def test_time_marks_rise_strictly_although_the_clock_stands_still(
    gateway: Gateway, agent: Agent
) -> None:
    for _ in range(5):
        agent.machine.beat()
        agent.send()
        gateway.work()

    marks = [agent.said(one).at_ms for one in agent.got(Leaf.ACK)]
    assert len(marks) == 5
    assert marks == sorted(set(marks))


def test_nothing_is_acknowledged_when_the_commit_fails_and_it_is_taken_later(
    gateway: Gateway, agent: Agent, desk: Town
) -> None:
    (tables := desk.store._tables()).run("PRAGMA query_only = 1")
    agent.machine.beat()
    agent.send()
    gateway.work()
    failed = list(agent.got(Leaf.ACK))
    tables.run("PRAGMA query_only = 0")

    agent.send()
    gateway.work()

    assert failed == []
    assert agent.acked == 1


class StumblingIntake:
    """Takes everything but one message that it was never made for."""

    def __init__(self, intake: Any) -> None:
        self._intake = intake
        self.acknowledgements = intake.acknowledgements

    def take_all(self, transaction: Any, messages: Any, now_ms: int, batch: Any) -> None:
        if any(message.payload == b"poison" for message in messages):
            raise RuntimeError("a bug")
        self._intake.take_all(transaction, messages, now_ms, batch)


def test_message_that_nobody_foresaw_does_not_hold_up_the_others(
    desk: Town, broker: SimBroker
) -> None:
    gateway = Gateway(desk, broker, StumblingIntake(desk.intake))
    agent = Agent(desk.machines["m-1"], broker, desk.ring)
    gateway.work()
    good = agent.machine.beat()
    agent.bus.publish(agent.machine.message(b"poison").topic, b"poison")
    agent.send()

    gateway.work()

    assert desk.log_of("m-1") == [good]
    assert agent.acked == 1


def test_full_disk_takes_nothing_and_recovers(gateway: Gateway, agent: Agent, desk: Town) -> None:
    gateway.full = True
    gateway.writer.tick()
    agent.machine.beat()
    agent.send()
    gateway.work()
    refused = gateway.order(RevokePermit(by="chief", permit="p", reason="mistake"))

    assert (desk.log_of("m-1"), agent.acked, gateway.writer.dropped) == ([], 0, 1)
    assert isinstance(refused.exception(), StoreError)
    gateway.full = False
    gateway.writer.tick()
    agent.send()
    gateway.work()
    assert agent.acked == 1


def test_full_queue_drops_and_counts_and_lets_the_broker_forget(
    gateway: Gateway, agent: Agent
) -> None:
    message = agent.machine.message(agent.machine.beat())

    for _ in range(QUEUE + 5):
        gateway.writer.put(message)

    assert gateway.writer.dropped == 5
    gateway.work()
    assert agent.acked == 1


def test_list_reaches_each_machine_signed_and_anew_after_an_import(
    gateway: Gateway, agent: Agent
) -> None:
    first = [agent.said(one) for one in agent.got(Leaf.LIST)]
    csv = "code,name,verdict\nN,死亡证明,禁止\n".encode()
    content = lists.read_csv(csv, "national", "全国", "2020-01-01")

    gateway.order(ImportList(by="cli-chief", list=content, file=csv), operator=True)

    last = agent.said(agent.got(Leaf.LIST)[-1])
    assert isinstance(last, VillageList)
    assert (first[-1].version, last.version) == (1, 2)
    assert last.window_phone == "0571-00000000"
    assert [one.layer for one in last.matters if one.name == "死亡证明"] == ["national"]


def test_new_day_brings_a_new_list(gateway: Gateway, agent: Agent, desk: Town) -> None:
    gateway.writer.tick()
    gateway.work()
    before = len(agent.got(Leaf.LIST))
    desk.now_ms += 24 * 3600 * 1000

    gateway.writer.tick()
    gateway.work()

    assert len(agent.got(Leaf.LIST)) == before + 1


def test_request_travels_to_permit_and_back(gateway: Gateway, agent: Agent, desk: Town) -> None:
    filed = desk.file()
    agent.send()
    gateway.work()
    agent.send_opening(filed)
    gateway.work()
    agent.send_photo(filed.page)
    gateway.work()

    answer = gateway.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))

    assert isinstance(answer.result(), int)
    assert len(agent.got(Leaf.STORED)) == 1
    results = [agent.said(one) for one in agent.got(Leaf.RESULT)]
    assert [type(one) for one in results] == [PhotoResult, PhotoResult]
    assert [one.code for one in results] == [0x10, 0x00]
    (permit,) = agent.got(Leaf.PERMIT)
    envelope.verify(permit.payload, desk.ring)


def test_photo_that_is_not_the_named_one_is_refused_and_becomes_a_trouble(
    gateway: Gateway, agent: Agent, desk: Town
) -> None:
    page = desk.photo(b"other")
    ref = structs.replace(page.ref, sha256="0" * 64)
    agent.machine.sign(
        Incident(
            intent=None,
            seal="committee",
            code="tamper",
            impressions_min=0,
            impressions_max=0,
            held=False,
            photos=(ref,),
            text_commitment=None,
        )
    )
    agent.send()
    gateway.work()

    agent.send_photo(page)
    gateway.work()

    assert [agent.said(one).code for one in agent.got(Leaf.RESULT)] == [0x10, 0x83]
    with desk.store.reader() as reader:
        assert [one.code for one in reader.troubles()] == ["bad-photo"]
        assert len(reader.pending_photos()) == 1


def test_forgetful_broker_gets_back_all_that_should_stand_there(
    gateway: Gateway, agent: Agent, desk: Town, broker: SimBroker
) -> None:
    kept, revoked = desk.file(), desk.file()
    refused = desk.file("F-1")
    agent.send()
    gateway.work()
    for filed in (kept, revoked):
        agent.send_opening(filed)
        gateway.work()
        with desk.store.transaction() as transaction:
            ref = filed.page.ref
            transaction.photo_stored(ref.sealed_sha256, ref.sealed_size, 1)
        gateway.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with desk.store.reader() as reader:
        last = reader.request(revoked.sha256)
    assert last is not None and last.permit is not None
    gateway.order(RevokePermit(by="chief", permit=last.permit, reason="mistake"))
    before = {one.topic: one.payload for one in agent.inbox}

    broker.restart(keep=False)
    agent.inbox.clear()
    gateway.work()

    after = {one.topic: one.payload for one in agent.inbox}
    wanted = {Leaf.PERMIT, Leaf.ANSWER}
    standing = {t: p for t, p in before.items() if topics.parse(t).leaf in wanted}
    assert len(standing) == 5  # two permits with an approval each, and a refusal
    assert {t: p for t, p in after.items() if topics.parse(t).leaf in wanted} == standing
    assert len(agent.got(Leaf.LIST)) == 1
    answer = envelope.parse(after[f"seal/v1/{TOWNSHIP}/m-1/answer/{refused.sha256}"])
    assert isinstance(codec.decode_entry(answer.payload_type, answer.payload).body, Refusal)


def test_ended_permit_is_taken_away_from_the_broker(
    gateway: Gateway, agent: Agent, desk: Town, broker: SimBroker
) -> None:
    filed = desk.file()
    desk.submit(filed)
    gateway.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with desk.store.reader() as reader:
        desk.now_ms = reader.permits()[0].not_after_ms + 1

    gateway.writer.tick()
    gateway.work()

    assert [one.payload for one in agent.got(Leaf.PERMIT)][-1] == b""
    late = Agent(desk.machines["m-1"], broker, desk.ring)
    gateway.work()
    assert late.got(Leaf.PERMIT)[1:] == []


def test_refused_command_raises_at_the_asker(gateway: Gateway) -> None:
    answer = gateway.order(RevokePermit(by="chief", permit="p-none", reason="mistake"))

    assert isinstance(answer.exception(), NotFoundError)


def test_stopping_writer_does_what_is_queued_and_refuses_the_rest(
    gateway: Gateway, agent: Agent, desk: Town
) -> None:
    agent.machine.beat()
    agent.send()
    gateway.broker.pump()
    gateway.writer.stop()

    gateway.writer.run()
    late = gateway.writer.submit(RevokePermit(by="chief", permit="p", reason="mistake"))

    assert len(desk.log_of("m-1")) == 1
    assert isinstance(late.exception(), StoreError)
