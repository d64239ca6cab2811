"""One-time codes: as people type them, and never two alike."""

from __future__ import annotations

import hashlib

import pytest

from ledger import enrolcodes
from ledger.errors import MalformedError

FINGERPRINT = hashlib.sha256(b"authority").hexdigest()


def test_code_carries_eighty_random_bits_and_the_authority() -> None:
    codes = [enrolcodes.make(FINGERPRINT) for _ in range(50)]

    assert len({code.secret for code in codes}) == 50
    assert {code.pin for code in codes} == {enrolcodes.pin(FINGERPRINT)}
    assert 5 * enrolcodes.SECRET >= 80 and 5 * enrolcodes.PIN >= 120


def test_code_is_read_however_it_was_typed() -> None:
    code = enrolcodes.make(FINGERPRINT)
    text = str(code)

    typed = [text, text.lower(), text.replace("-", " "), f"  {text.replace('-', '')}\n"]
    typed += [text.replace("0", "o").replace("1", "l"), text.replace("1", "I")]

    assert {enrolcodes.read(one) for one in typed} == {code}


@pytest.mark.parametrize("text", ["", "A" * 39, "A" * 41, "U" * 40, "*" * 40])
def test_other_text_is_no_code(text: str) -> None:
    with pytest.raises(MalformedError):
        enrolcodes.read(text)


def test_pin_is_the_beginning_of_the_fingerprint() -> None:
    other = FINGERPRINT[:30] + ("0" if FINGERPRINT[30] != "0" else "1") + FINGERPRINT[31:]
    first = ("0" if FINGERPRINT[0] != "0" else "1") + FINGERPRINT[1:]

    assert enrolcodes.pin(other) == enrolcodes.pin(FINGERPRINT)  # beyond 120 bits
    assert enrolcodes.pin(first) != enrolcodes.pin(FINGERPRINT)


def test_hash_says_nothing_of_the_pin_and_all_of_the_secret() -> None:
    code = enrolcodes.make(FINGERPRINT)

    assert enrolcodes.Code(code.secret, "0" * 24).sha256 == code.sha256
    assert enrolcodes.make(FINGERPRINT).sha256 != code.sha256
