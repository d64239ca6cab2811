"""Codes by time against RFC 6238's own examples, and codes for the day without the phone."""

from __future__ import annotations

import pytest

from gateway.desk import totp

SECRET = b"12345678901234567890"  # RFC 6238, appendix B
EXAMPLES = [
    (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
    (2000000000, "279037"), (20000000000, "353130"),
]  # fmt: skip
"""The RFC's eight digits, of which six are the last six."""


@pytest.mark.parametrize(("at_s", "code"), EXAMPLES)
def test_the_rfcs_examples_hold(at_s: int, code: str) -> None:
    assert totp.code_at(SECRET, at_s * 1000) == code
    assert totp.step_of(SECRET, code, at_s * 1000, 0) == at_s // totp.STEP_S


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_off(steps: int, counts: bool) -> None:
    now_ms = 1_800_000_015_000
    code = totp.code_at(SECRET, now_ms + steps * totp.STEP_S * 1000)

    assert (totp.step_of(SECRET, code, now_ms, 0) is not None) is counts


def test_neither_the_last_step_nor_one_before_it_counts_again() -> None:
    now_ms = 1_800_000_015_000
    code = totp.code_at(SECRET, now_ms)
    step = totp.step_of(SECRET, code, now_ms, 0)

    assert step is not None
    assert totp.step_of(SECRET, code, now_ms, step) is None
    assert totp.step_of(SECRET, code, now_ms, step + 1) is None
    assert totp.step_of(SECRET, code, now_ms, step - 1) == step


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert totp.step_of(SECRET, code, 59_000, 0) is None


def test_a_code_of_another_secret_is_none() -> None:
    code = totp.code_at(totp.new_secret(), 59_000)

    assert code == "287082" or totp.step_of(SECRET, code, 59_000, 0) is None


def test_the_address_names_account_and_township_and_carries_the_secret() -> None:
    address = totp.address(SECRET, "wang", "示范镇")

    assert address.startswith("otpauth://totp/")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in address
    assert "period=30" in address and "digits=6" in address and "algorithm=SHA1" in address


def test_recovery_codes_are_eighty_random_bits_each_and_none_alike() -> None:
    codes = totp.new_recovery_codes()

    assert len(set(codes)) == totp.RECOVERY_CODES
    assert all(len(one.replace("-", "")) * 5 == 80 for one in codes)


def test_a_recovery_code_is_known_however_it_is_typed_and_no_other_is() -> None:
    code, other = totp.new_recovery_codes()[:2]
    kept = totp.hash_recovery(code)

    assert kept.startswith("$argon2id$") and code not in kept
    assert totp.recovery_of(("-", kept), f"  {code.upper().replace('-', ' ')}") == kept
    assert totp.recovery_of((kept,), other) is None
    assert totp.recovery_of((kept,), code[:-1]) is None
