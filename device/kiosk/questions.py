"""The order of the questions of one request, one a page. Pure."""

from __future__ import annotations

from msgspec import structs

from device.kiosk.port import Earlier, View
from device.kiosk.sessions import Draft
from device.seal_items import fitting
from ledger.matters import Matter, look_up

CONFIRM = "confirm"
# Answered before it is asked: one copy, until somebody changes it on the summary.
_GIVEN = ("copies",)

# An item whose name or category holds one of these is about money or a contract.
_MONEY_WORDS = (
    *("合同", "协议", "贷款", "担保", "承包", "发包", "工程", "采购", "租赁", "买卖", "报销"),
    *("支付", "付款", "拨付", "资金", "经费", "补助", "补偿", "工资", "用工", "捐", "救助", "帮扶"),
)


def matter_of(draft: Draft, view: View) -> Matter | None:
    """Return the item of the list in force that the draft names, or None."""
    return look_up(view.matters, draft.matter).matter if draft.matter else None


def seals_for(matter: Matter, view: View) -> tuple[str, ...]:
    """Return the seals of this machine that may stamp an item."""
    items = {seal: view.items.get(seal, ()) for seal, _ in view.seals}
    return fitting(items, matter)


def with_seal(draft: Draft, view: View) -> Draft:
    """Return the draft with the seal that its item leaves no choice of, or without one to ask."""
    matter = matter_of(draft, view)
    if matter is None:
        return draft
    fits = seals_for(matter, view)
    if draft.seal in fits:
        return draft
    return structs.replace(draft, seal=fits[0] if len(fits) == 1 else "")


def again_from(said: Earlier, view: View, makes_up: str = "", *, seam: bool = False) -> Draft:
    """Return the draft of a corrected request; what the list no longer has is asked for again.

    Args:
        makes_up: a faint use for which one more impression is asked for, or ""; `seam` that it
            is a seam stamp.
    """
    known = look_up(view.matters, said.matter).matter
    draft = Draft(
        seal=said.seal if said.seal in dict(view.seals) else "",
        matter=said.matter if known is not None else "",
        applicant=said.applicant,
        purpose=said.purpose,
        payee=said.payee,
        payee_asked=True,
        amount_fen=said.amount_fen,
        amount_asked=True,
        copies=int(not seam) if makes_up else said.copies - said.seams,
        reviewed=True,
        makes_up=makes_up,
        seams=int(seam) if makes_up else said.seams,
    )
    return with_seal(draft, view)


def about_money(matter: Matter) -> bool:
    """Tell whether payee and amount are worth asking; both may be skipped."""
    return any(word in matter.name or word in matter.category for word in _MONEY_WORDS)


def asked(draft: Draft, view: View) -> tuple[str, ...]:
    """Return the questions of this draft in order, without the final confirmation."""
    matter = matter_of(draft, view)
    seal = ("seal",) if matter is not None and len(seals_for(matter, view)) > 1 else ()
    money = ("payee", "amount") if matter is not None and about_money(matter) else ()
    counts = () if draft.makes_up else ("copies",)  # a make-up is one impression
    seams = ("seams",) if _may_have_seams(draft, matter, view) else ()
    return ("matter", *seal, "applicant", "purpose", *money, *counts, "pages", *seams)


def seams_of(draft: Draft) -> int:
    """Return how many seam stamps a draft asks for; a single page has none beside its copies."""
    return draft.seams or 0 if len(draft.pages) > 1 or not draft.copies else 0


def summary(draft: Draft, view: View) -> tuple[str, ...]:
    """Return the lines of the summary: what was asked, and the seal where there are several."""
    first, *more = asked(draft, view)
    named = () if "seal" in more or len(view.seals) < 2 else ("seal",)
    return (first, *named, *more)


def answered(question: str, draft: Draft) -> bool:
    """Tell whether the draft has an answer to this question."""
    return {
        "seal": bool(draft.seal),
        "matter": bool(draft.matter),
        "applicant": bool(draft.applicant),
        "purpose": bool(draft.purpose),
        "payee": draft.payee_asked,
        "amount": draft.amount_asked,
        "copies": draft.copies > 0,
        "pages": bool(draft.pages),
        "seams": draft.seams is not None,
    }[question]


def first_open(draft: Draft, view: View) -> str:
    """Return the first question without an answer, or CONFIRM."""
    return next((one for one in asked(draft, view) if not answered(one, draft)), CONFIRM)


def previous(question: str, draft: Draft, view: View) -> str:
    """Return the question before this one, "" before the first."""
    order = (*asked(draft, view), CONFIRM)
    place = order.index(question) if question in order else 0
    return order[place - 1] if place else ""


def following(question: str, draft: Draft, view: View) -> str:
    """Return where an answer leads: the next question, or the summary if it was seen before.

    What is given already is not asked on the way.
    """
    if draft.reviewed:
        return first_open(draft, view)
    order = (*asked(draft, view), CONFIRM)
    if question not in order:
        return first_open(draft, view)
    later = order[order.index(question) + 1 :]
    return next(one for one in later if one not in _GIVEN or not answered(one, draft))


def most_of(question: str, draft: Draft, view: View, otherwise: int) -> int:
    """Return how many copies, or seam stamps besides them, may be asked for in all."""
    most = most_copies(matter_of(draft, view), otherwise)
    return max(0, most - draft.copies) if question == "seams" else most


def most_copies(matter: Matter | None, otherwise: int) -> int:
    """Return how many copies may be asked for; `otherwise` where the list names no number."""
    return matter.max_copies if matter is not None and matter.max_copies else otherwise


def _may_have_seams(draft: Draft, matter: Matter | None, view: View) -> bool:
    """Tell whether seam stamps are worth asking: several pages, and the list leaves room.

    What a standing permit covers is not asked: no standing permit covers a seam stamp.
    """
    room = matter is None or not matter.max_copies or draft.copies < matter.max_copies
    several = len(draft.pages) > 1 and room and not draft.makes_up
    return several and not (matter is not None and _is_standing(draft, matter, view))


def _is_standing(draft: Draft, matter: Matter, view: View) -> bool:
    """Tell whether a standing permit covers all copies of a draft that asks for no seam stamp."""
    if draft.amount_fen or draft.payee or draft.seams:
        return False
    return any(
        (one.seal, one.matter, one.reason) == (draft.seal, matter.code, "")
        and draft.copies <= one.left_today
        for one in view.standing
    )
