"""The order of the steps of one opening of the hatch, one a page. Pure."""

from __future__ import annotations

from msgspec import structs

from device.kiosk.port_custody import SealView
from device.kiosk.sessions import CustodyDraft

DAYS_MAX = 60
COUNT_MAX = 1000
TEXTS = {"holder": 30, "place": 60}  # typed answers and their longest
CONFIRM = "confirm"


def asked(draft: CustodyDraft, seal: SealView) -> tuple[str, ...]:
    """Return the questions after the hatch was shut, in order; what nothing came of asks less."""
    questions: dict[tuple[str, bool], tuple[str, ...]] = {
        ("takeout", False): ("holder", "place", "days", "counted"),
        ("return", True): ("check", "counted", "sample"),
        ("handover", True): ("witness", "counted", "sample"),
        ("sample", True): ("counted", "sample"),
    }
    works = ("works", "counted") if draft.purpose == "service" else ("counted",)
    return questions.get((draft.purpose, seal.present), works)


def pressed(draft: CustodyDraft, seal: SealView) -> bool:
    """Tell whether there is an imprint to photograph: by the machine, or by the persons."""
    return seal.made > 0 or bool(draft.counted)


def step(draft: CustodyDraft, seal: SealView) -> str:
    """Return the step that comes now."""
    if draft.second is None:
        return "second"
    if seal.permit != draft.permit:
        return "ready"
    if not draft.done or not seal.shut:
        return "hatch"
    return next((one for one in asked(draft, seal) if not _answered(one, draft)), CONFIRM)


def with_answer(draft: CustodyDraft, question: str, answer: str) -> CustodyDraft | None:
    """Return the draft with a typed or tapped answer, None when it is no answer."""
    if question in TEXTS:
        right = 0 < len(answer) <= TEXTS[question] and answer.isprintable()
        return structs.replace(draft, **{question: answer}) if right else None
    if question == "check" and answer in ("sound", "damaged"):
        return structs.replace(draft, check=answer)
    least, most = {"days": (1, DAYS_MAX), "counted": (0, COUNT_MAX)}.get(question, (1, 0))
    if answer.isascii() and answer.isdigit() and least <= int(answer) <= most:
        return structs.replace(draft, **{question: int(answer)})
    return None


def _answered(question: str, draft: CustodyDraft) -> bool:
    return {
        "holder": bool(draft.holder),
        "place": bool(draft.place),
        "days": draft.days > 0,
        "check": draft.check is not None,
        "works": draft.chosen and bool(draft.works),
        "witness": draft.witness is not None,
        "sample": draft.page is not None or draft.unsampled,
        "counted": draft.counted is not None,
    }[question]
