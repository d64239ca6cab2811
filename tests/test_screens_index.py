"""The index of pictures names what is kept, and nothing else is kept."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
TEMPLATES = DOCS.parent / "gateway" / "web" / "templates"
LARGEST_BYTES = 150_000  # of one picture, so that a checkout stays small

PAGES = {
    "account": "account-1366",
    "alert": "alerts-n-1366",
    "alerts": "alerts-1366",
    "approvals": "approvals-1366",
    "calendar": "calendar-1366",
    "channels": "channels-1366",
    "code": "machine-code-1366",
    "confirm": "confirm-live-390",
    "custody": "custody-1366",
    "custody_seal": "registration-mismatch-1366",
    "delegations": "delegations-1366",
    "emergency": "emergency-released-1366",
    "emergency_codes": "emergency-codes-390",
    "entry": "log-n-1366",
    "error": "not-yours-1366",
    "filed": "filed-1366",
    "hold": "holds-n-1366",
    "holds": "holds-1366",
    "home": "home-1366",
    "import": "matters-import-1366",
    "ledger": "ledger-1366",
    "list_draft": "list-draft-1366",
    "log": "log-1366",
    "machine": "machines-n-1366",
    "machines": "machines-1366",
    "matters": "matters-1366",
    "month": "retention-months-n-n-1366",
    "paper_door": "paper-door-1366",
    "paper_label": "paper-label-390",
    "paper_sheet": "paper-sheet-390",
    "people": "people-1366",
    "people_edit": "people-n-1366",
    "permit": "permits-n-1366",
    "permits": "permits-1366",
    "policy": "policy-1366",
    "policy_draft": "policy-draft-1366",
    "policy_version": "version-1366",
    "precision": "precision-answered-1366",
    "registration": "registration-1366",
    "request": "request-1366",
    "reset": "password-reset-390",
    "retention": "retention-1366",
    "signin": "sign-in-1366",
    "signin_code": "sign-in-code-390",
    "standing": "standing-released-1366",
    "troubles": "troubles-1366",
    "version": "matters-versions-n-1366",
    "why": "matters-why-village-n-matter-n-1366",
}  # the picture in which a template of the console is seen


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


def test_every_page_of_the_console_has_a_picture_in_the_index() -> None:
    pages = {
        path.stem
        for path in TEMPLATES.glob("*.html")
        if path.read_text(encoding="utf-8").startswith("{% extends")
    }
    text = (DOCS / "screens.md").read_text(encoding="utf-8")

    assert pages == set(PAGES)
    assert [one for one in PAGES.values() if f"(screens/{one}.png)" not in text] == []
