"""Orders: the writer asks again whose office allows what, at the moment of the write."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from msgspec import structs

from gateway.commands import (
    AddAccount,
    AssignCase,
    Command,
    Decide,
    Deliver,
    DraftList,
    NoteCase,
    OpenCase,
    ReleaseHold,
    RevokePermit,
)
from gateway.commands_signin import OWN
from gateway.desk import lists
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.orders import ACTIONS, OPERATORS

Town = Any
ORDERS: tuple[tuple[Command, str], ...] = (
    (Decide(by="chair", request="0" * 64, decision="approve", note=""), "auditor"),
    (RevokePermit(by="chair", permit="p", reason="mistake"), "approver"),
    (ReleaseHold(by="chair", hold="0" * 64, impressions=1), "approver"),
    (
        DraftList(
            by="chair",
            list=lists.read_csv(b"code,name,verdict\nX,Y,\xe5\x8f\xaf\xe4\xbb\xa5\n",
                                "township", "示例镇", "2020-01-01"),
            file=b"x",
        ),
        "auditor",
    ),
    (OpenCase(by="chair", alert="a", note="n"), "administrator"),
    (AssignCase(by="chair", case="c", to="chair"), "administrator"),
    (NoteCase(by="chair", case="c", note="n"), "administrator"),
)  # fmt: skip


@pytest.mark.parametrize(("command", "other_office"), ORDERS, ids=lambda one: type(one).__name__)
def test_order_is_refused_when_the_office_was_taken_away_before_the_write(
    desk: Town, command: Command, other_office: str
) -> None:
    desk.account("chair", other_office)
    before = len(desk.entries())

    with pytest.raises(NotAllowedError):
        desk.order(command)
    with pytest.raises(NotAllowedError):
        desk.order(structs.replace(command, by="nobody"))

    assert len(desk.entries()) == before


@pytest.mark.parametrize("command", [one for one, _ in ORDERS], ids=lambda one: type(one).__name__)
def test_order_goes_on_to_its_own_checks_with_the_right_office(
    desk: Town, command: Command
) -> None:
    desk.account("chair", "approver", "auditor", "administrator")

    try:
        desk.order(command)
    except NotAllowedError:
        pytest.fail("expected the office to be enough")
    except (NotFoundError, RequestRefusedError):
        pass


def test_only_the_command_line_adds_accounts_and_brings_files(desk: Town) -> None:
    desk.account("chair", "administrator", "auditor", "approver")
    account = AddAccount(
        by="chair",
        account="new",
        person="new",
        name="new",
        offices=("administrator",),
        keeps=(),
        password_hash="-",
    )

    for command in (account, Deliver(by="chair", messages=())):
        with pytest.raises(NotAllowedError):
            desk.order(command)
        desk.order(command, operator=True)


def test_command_line_decides_nothing_that_needs_a_person(desk: Town) -> None:
    for command, _ in ORDERS:
        if not isinstance(command, DraftList):
            with pytest.raises(NotAllowedError):
                desk.order(structs.replace(command, by="cli-root"), operator=True)


def test_every_order_is_a_persons_or_the_command_lines() -> None:
    assert ACTIONS.keys() | OPERATORS | OWN == set(get_args(Command))
