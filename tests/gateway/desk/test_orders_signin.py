"""Tries, second factors, resets: durable, used once, and two persons for a reset."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands_signin import (
    AskReset,
    ChangePassword,
    ConfirmReset,
    CountAttempt,
    EndSessions,
    EnrolFactor,
    ForgetAttempts,
    UseRecovery,
    UseStep,
)
from gateway.desk.attempts import FREE, LONGEST_PAUSE_MS, MOST_NAMES, PAUSE_MS
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.orders_signin import HOUR_MS, RESET_HOURS
from gateway.stores.signin import Attempts
from ledger.records_people import AccountAct

Town = Any


@pytest.fixture
def staff(desk: Town) -> Town:
    """Return the township with an auditor beside its administrator."""
    desk.account("checker", "auditor", village="")
    return desk


def tried(town: Town, name: str = "chair", times: int = 1) -> list[Any]:
    return [town.order(CountAttempt(by=name)).answer for _ in range(times)]


def acts(town: Town) -> list[tuple[str, str, str, str | None]]:
    return [
        (one.body.account, one.body.act, one.body.by, one.body.released_by)
        for one in town.entries()
        if isinstance(one.body, AccountAct)
    ]


def test_tries_cost_nothing_at_first_and_then_ever_more(staff: Town) -> None:
    assert tried(staff, times=FREE) == [0] * FREE

    assert tried(staff) == [PAUSE_MS]
    staff.now_ms += PAUSE_MS
    assert tried(staff, times=2) == [0, 2 * PAUSE_MS]
    for _ in range(12):
        staff.now_ms += LONGEST_PAUSE_MS
        tried(staff)
    assert tried(staff) == [LONGEST_PAUSE_MS]


def test_a_restart_gives_no_try_back(staff: Town) -> None:
    tried(staff, times=FREE)

    staff.restart()

    assert tried(staff) == [PAUSE_MS]


def test_a_clock_that_went_back_lengthens_no_pause(staff: Town) -> None:
    tried(staff, times=FREE)
    staff.now_ms -= 10 * HOUR_MS

    assert tried(staff) == [PAUSE_MS]


def test_a_complete_sign_in_forgets_the_tries_of_this_account_alone(staff: Town) -> None:
    tried(staff, times=FREE)
    tried(staff, "chief", times=FREE)

    staff.order(ForgetAttempts(by="chair"))

    assert tried(staff) == [0]
    assert tried(staff, "chief") == [PAUSE_MS]


def test_no_more_names_are_remembered_than_fit(staff: Town) -> None:
    with staff.store.transaction() as transaction:
        for number in range(30):
            staff.now_ms += 1
            transaction.put_attempts(f"n{number}", _attempts(f"n{number}", staff.now_ms), most=10)

    with staff.store.reader() as reader:
        kept = [number for number in range(30) if reader.attempts(f"n{number}")]
    assert kept == list(range(20, 30))
    assert MOST_NAMES >= 1000


def _attempts(name: str, at_ms: int) -> Any:
    return Attempts(name=name, count=1, last_ms=at_ms)


def test_a_step_is_used_once_and_none_before_it_afterwards(staff: Town) -> None:
    staff.order(EnrolFactor(by="chair", secret=b"s" * 20, step=100, recovery=()))

    staff.order(UseStep(by="chair", step=102))

    for step in (102, 101, 100):
        with pytest.raises(RequestRefusedError) as error:
            staff.order(UseStep(by="chair", step=step))
        assert error.value.reason == "factor-replayed"
    staff.order(UseStep(by="chair", step=103))


def test_a_used_step_stays_used_after_a_restart(staff: Town) -> None:
    staff.order(EnrolFactor(by="chair", secret=b"s" * 20, step=100, recovery=()))
    staff.order(UseStep(by="chair", step=102))

    staff.restart()

    with pytest.raises(RequestRefusedError):
        staff.order(UseStep(by="chair", step=102))


def test_a_recovery_code_is_used_once(staff: Town) -> None:
    staff.order(EnrolFactor(by="chair", secret=b"s" * 20, step=1, recovery=("a", "b")))

    assert staff.order(UseRecovery(by="chair", recovery="a")).answer == 1
    with pytest.raises(RequestRefusedError):
        staff.order(UseRecovery(by="chair", recovery="a"))


def test_nobody_without_a_factor_uses_one(staff: Town) -> None:
    with pytest.raises(NotFoundError):
        staff.order(UseStep(by="chair", step=5))


def test_a_reset_does_nothing_until_another_person_confirms(staff: Town) -> None:
    staff.order(EnrolFactor(by="chair", secret=b"s" * 20, step=1, recovery=()))

    staff.order(AskReset(by="chief", account="chair", password_hash="new"))

    with staff.store.reader() as reader:
        assert reader.account("chair").password_hash == "-"
        assert reader.factor("chair") is not None
    for by in ("chief",):
        with pytest.raises(RequestRefusedError, match="another person"):
            staff.order(ConfirmReset(by=by, account="chair"))

    staff.order(ConfirmReset(by="checker", account="chair"))

    with staff.store.reader() as reader:
        assert reader.account("chair").password_hash == "new"
        assert reader.factor("chair") is None
    assert acts(staff)[-2:] == [
        ("chair", "password-reset", "chief", None),
        ("chair", "password-reset", "chief", "checker"),
    ]


def test_neither_the_same_person_nor_its_owner_confirms_a_reset(staff: Town) -> None:
    staff.account("chief-2", "auditor", person="chief", village="")
    staff.account("chair-2", "auditor", person="chair", village="")
    staff.order(AskReset(by="chief", account="chair", password_hash="new"))

    for by in ("chief-2", "chair-2"):
        with pytest.raises(RequestRefusedError, match="another person"):
            staff.order(ConfirmReset(by=by, account="chair"))


def test_a_reset_that_waited_too_long_is_gone(staff: Town) -> None:
    staff.order(AskReset(by="chief", account="chair", password_hash="new"))
    staff.now_ms += RESET_HOURS * HOUR_MS + 1

    with pytest.raises(NotFoundError):
        staff.order(ConfirmReset(by="checker", account="chair"))


def test_a_reset_is_confirmed_once_and_ends_with_the_own_password(staff: Town) -> None:
    staff.order(AskReset(by="chief", account="chair", password_hash="new"))
    staff.order(ConfirmReset(by="checker", account="chair"))
    with pytest.raises(NotFoundError):
        staff.order(ConfirmReset(by="checker", account="chair"))

    staff.order(ChangePassword(by="chair", password_hash="own"))

    with staff.store.reader() as reader:
        assert reader.resets() == ()
        assert reader.account("chair").password_hash == "own"


@pytest.mark.parametrize("office", ["approver", "station", "clerk", "county"])
def test_other_offices_reset_nobody(staff: Town, office: str) -> None:
    staff.account("other", office)

    with pytest.raises(NotAllowedError):
        staff.order(AskReset(by="other", account="chair", password_hash="new"))


def test_ending_somebodys_sessions_is_an_entry(staff: Town) -> None:
    staff.order(EndSessions(by="checker", account="chair"))

    assert acts(staff)[-1] == ("chair", "sessions-ended", "checker", None)


def test_the_operators_new_password_takes_the_second_factor_away_and_says_so(staff: Town) -> None:
    staff.order(EnrolFactor(by="chair", secret=b"s" * 20, step=1, recovery=()))

    staff.account("chair", "approver")

    with staff.store.reader() as reader:
        assert reader.factor("chair") is None
    assert acts(staff)[-2:] == [
        ("chair", "given", "cli-root", None),
        ("chair", "factor-reset", "cli-root", None),
    ]
