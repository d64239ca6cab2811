"""Who and what a simulated township consists of: villages, people, ports; made up for each run."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gateway import ports

NAMES = ("清溪村", "石桥村", "柳湾村", "枫林村", "双河村", "白沙村", "金盆村", "云台村", "古井村")
CLERKS = ("王秀兰", "李建国", "张海燕", "刘德明", "陈桂英", "杨志强", "赵春生", "周文华", "吴金花")
KIOSK_PORT, CONSOLE_PORT = 8081, 8000
LOOPBACK = "127.0.0.1"


class PlannedSeal(Struct, frozen=True, kw_only=True):
    """One of several seals in a machine, and the items that it may stamp."""

    id: str
    name: str
    matters: tuple[str, ...] = ()


class Village(Struct, frozen=True, kw_only=True):
    """One village: its machine, its clerk, and where its kiosk answers.

    `seals`: of its machine; none: the committee's alone.
    """

    number: int
    name: str
    code: str
    profile: Literal["A", "B"]
    machine: str
    clerk: str
    clerk_name: str
    card: str
    pin: str
    kiosk_port: int
    seals: tuple[PlannedSeal, ...] = ()

    @property
    def kiosk(self) -> str:
        """The kiosk's address."""
        return f"http://127.0.0.1:{self.kiosk_port}"


class Person(Struct, frozen=True, kw_only=True):
    """One account at the console."""

    account: str
    name: str
    office: str
    password: str
    village: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """Everything that is decided before anything is written or started.

    Args:
        eyes: the gateway looks at the photos of uses.
        reads: it also reads print. The demo does not, as its papers name other persons than its
            errands do.
    """

    folder: Path
    villages: tuple[Village, ...]
    people: tuple[Person, ...]
    console_port: int
    broker_port: int
    eyes: bool = False
    reads: bool = False

    @property
    def gateway_folder(self) -> Path:
        """Configuration, keys and state of the gateway."""
        return self.folder / "gateway"

    @property
    def gateway_config(self) -> Path:
        """The gateway's configuration file."""
        return self.gateway_folder / "gateway.toml"

    @property
    def trusted(self) -> Path:
        """The folder of key records that everybody trusts."""
        return self.folder / "trusted"

    @property
    def logs(self) -> Path:
        """What the processes say."""
        return self.folder / "logs"

    @property
    def console(self) -> str:
        """The console's address."""
        return f"http://127.0.0.1:{self.console_port}"

    def device_folder(self, village: Village) -> Path:
        """Configuration, keys and state of a village's agent."""
        return self.folder / village.machine

    def device_config(self, village: Village) -> Path:
        """The agent's configuration file."""
        return self.device_folder(village) / "device.toml"

    def machine_folder(self, village: Village) -> Path:
        """What the simulated machine keeps over a restart, its key and its trace."""
        return self.folder / f"simulator-{village.number}"

    def person(self, account: str) -> Person:
        """Return a person by account."""
        return next(one for one in self.people if one.account == account)


def make_plan(folder: Path, villages: int, *, friendly: bool) -> Plan:
    """Return a plan for so many villages, machines of profile A and B in turn.

    Args:
        folder: exists and is empty.
        friendly: for people who look: take the ports that are easy to remember, as far as they
            are free, and let the gateway look at photos.
    """
    free = _Ports()
    made = tuple(_village(number, free, friendly) for number in range(1, villages + 1))
    clerks = (_person(one.clerk, one.clerk_name, "clerk", one.code) for one in made)
    return Plan(
        folder=folder,
        villages=made,
        people=(
            _person("approver", "陈明（镇审批）", "approver"),
            _person("auditor", "李静（镇纪检）", "auditor"),
            _person("admin", "周强（管理员）", "administrator"),
            *clerks,
        ),
        console_port=free.take(CONSOLE_PORT if friendly else 0),
        broker_port=free.take(0),
        eyes=friendly,
    )


class _Ports:
    """Gives out ports that are free now, none of them twice."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def take(self, wanted: int) -> int:
        """Return the wanted port if it is free, else any free one; 0: any."""
        found = wanted if wanted and ports.is_free(LOOPBACK, wanted) else ports.choose(LOOPBACK)
        if found in self._given:
            return self.take(0)
        self._given.add(found)
        return found


def _village(number: int, free: _Ports, friendly: bool) -> Village:
    return Village(
        number=number,
        name=NAMES[(number - 1) % len(NAMES)],
        code=f"420625103{200 + number}",
        profile="B" if number % 2 == 0 else "A",
        machine=f"machine-{number}",
        clerk=f"clerk-{number}",
        clerk_name=CLERKS[(number - 1) % len(CLERKS)],
        card=secrets.token_hex(4),
        pin=f"{secrets.randbelow(1_000_000):06}",
        kiosk_port=free.take(KIOSK_PORT + number - 1 if friendly else 0),
    )


def _person(account: str, name: str, office: str, village: str = "") -> Person:
    return Person(
        account=account,
        name=name,
        office=office,
        password=secrets.token_hex(4),
        village=village,
    )
