"""Emergency codes: 80 random bits, a slip is told at once, a hash tells terms and holder apart."""

from __future__ import annotations

import random

import pytest

from ledger import emergency
from ledger.enrolcodes import ALPHABET
from ledger.errors import MalformedError


def test_a_code_has_eighty_random_bits_and_is_read_however_it_is_typed() -> None:
    made = {emergency.make() for _ in range(200)}

    assert len(made) == 200
    for code in made:
        groups = code.split("-")
        assert [len(one) for one in groups] == [4, 4, 4, 4, 1]
        assert emergency.read(code.lower().replace("-", " ")) == code.replace("-", "")


def test_every_single_wrong_character_is_found() -> None:
    plain = emergency.read(emergency.make())

    for place, right in enumerate(plain):
        for other in set(ALPHABET) - {right}:
            with pytest.raises(MalformedError):
                emergency.read(plain[:place] + other + plain[place + 1 :])


def test_any_two_characters_that_changed_places_are_found() -> None:
    chosen = random.Random(7)
    for _ in range(20):
        secret = "".join(chosen.sample(ALPHABET, emergency.SECRET))
        plain = secret + emergency.check_character(secret)
        for first in range(len(plain)):
            for second in range(first):
                swapped = list(plain)
                swapped[first], swapped[second] = plain[second], plain[first]
                if swapped == list(plain):
                    continue
                with pytest.raises(MalformedError):
                    emergency.read("".join(swapped))


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 16, "A" * 18, "U" * 17, "你" * 17])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        emergency.read(text)


def test_the_hash_binds_terms_and_holder() -> None:
    code = emergency.make()
    hashes = {
        emergency.sha256_of(code, terms, holder) for terms in ("e-1", "e-2") for holder in "ab"
    }

    assert len(hashes) == 4
