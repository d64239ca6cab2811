"""Amounts in figures and in words, in every form that papers have them."""

from __future__ import annotations

import random

import pytest

from bench.eyes_applied import in_words
from vision.amounts import figures, number, written_out
from vision.written import Written


def said(text: str) -> Written:
    return Written(text, (1.0,) * len(text), (0,) * len(text))


@pytest.mark.parametrize(
    ("text", "fen", "plain"),
    [
        ("12,345.60元", 1_234_560, True),
        ("12.345.60元", 1_234_560, True),  # the comma read as a point
        ("¥860", 86_000, True),
        ("840.00", 84_000, True),
        ("48.0万元", 48_000_000, True),
        ("3千元", 300_000, True),
        ("2亿元", 20_000_000_000, True),
        ("1,000,000元", 100_000_000, True),
        ("2026", 202_600, False),
    ],
)
def test_figures_mean_fen(text: str, fen: int, plain: bool) -> None:
    (found,) = figures(said(text))

    assert fen in found.fen
    assert found.plain is plain


def test_point_before_three_digits_is_no_whole_fen_and_thousands_at_most() -> None:
    (found,) = figures(said("12.345元"))

    assert found.fen == {1_234_500}


@pytest.mark.parametrize(
    ("words", "meant"),
    [("十", 10), ("二十五", 25), ("壹万零伍", 10_005), ("一亿二千万", 120_000_000), ("万", None)],
)
def test_number_words_mean_numbers(words: str, meant: int | None) -> None:
    assert number(words) == meant


def test_every_amount_written_out_is_read_back() -> None:
    seed = 8
    rng = random.Random(seed)
    amounts = [rng.randint(1, 9) * 10 ** rng.randint(2, 11) for _ in range(50)]
    amounts += [rng.randint(100, 10**9) for _ in range(200)]

    for fen in amounts:
        (found,) = written_out(said(f"人民币{in_words(fen)}。"))
        assert found.fen == {fen}, (seed, fen, in_words(fen))


def test_words_without_the_unit_are_no_amount() -> None:
    assert not list(written_out(said("第三村民小组共五户")))
