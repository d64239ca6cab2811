"""Trial: what a request would need today, before anybody files it."""

from __future__ import annotations

from msgspec import Struct

from gateway.desk.policy import Required, required
from gateway.desk.policy_sums import DAY_MS, Asked, Sum, sum_beside, window_ms
from gateway.desk.standing import content_of, facts_of, in_force, summable
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from ledger.matters import Matter, look_up

FEN_PER_YUAN = 100
MOST_YUAN = 10**9


class Trial(Struct, frozen=True, kw_only=True):
    """What is asked of a request, by which rule, and what its amount was added to.

    Args:
        matter: the item as the village's list has it; None: it is on no list.
    """

    code: str
    matter: Matter | None
    required: Required
    beside: Sum
    days: int


def attempt(
    reader: Reader, village: str, matter: str, amount: str, payee: str, now_ms: int
) -> Trial:
    """Return what a request would need today.

    Args:
        village: division code; "": the first one.
        matter: code or name of an item.
        amount: in yuan, as people type it.

    Raises:
        NotFoundError: no such village.
        RequestRefusedError: `amount-unclear`, `policy-missing` or `policy-changed`.
    """
    place = reader.village(village) if village else next(iter(reader.villages()), None)
    if place is None:
        raise NotFoundError(f"expected a village, found none with the code {village[:12]!r}")
    today = local_date(now_ms)
    policy = content_of(reader, in_force(reader.approval_policies(), today))
    matters = reader.matters(place.village, today)
    found = look_up(matters, matter).matter
    code = matter if found is None else found.code
    asked = Asked(
        request="",
        village=place.village,
        facts=facts_of(matters, code, fen_of(amount)),
        payee=payee,
        filed_ms=now_ms,
    )
    around = window_ms(policy)
    others = reader.payments_between(place.machines, now_ms - around, now_ms) if around else ()
    rows = [summable(one, place.village, matters) for one in others]
    beside = sum_beside(policy, asked, rows)
    return Trial(
        code=code,
        matter=found,
        required=required(policy, asked.facts, beside.amount_fen),
        beside=beside,
        days=around // DAY_MS,
    )


def fen_of(yuan: str) -> int | None:
    """Return an amount typed in yuan with at most two decimals, in fen; None: nothing typed.

    Raises:
        RequestRefusedError: `amount-unclear`.
    """
    if not yuan:
        return None
    whole, point, rest = yuan.replace(",", "").replace("，", "").partition(".")
    parts = (whole, rest) if point else (whole,)
    if not all(one.isascii() and one.isdigit() for one in parts) or len(rest) > 2:
        raise _unclear(yuan)
    if int(whole) > MOST_YUAN:
        raise _unclear(yuan)
    return int(whole) * FEN_PER_YUAN + int(rest.ljust(2, "0"))


def _unclear(yuan: str) -> RequestRefusedError:
    return RequestRefusedError(
        "amount-unclear", f"expected yuan such as 1200.50, found {yuan[:40]!r}"
    )
