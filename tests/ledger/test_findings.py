"""Every finding can be told in both languages, in words, and memory stays bounded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger import texts
from ledger.findings import MOST_OF_ONE_CODE, Finding, Findings, Place
from ledger.texts_findings import FINDINGS
from ledger.texts_rows import DO

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
LEDGER = Path(__file__).resolve().parents[2] / "ledger"
CODES = [row[0] for row in FINDINGS]


def test_both_languages_have_the_same_texts() -> None:
    assert texts.ZH.keys() == texts.EN.keys()
    assert all(
        re.findall(r"\{(\w+)\}", texts.ZH[key]).sort() == re.findall(r"\{(\w+)\}", text).sort()
        for key, text in texts.EN.items()
    )


def test_every_row_is_there_once() -> None:
    assert len(set(CODES)) == len(CODES)
    assert {row[3] for row in FINDINGS} == {row[0] for row in DO}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", CODES)
def test_every_finding_says_what_where_since_when_and_what_to_do(
    code: str, language: texts.Language
) -> None:
    place = Place(log="a.b/1/2/2026", index=4, author="m-1", epoch=1, seq=3, at_ms=0)

    lines = list(texts.tell_one(language, 1, Finding(code=code, place=place, detail="expected x")))

    assert len(lines) == 5
    assert "1970-01-01 08:00:00" in lines[2]
    assert "m-1" in lines[1] and "5" in lines[1]


def test_every_code_in_the_sources_has_its_words() -> None:
    paths = [*LEDGER.glob("*.py"), LEDGER.parent / "gateway" / "witness" / "visit.py"]
    sources = "".join(path.read_text() for path in paths if "texts" not in path.name)
    used = set(
        re.findall(
            r"\"((?:approval|chain|entries|entry|export|intent|key|log|monitor|permit|privacy|receipt"
            r"|request|root|tile|time|year)-[a-z]+)\"",
            sources,
        )
    )

    kinds_and_errors = {"key-history", "key-revocation", "log-start"}
    assert used - set(CODES) == kinds_and_errors


def places() -> list[tuple[str, Place]]:
    """A place for every way in which one can be known."""
    log = "seal.gucheng.example/420625000000/420625103000/2026"
    author = {"author": "m-qingxi", "epoch": 1, "seq": 7}
    return [
        ("entry", Place(log=log, index=41, at_ms=1_793_000_000_000, **author)),  # type: ignore[arg-type]
        ("log", Place(log=log)),
        ("from", Place(log=log, index=41)),
        ("export", Place(log="m-qingxi", seq=7)),
        ("seen", Place(log=log, seen_ms=1_793_000_000_000)),
        ("found", Place(log=log, index=41, seen_ms=1_793_000_000_000)),
    ]


def told_to_clerks() -> str:
    """Return everything that a clerk can read about findings, as one text."""
    blocks = []
    for code in CODES:
        for language in ("zh", "en"):
            finding = Finding(code=code, place=places()[0][1], detail="expected x, found y")
            blocks.append("\n".join(texts.tell_one(language, 1, finding)))  # type: ignore[arg-type]
    for name, place in places():
        for language in ("zh", "en"):
            lines = list(texts.tell_one(language, 1, Finding(code="other", place=place)))  # type: ignore[arg-type]
            blocks.append("\n".join([f"[{name}]", *lines[1:3]]))
    return "\n\n".join(blocks) + "\n"


def test_every_word_about_every_finding_is_as_it_was_agreed() -> None:
    """`tests/vectors/findings.txt` was read by people; who changes a word changes it there too."""
    agreed = (VECTORS / "findings.txt").read_text(encoding="utf-8")

    assert told_to_clerks() == agreed


@pytest.mark.parametrize("row", DO, ids=[row[0] for row in DO])
def test_what_to_do_names_who_acts(row: tuple[str, str, str]) -> None:
    _, chinese, english = row

    assert re.search("乡镇|县|村|技术员|见证人|再核对|保存", chinese)
    assert re.search("township|county|village|technician|witness|check again|Keep", english)


def test_an_unknown_code_is_still_shown() -> None:
    lines = list(texts.tell_one("en", 1, Finding(code="never-heard", place=Place(), detail="x")))

    assert "Something does not hold" in lines[0]
    assert "never-heard" in lines[-1]


def test_more_findings_of_one_code_are_counted() -> None:
    findings = Findings()
    for index in range(MOST_OF_ONE_CODE + 7):
        findings.add("chain-gap", Place(index=index))
    findings.add("chain-fork", Place(index=1))

    told = list(texts.tell("en", findings))

    assert len(findings) == MOST_OF_ONE_CODE + 8
    assert told[-1].startswith("7 more")
    assert sum(line.startswith("Finding") for line in told) == MOST_OF_ONE_CODE + 1


def test_a_time_that_no_calendar_has_is_shown_as_it_is() -> None:
    assert texts.beijing(2**53 - 1) == f"{2**53 - 1} ms"
