"""The index of pictures names what is kept, and nothing else is kept."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
LARGEST_BYTES = 150_000  # of one picture, so that a checkout stays small


def test_index_names_every_picture_once_and_every_picture_is_there() -> None:
    text = (DOCS / "screens.md").read_text(encoding="utf-8")

    named = re.findall(r"\(screens/([^)]+)\)", text)

    assert sorted(named) == sorted(path.name for path in (DOCS / "screens").iterdir())


def test_pictures_that_other_documents_show_are_there() -> None:
    shown = {
        one
        for path in DOCS.glob("*.md")
        for one in re.findall(r"\(screens/([^)]+)\)", path.read_text(encoding="utf-8"))
    }

    assert [one for one in sorted(shown) if not (DOCS / "screens" / one).exists()] == []


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "screens").iterdir()}

    assert [name for name, size in sizes.items() if size > LARGEST_BYTES] == []
