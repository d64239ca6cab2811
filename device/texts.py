"""What people read on this machine: a sentence for every prompt and every code, in two languages.

`ZH` and `EN` have equal keys. A key is `<group>.<name>`; groups of codes (`reason`, `todo`,
`fault`, `photo`, `hold`, `error`, `hint`) have a member `other` for a code that nobody put
into words yet, so that an unknown code is still shown, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from device import (
    texts_custody,
    texts_moments,
    texts_permits,
    texts_seams,
    texts_slip,
    texts_stamping,
    texts_withdrawing,
)
from device.texts_codes import CODES
from device.texts_en import PROMPTS as PROMPTS_EN
from device.texts_zh import PROMPTS as PROMPTS_ZH

__all__ = ["EN", "ZH", "Language", "Phrase", "Words", "code_phrase", "error_phrase", "say"]

Language = Literal["zh", "en"]
_TABLES_OF_CODES = (CODES, texts_custody.CODES)
_TABLES_OF_PROMPTS = (
    texts_permits.ROWS,
    texts_custody.PROMPTS,
    texts_slip.PROMPTS,
    texts_stamping.ROWS,
    texts_seams.ROWS,
    texts_moments.ROWS,
    texts_withdrawing.ROWS,
)
ZH: Mapping[str, str] = {
    **PROMPTS_ZH,
    **{key: zh for table in _TABLES_OF_PROMPTS for key, zh, _ in table},
    **{f"{g}.{code}": zh for table in _TABLES_OF_CODES for g in table for code, zh, _ in table[g]},
}
EN: Mapping[str, str] = {
    **PROMPTS_EN,
    **{key: en for table in _TABLES_OF_PROMPTS for key, _, en in table},
    **{f"{g}.{code}": en for table in _TABLES_OF_CODES for g in table for code, _, en in table[g]},
}
_TABLES: Mapping[Language, Mapping[str, str]] = {"zh": ZH, "en": EN}


class Phrase(Struct, frozen=True):
    """Something to say in a language not chosen yet: a key and the values of its blanks."""

    key: str
    values: dict[str, str | int] = {}


def say(language: Language, key: str, **values: str | int) -> str:
    """Return the text of `key` with its blanks filled.

    Raises:
        KeyError: there is no such text, or a blank has no value.
    """
    text = _TABLES[language][key]
    return text.format(**values) if values else text


def code_phrase(group: str, code: str) -> Phrase:
    """Return the phrase for a code of a group, or the group's `other` naming the code."""
    key = f"{group}.{code}"
    return Phrase(key) if key in ZH else Phrase(f"{group}.other", {"code": code or "-"})


def error_phrase(code: str, reasons: tuple[str, ...] = ()) -> Phrase:
    """Return the phrase for an error, by the first of its reasons that has words of its own."""
    for reason in reasons:
        for group in ("photo", "reason", "fault"):
            if f"{group}.{reason}" in ZH:
                return Phrase(f"{group}.{reason}")
    return code_phrase("error", code)


class Words:
    """The texts of one language, as templates use them."""

    def __init__(self, language: Language) -> None:
        """Speak `language`."""
        self._language = language

    def __call__(self, key: str, **values: str | int) -> str:
        """Return the text of a key; see `say`."""
        return say(self._language, key, **values)

    def code(self, group: str, code: str) -> str:
        """Return the text of a code; see `code_phrase`."""
        phrase = code_phrase(group, code)
        return say(self._language, phrase.key, **phrase.values)

    def why(self, reason: str) -> str:
        """Return why an impression was not made; a reason of the photo in the photo's words."""
        group = "reason" if f"reason.{reason}" in ZH or f"photo.{reason}" not in ZH else "photo"
        return self.code(group, reason)
