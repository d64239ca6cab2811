"""Local: orders and questions of the command line, whether or not the gateway runs.

A running gateway is asked through its socket; otherwise the command line takes the store's lock
itself, so that there is one writer at any time.
"""

from __future__ import annotations

import getpass
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from gateway import founding, witness_start
from gateway.commands import (
    AddAccount,
    DraftList,
    DraftPolicy,
    ImportList,
    KeepCosignatures,
)
from gateway.commands_keys import AgreeKey, IssueCode, RevokeKey
from gateway.config import GatewayConfig, trusted_keys
from gateway.control import Order, send
from gateway.desk import lists, retention
from gateway.enrolling import Enrolling
from gateway.errors import NotFoundError, RequestRefusedError, StoreError
from gateway.orders_lists import standing_list
from gateway.register.keybook import KeyBook
from gateway.stores import Reader, Store, sqlite
from gateway.stores.calendar import local_date
from gateway.texts import text
from gateway.wiring import Keys, load_keys, open_ca, open_desk, publisher_of
from gateway.writer import wall_ms
from ledger import keyacts
from ledger.errors import LedgerError
from ledger.matters import Matter, MatterList, look_up

_Asked = TypeVar("_Asked")


def operator() -> str:
    """Return who orders at the command line, as an account id: `cli-` and the system's user."""
    name = re.sub(r"[^a-z0-9-]", "-", getpass.getuser().lower())
    return f"cli-{name}"[:40]


Orderable = (
    AddAccount
    | ImportList
    | DraftList
    | AgreeKey
    | IssueCode
    | RevokeKey
    | KeepCosignatures
    | DraftPolicy
)


def enrolling(config: GatewayConfig) -> Enrolling:
    """Return what issues codes and knows who waits, beside a gateway that may be running.

    Raises:
        GatewayError: no log is here yet, or it cannot be read.
    """
    book = KeyBook(trusted_keys(config))

    def read(ask: Callable[[Reader], _Asked]) -> _Asked:
        store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
        try:
            with store.reader() as reader:
                return ask(reader)
        finally:
            store.close()

    def last_seq(machine: str, epoch: int) -> int:
        head = read(lambda reader: reader.head("device", machine, epoch))
        return 0 if head is None else head.seq

    return Enrolling(config, open_ca(config), lambda: read(book.at), last_seq, "", wall_ms)


def issue_code(config: GatewayConfig, machine: str) -> str:
    """Write down that a machine gets a one-time code, and return it; nothing keeps it.

    Raises:
        GatewayError: nothing was written, or no code could be made.
    """
    by, hours = operator(), config.door.code_hours
    carry_out(config, IssueCode(by=by, machine=machine, hours=hours))
    return str(enrolling(config).issue(machine, by, hours))


def carry_out(config: GatewayConfig, command: Orderable) -> object:
    """Have an order carried out and return its answer.

    Raises:
        GatewayError: it was refused, or the running gateway did not answer.
    """
    answer = send(config.state, _order(command)) if config.state.is_dir() else None
    if answer is None:
        return _alone(config, command)
    if answer.error == StoreError.code:
        raise StoreError(answer.message)
    if answer.error:
        raise RequestRefusedError(answer.error, answer.message)
    return answer.value


def difference(config: GatewayConfig, content: MatterList) -> Iterator[str]:
    """Yield, line by line, what a list would change of the one that stands."""
    old = None
    if (config.state / sqlite.FILE).exists():
        store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
        try:
            with store.reader() as reader:
                old = standing_list(reader, content)
        finally:
            store.close()
    change = lists.compare(old, content)
    yield from (f"+ {_line(one)}" for one in change.added)
    yield from (f"- {_line(one)}" for one in change.removed)
    yield from (f"~ {_line(before)} -> {_line(after)}" for before, after in change.changed)
    yield (
        f"新增 {len(change.added)} 项，删除 {len(change.removed)} 项，修改 {len(change.changed)} 项"
    )


