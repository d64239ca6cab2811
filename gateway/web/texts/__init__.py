"""Texts: what staff read, Chinese first.

Each area is one table of rows (key, Chinese, English), so both languages have the same keys.
Sentences for codes that travel in records and errors stand in `gateway.texts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.web.texts import (
    audit,
    channels,
    common,
    confirms,
    custody,
    desk,
    emergency,
    ladder,
    lists,
    log,
    makeups,
    office,
    paper,
    people,
    policy,
    precision,
    retention,
    seals,
    seams,
    signin,
    standing,
    viewer,
    withdrawals,
    words,
)

Language = Literal["zh", "en"]

AREAS = (
    *(common, desk, custody, seals, lists, log, office, ladder, audit, paper, policy),
    *(people, signin, retention, standing, emergency, channels, confirms, seams, words, precision),
    *(viewer, withdrawals, makeups),
)
ZH: Mapping[str, str] = {key: zh for area in AREAS for key, zh, _ in area.ROWS}
EN: Mapping[str, str] = {key: en for area in AREAS for key, _, en in area.ROWS}
TEXTS: Mapping[Language, Mapping[str, str]] = {"zh": ZH, "en": EN}


def text(language: Language, key: str, **values: object) -> str:
    """Return the sentence of a key with its values filled in; an unknown key is a KeyError."""
    return TEXTS[language][key].format(**values)


def word(language: Language, area: str, code: str | None) -> str:
    """Return the word for a stable code; a code that nobody has named yet stands for itself."""
    if not code:
        return "—"
    return TEXTS[language].get(f"{area}.{code}", code)


def sentence(language: Language, key: str, values: Mapping[str, object]) -> str:
    """Return the sentence of a finding; one without a text shows its key and values."""
    found = TEXTS[language].get(key)
    if found is not None:
        try:
            return found.format(**values)
        except KeyError:
            pass
    parts = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{key} ({parts})" if parts else key
