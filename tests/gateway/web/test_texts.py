"""Texts: both languages say the same things, and templates name no text that is missing."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest

from gateway.web.render import TEMPLATES, when
from gateway.web.texts import AREAS, EN, ZH, sentence, word

NAMED = re.compile(r"\bt\('([a-z0-9.-]+)'")
STEMS = re.compile(r"\bt\('([a-z0-9.-]+\.)' \+")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_once():
    keys = Counter(key for area in AREAS for key, _, _ in area.ROWS)

    assert ZH.keys() == EN.keys()
    assert [key for key, count in keys.items() if count > 1] == []


def test_address_in_a_command_stands_as_it_must_be_typed():
    assert not set(ZH["enrol.address"]) & set("：／")


def test_time_that_no_calendar_knows_is_shown_as_the_last_one():
    assert when(2**53 - 1) == "9999-12-31 23:59:59"


def test_both_languages_fill_in_the_same_values():
    assert [key for key in ZH if blanks(ZH[key]) != blanks(EN[key])] == []


def test_no_chinese_text_has_half_width_marks():
    halves = re.compile(r"[一-鿿）]\s*[(),;:?!]|[(),;:?!]\s*[一-鿿（]")

    assert [key for key, text in ZH.items() if halves.search(text)] == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_template_names_only_texts_that_exist(path):
    source = path.read_text(encoding="utf-8")

    missing = [key for key in NAMED.findall(source) if key not in ZH and not key.endswith(".")]
    empty = [stem for stem in STEMS.findall(source) if not any(key.startswith(stem) for key in ZH)]

    assert missing == []
    assert empty == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_template_holds_keys_and_no_chinese_sentence(path):
    source = path.read_text(encoding="utf-8")

    assert re.findall(r"[\u4e00-\u9fff]{2,}", source) == []


def test_code_without_a_word_is_shown_as_it_is():
    assert word("zh", "incident", "brand-new-code") == "brand-new-code"


def test_finding_without_a_sentence_shows_its_values():
    assert sentence("zh", "finding.new", {"n": 3}) == "finding.new (n=3)"


def test_finding_that_lacks_a_value_shows_what_it_has():
    assert sentence("zh", "finding.over-count", {"made": 3}) == "finding.over-count (made=3)"
