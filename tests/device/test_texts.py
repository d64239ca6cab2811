"""The texts: both languages complete, every code in words, every key of a template there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import device.capture
import device.errors
import hardware.errors
from device.errors import DeviceError
from device.job import _STOPPING
from device.texts import EN, ZH, Words, code_phrase, error_phrase, say
from hardware.errors import HardwareError
from vision.findings import Finding, Reason

PACKAGE = Path(device.errors.__file__).parent
TEMPLATES = sorted((PACKAGE / "kiosk" / "templates").glob("*.html"))
PERMIT_REASONS = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', (PACKAGE / "permits.py").read_text())


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def errors_of(base: type[Exception], module: object) -> list[str]:
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return [one.code for one in found if issubclass(one, base)]  # type: ignore[attr-defined]


CODES = sorted(
    {
        *errors_of(HardwareError, hardware.errors),
        *errors_of(HardwareError, device.capture),
        *errors_of(DeviceError, device.errors),
    }
)


def test_both_languages_have_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()


def test_both_languages_have_the_same_blanks() -> None:
    different = [key for key in ZH if blanks(ZH[key]) != blanks(EN[key])]

    assert different == []


def test_no_text_is_empty() -> None:
    assert [key for key in ZH if not ZH[key].strip() or not EN[key].strip()] == []


def test_no_chinese_text_has_half_width_marks() -> None:
    halves = re.compile(r"[一-鿿）]\s*[(),;:?!]|[(),;:?!]\s*[一-鿿（]")

    assert [key for key, text in ZH.items() if halves.search(text)] == []


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_a_sentence_and_a_hint(code: str) -> None:
    assert {f"error.{code}", f"hint.{code}"} <= ZH.keys()


@pytest.mark.parametrize("word", sorted({*map(str, Reason), *map(str, Finding)}))
def test_every_word_about_a_photo_has_a_sentence(word: str) -> None:
    assert f"photo.{word}" in ZH


@pytest.mark.parametrize("reason", PERMIT_REASONS)
def test_every_reason_against_a_permit_has_a_sentence(reason: str) -> None:
    assert f"reason.{reason}" in ZH


@pytest.mark.parametrize("reason", _STOPPING)
def test_every_page_that_stops_a_stamp_has_a_sentence_and_what_to_do(reason: str) -> None:
    assert {f"reason.{reason}", f"todo.{reason}"} <= ZH.keys()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_key_of_a_template_exists(template: Path) -> None:
    whole = re.findall(r'\bt\("([a-z0-9.-]+)"(?! ~)', template.read_text())

    assert [key for key in whole if key not in ZH] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_keys_only(template: Path) -> None:
    chinese = re.findall(r"[\u3400-\u9fff]+", template.read_text())

    assert chinese == []


def test_an_unknown_code_is_shown_not_hidden() -> None:
    text = Words("zh").code("reason", "never-heard-of")

    assert "never-heard-of" in text


@pytest.mark.parametrize("reason", ["replayed", "frozen", "black", "blurred", "no-page"])
def test_a_stamp_that_stopped_on_its_photo_says_what_the_photo_shows(reason: str) -> None:
    assert Words("zh").why(reason) == ZH[f"photo.{reason}"]


def test_a_stamp_that_stopped_says_its_reason_first_and_an_unknown_one_by_its_code() -> None:
    assert Words("zh").why("page-other") == ZH["reason.page-other"]
    assert "never-heard-of" in Words("zh").why("never-heard-of")


def test_a_code_goes_before_the_group() -> None:
    assert code_phrase("fault", "door-open").key == "fault.door-open"


def test_an_error_is_told_by_its_reason_where_that_has_words() -> None:
    assert error_phrase("photo-unusable", ("no-page",)).key == "photo.no-page"


def test_an_error_without_a_known_reason_is_told_by_its_code() -> None:
    assert error_phrase("camera-gone", ("",)).key == "error.camera-gone"


def test_a_blank_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("zh", "pin.hello", other="x")
