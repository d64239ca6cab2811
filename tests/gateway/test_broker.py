"""The embedded broker: starts, keeps its port, comes back, never outlives us, knows rights."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.broker import Broker, BrokerError, Options
from gateway.broker_config import Settings, User, device_user, render
from gateway.errors import ConfigError
from ledger.mqtt import MqttBus, connect
from ledger.mqtt import Options as BusOptions
from sim.inbox import Inbox

ROOT = Path(__file__).parents[2]
PASSWORD = "p" * 24
TOWNSHIP = "110101001000"
MINE = f"seal/v1/{TOWNSHIP}/m-1"
OTHER = f"seal/v1/{TOWNSHIP}/m-2"
USERS = (
    User(name="gateway", password=PASSWORD),
    device_user("m-1", PASSWORD, TOWNSHIP, "m-1"),
    device_user("m-2", PASSWORD, TOWNSHIP, "m-2"),
)
Linked = Callable[..., tuple[MqttBus, Inbox]]

# Runs a broker until killed, as the gateway's process does.
GATEWAY = """
import sys, time
from pathlib import Path
from gateway.broker import Broker, Options
from gateway.broker_config import User
broker = Broker(Options(state_dir=Path(sys.argv[1]), users=(User(name="g", password="p" * 24),)))
broker.start()
print(broker.pid, broker.url, file=sys.stderr, flush=True)
time.sleep(600)
"""


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(state_dir=tmp_path / "state", users=USERS)


@pytest.fixture
def broker(options: Options) -> Iterator[Broker]:
    broker = Broker(options)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def linked(broker: Broker, tmp_path: Path) -> Iterator[Linked]:
    secret = tmp_path / "password"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    buses: list[MqttBus] = []

    def build(user: str, *filters: str, up: bool = True) -> tuple[MqttBus, Inbox]:
        bus = connect(
            BusOptions(
                url=broker.url,
                client_id=f"{user}-{len(buses)}",
                username=user,
                password_file=secret,
                retry_min_s=0.05,
                retry_max_s=0.5,
            )
        )
        buses.append(bus)
        inbox = Inbox()
        for name in filters:
            bus.subscribe(name, 1)
        bus.start(inbox.on_message, inbox.on_link)
        if up:
            inbox.wait(lambda box: box.links == [True])
        return bus, inbox

    yield build
    for bus in buses:
        bus.stop()


def _ended(pid: int, deadline_s: float = 10.0) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], deadline_s)[0])
    finally:
        os.close(handle)


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert _ended(pid)


def _poll_until_up(broker: Broker) -> None:
    end_s = time.monotonic() + 15
    while not broker.poll():
        assert time.monotonic() < end_s, "the broker did not come back"
        select.select([], [], [], 0.02)


def test_port_stays_the_same_over_restarts(options: Options) -> None:
    first, second = Broker(options), Broker(options)
    first.start()
    url = first.url
    first.stop()

    second.start()

    assert second.url == url
    second.stop()


def test_files_with_passwords_are_readable_by_us_only(broker: Broker, options: Options) -> None:
    mode = (options.state_dir / "broker.conf").stat().st_mode

    assert mode & 0o777 == 0o600


def test_second_gateway_on_the_same_folder_is_refused(broker: Broker, options: Options) -> None:
    pid = broker.pid

    with pytest.raises(BrokerError, match="another gateway"):
        Broker(options).start()

    assert broker.pid == pid


def test_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        broker = Broker(Options(state_dir=tmp_path, users=USERS, port=port))

        with pytest.raises(BrokerError, match=f"127.0.0.1:{port} free"):
            broker.start()


def test_broker_that_cannot_run_says_why(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the store's folder must be")
    broker = Broker(Options(state_dir=tmp_path, users=USERS))

    with pytest.raises(BrokerError, match="storage directory"):
        broker.start()

    assert broker.pid is None


@pytest.mark.slow
def test_killed_broker_comes_back_on_its_port_and_clients_return(
    broker: Broker, linked: Linked
) -> None:
    gateway, inbox = linked("gateway", "seal/v1/#")
    url = broker.url
    _kill(broker.pid)

    with capture_logs() as logs:
        at_once = broker.poll()
        _poll_until_up(broker)

    assert at_once is False
    assert "broker_died" in [one["event"] for one in logs]
    assert broker.url == url
    inbox.wait(lambda box: box.links == [True, False, True])
    gateway.publish(f"{MINE}/list", b"back")
    inbox.wait(lambda box: box.payloads == [b"back"])


def test_restart_changes_the_process_and_keeps_retained_messages(
    broker: Broker, linked: Linked
) -> None:
    gateway, own = linked("gateway", f"{MINE}/list")
    gateway.publish(f"{MINE}/list", b"the list", retain=True)
    own.wait(lambda box: len(box.messages) == 1)
    pid = broker.pid

    broker.restart()

    assert broker.pid not in (None, pid)
    _, inbox = linked("m-1", f"{MINE}/list")
    inbox.wait(lambda box: box.payloads == [b"the list"])


def test_stop_ends_a_broker_that_does_not_listen(tmp_path: Path) -> None:
    broker = Broker(Options(state_dir=tmp_path, users=USERS, stop_s=0.2))
    broker.start()
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)

    broker.stop()

    assert _ended(pid)
    broker.stop()


@pytest.fixture
def gateway_process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", GATEWAY, str(tmp_path / "state")],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    pid, url = process.stderr.readline().split()
    yield process, int(pid), url
    process.kill()
    process.wait()
    process.stderr.close()


def test_broker_does_not_outlive_a_killed_gateway(
    gateway_process: tuple[subprocess.Popen[str], int, str],
) -> None:
    process, pid, _ = gateway_process

    process.kill()

    assert _ended(pid)


def test_broker_that_outlived_its_gateway_is_replaced(
    gateway_process: tuple[subprocess.Popen[str], int, str], tmp_path: Path
) -> None:
    process, pid, url = gateway_process
    os.kill(pid, signal.SIGSTOP)  # so that the kernel's SIGTERM does nothing yet
    process.kill()
    process.wait()
    broker = Broker(Options(state_dir=tmp_path / "state", users=USERS, stop_s=0.2))

    broker.start()

    assert _ended(pid)
    assert broker.url == url
    broker.stop()


def test_process_id_of_another_program_is_left_alone(options: Options) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    options.state_dir.mkdir()
    (options.state_dir / "broker.pid").write_text(str(bystander.pid))
    broker = Broker(options)

    broker.start()

    assert bystander.poll() is None
    broker.stop()
    bystander.communicate(b"\n")


def test_machine_sends_and_hears_its_own_topics_only(linked: Linked) -> None:
    gateway, heard = linked("gateway", "seal/v1/#")
    machine, inbox = linked("m-1", f"{MINE}/permit/#", f"{MINE}/ack")

    machine.publish(f"{OTHER}/entry", b"forged")
    machine.publish(f"{MINE}/permit/p1", b"forged", retain=True)
    for leaf in ("entry", "opening/ab", "photo/ab/0", "status"):
        machine.publish(f"{MINE}/{leaf}", b"own")
    heard.wait(lambda box: len(box.messages) >= 4)
    gateway.publish(f"{OTHER}/permit/p2", b"not for you")
    gateway.publish(f"{MINE}/permit/p3", b"for you")

    inbox.wait(lambda box: len(box.messages) >= 1)
    assert inbox.payloads == [b"for you"]
    assert heard.payloads[:4] == [b"own"] * 4
    assert b"forged" not in heard.payloads


@pytest.mark.parametrize(
    "foreign", [f"{OTHER}/permit/#", "seal/v1/+/+/permit/#", "#", "$MQTT/sub/#", f"{MINE}/entry"]
)
def test_machine_may_not_listen_beyond_its_own_topics(linked: Linked, foreign: str) -> None:
    with capture_logs() as logs:
        _, inbox = linked("m-1", foreign, up=False)
        end_s = time.monotonic() + 10
        while not any(one["event"] == "subscription_refused" for one in logs):
            assert time.monotonic() < end_s, logs
            select.select([], [], [], 0.01)

    assert inbox.links == []


def test_reload_lets_a_new_machine_in_and_an_old_one_out(broker: Broker, linked: Linked) -> None:
    _, stays = linked("gateway", "seal/v1/#")
    _, leaves = linked("m-1", f"{MINE}/ack")
    township, device = TOWNSHIP, "m-3"

    broker.reload((USERS[0], device_user("m-3", PASSWORD, township, device)))

    leaves.wait(lambda box: box.links[:2] == [True, False])
    machine, _ = linked("m-3", f"seal/v1/{township}/{device}/ack")
    machine.publish(f"seal/v1/{township}/{device}/entry", b"new")
    stays.wait(lambda box: box.payloads == [b"new"])
    assert stays.links == [True]
    assert leaves.links == [True, False]


@pytest.mark.slow
def test_more_subscriptions_than_the_broker_allows_as_shipped(linked: Linked) -> None:
    boxes = []

    for client in range(11):  # 1,100 in all; the window limits one session to 255
        gateway, inbox = linked("gateway", *(f"many/{client}/{place}" for place in range(100)))
        boxes.append(inbox)

    gateway.publish("many/0/99", b"first")
    gateway.publish("many/10/99", b"last")
    boxes[0].wait(lambda box: box.payloads == [b"first"])
    boxes[10].wait(lambda box: box.payloads == [b"last"])


SETTINGS = Settings(
    listen="127.0.0.1", port=1883, store_dir=Path("/s"), log_file=Path("/l"), users=USERS
)


def test_rights_on_a_subtree_name_its_root_too() -> None:
    text = render(SETTINGS)

    subject = f"seal.v1.{TOWNSHIP}.m-1.permit"
    assert f'"{subject}", "{subject}.>"' in text


@pytest.mark.parametrize(
    "users",
    [
        (),
        (USERS[0], USERS[0]),
        (User(name="a b", password=PASSWORD),),
        (User(name="a", password="short"),),
        (User(name="a", password="p" * 20 + "\n"),),
        (User(name="a", password=PASSWORD, publish=("#",)),),
        (User(name="a", password=PASSWORD, publish=("x/*",)),),
        (User(name="a", password=PASSWORD, publish=("x.y/z",)),),
        (User(name="a", password=PASSWORD, subscribe=("x//z",)),),
    ],
    ids=[
        "no-account",
        "twice",
        "blank-in-name",
        "short-password",
        "newline-in-password",
        "everything-by-wildcard",
        "star",
        "dot",
        "empty-level",
    ],
)
def test_accounts_that_could_widen_a_right_are_refused(users: tuple[User, ...]) -> None:
    settings = Settings(
        listen="127.0.0.1", port=1883, store_dir=Path("/s"), log_file=Path("/l"), users=users
    )

    with pytest.raises(ConfigError):
        render(settings)


@pytest.mark.parametrize(("township", "device"), [(TOWNSHIP, "+"), ("#", "m-1"), (TOWNSHIP, "")])
def test_device_that_is_a_wildcard_gets_no_account(township: str, device: str) -> None:
    with pytest.raises(ConfigError):
        device_user("a", PASSWORD, township, device)