def explain(config: GatewayConfig, village: str, code_or_name: str) -> Iterator[str]:
    """Yield, line by line, what the list in force says of an item, and why.

    Raises:
        NotFoundError: no such village.
    """
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            where = reader.village(village)
            if where is None:
                known = [one.village for one in reader.villages()]
                raise NotFoundError(f"expected one of the villages {known}, found {village}")
            today = local_date(time.time_ns() // 1_000_000)
            answer = look_up(reader.matters(village, today), code_or_name)
            version = reader.list_version()
    finally:
        store.close()
    yield f"{where.name} {today} 第 {version} 版：{text(answer.reason)}"
    window = f"{config.window} {config.window_phone}"
    if answer.matter is None:
        yield f"咨询：{window}"
        return
    yield _line(answer.matter)
    yield f"依据：{answer.matter.basis or '未公布'}"
    if answer.reason == "forbidden":
        yield f"请到：{answer.matter.instead or window}"


def retention_lines(config: GatewayConfig) -> Iterator[str]:
    """Yield, line by line, how long things are kept, what is due, and what is asked for."""
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            now_ms = time.time_ns() // 1_000_000
            kept = retention.years(reader.policy())
            limits = retention.cutoffs(kept, now_ms)
            months = reader.due_months(limits.openings_before_ms, limits.photos_before_ms)
            asked = reader.erasures_asked(now_ms - retention.ASKED_DAYS * retention.DAY_MS)
    finally:
        store.close()
    yield f"保存期限：内容 {kept.openings} 年，照片 {kept.photos} 年"
    for month in months:
        yield f"到期 {month.month}：内容 {month.openings}，照片 {month.photos}"
    for one in asked:
        asked_on = local_date(one.asked_ms)
        yield f"待确认 {one.asked[:12]}：{len(one.targets)} 条，{one.asked_by} 于 {asked_on} 提出"


_ORDERS: dict[type, str] = {
    AddAccount: "add_account",
    ImportList: "import_list",
    DraftList: "draft_list",
    KeepCosignatures: "cosignatures",
    AgreeKey: "agree_key",
    IssueCode: "issue_code",
    RevokeKey: "revoke_key",
    DraftPolicy: "draft_policy",
}


def _order(command: Orderable) -> Order:
    given: dict[str, Any] = {_ORDERS[type(command)]: command}
    return Order(**given)


def _alone(config: GatewayConfig, command: Orderable) -> object:
    """Carry an order out here, with the store's lock held."""
    keys = load_keys(config)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    try:
        publisher_of(config, keys, store)
        now_ms = time.time_ns() // 1_000_000
        witness_start.agree(config, keys.log_signer, store, now_ms)
        if isinstance(command, AgreeKey) and _brings_own(command, keys):
            return _enter_own(config, keys, store, command, now_ms)
        desk = open_desk(config, keys, store)
        with desk.public.transaction(store, now_ms) as transaction:
            return desk.orders.carry_out(transaction, command, now_ms, operator=True).answer
    finally:
        store.close()


def _enter_own(
    config: GatewayConfig, keys: Keys, store: Store, command: AgreeKey, now_ms: int
) -> object:
    """Enter the key that signs this very entry, or its checkpoint; nothing comes before it.

    Raises:
        ConfigError: afterwards our keys would not be those that the log names.
    """
    desk = open_desk(config, keys, store, entering=True)
    with store.transaction() as transaction:
        done = desk.orders.carry_out(transaction, command, now_ms, operator=True)
        known = desk.intake.keys.at(transaction)
        founding.check_own(known, keys.signer, keys.log_signer)
        desk.public.grow(transaction)
    return done.answer


def _brings_own(command: AgreeKey, keys: Keys) -> bool:
    """Tell whether an order enters a key that we sign with already."""
    own = (keys.signer.record_sha256, keys.log_signer.record_sha256)
    try:
        return keyacts.key_hash(keyacts.decode(command.draft)) in own
    except LedgerError:
        return False  # the order says why it is refused


def _line(matter: Matter) -> str:
    return f"{matter.code} {matter.name} [{matter.verdict.value}] {matter.layer}/{matter.place}"
