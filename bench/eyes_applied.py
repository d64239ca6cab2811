"""Papers with an application each: what was asked for, and the same with one thing changed."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np

from sim.documents import Document

CHANGES = ("title", "name", "digit", "day", "office")

_TITLES = (
    "证明",
    "居住证明",
    "收入证明",
    "介绍信",
    "情况说明",
    "授权委托书",
    "农村村民住宅建设申请意见",
    "集体资金支付申请",
    "关于水渠清淤项目的情况说明",
    "关于路灯安装项目的情况说明",
)
_OFFICES = (
    "某某县某某镇青石村村民委员会",
    "某某县某某镇上坝村村民委员会",
    "某某县河西乡清溪村村民委员会",
)
_SURNAMES, _GIVEN = "王李张刘陈杨黄赵吴周徐孙", "建国秀英桂兰志强玉梅德明永福春生海燕金花"
_FIGURES = "零壹贰叁肆伍陆柒捌玖"
_WHERE = (
    "申请金额人民币{comma}元（大写：{words}）。",
    "合计：¥{plain}。",
    "本次支付金额为{plain}元，请予核准。",
    "金额大写：{words}。",
)


def applied(paper: Document, rng: np.random.Generator) -> tuple[Document, dict[str, Any]]:
    """Return `paper` with an amount in it, and the application that it answers."""
    fen = int(rng.integers(10_000, 99_999_999)) * int(rng.choice([1, 10, 100]))
    said = _WHERE[int(rng.integers(len(_WHERE)))].format(
        comma=f"{fen / 100:,.2f}", plain=f"{fen / 100:.2f}", words=in_words(fen)
    )
    with_amount = msgspec.structs.replace(paper, paragraphs=(*paper.paragraphs, said))
    return with_amount, {
        "title": re.sub(r"\s", "", paper.title),
        "org": paper.signed_by,
        "party": list(paper.people[:2]),
        "amount_fen": fen,
        "date": "{:04}-{:02}-{:02}".format(*(int(one) for one in re.findall(r"\d+", paper.date))),
    }


def changed(asked: dict[str, Any], what: str, rng: np.random.Generator) -> dict[str, Any]:
    """Return the application with one thing in it that the paper does not say.

    Raises:
        KeyError: `what` is none of `CHANGES`.
    """
    return {**asked, **_CHANGE[what](asked, rng)}


def in_words(fen: int) -> str:
    """Return an amount as it is written out on cheques (大写)."""
    yuan, rest = divmod(fen, 100)
    groups, great = [], ("", "万", "亿")
    for unit in great:
        yuan, four = divmod(yuan, 10_000)
        groups.append((four, unit))
    said = ""
    for four, unit in reversed(groups):
        if not four:
            said += "零" if said and not said.endswith("零") else ""
            continue
        words = _four(four)
        gap = bool(said) and four < 1000 and not said.endswith("零")
        said += ("零" if gap else "") + words + unit
    said = (said.rstrip("零") or "零") + "元"
    jiao, last = divmod(rest, 10)
    if not rest:
        return said + "整"
    said += f"{_FIGURES[jiao]}角" if jiao else "零"
    return said + (f"{_FIGURES[last]}分" if last else "整")


def _four(number: int) -> str:
    said, units = "", ("仟", "佰", "拾", "")
    for digit, unit in zip(f"{number:04}", units, strict=True):
        if digit != "0":
            said += _FIGURES[int(digit)] + unit
        elif said and not said.endswith("零"):
            said += "零"
    return said.rstrip("零")


def _other_title(asked: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"title": str(rng.choice([one for one in _TITLES if one != asked["title"]]))}


def _other_name(asked: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One character of a name changed, or all of it."""
    names = list(asked["party"])
    i = int(rng.integers(len(names)))
    name = names[i]
    if rng.random() < 0.5:
        k = int(rng.integers(len(name)))
        choice = [one for one in (_GIVEN if k else _SURNAMES) if one not in name]
        names[i] = name[:k] + str(rng.choice(choice)) + name[k + 1 :]
    else:
        given = [str(one) for one in rng.choice(list(_GIVEN), len(name) - 1, replace=False)]
        names[i] = str(rng.choice([one for one in _SURNAMES if one != name[0]])) + "".join(given)
    return {"party": names}


def _other_digit(asked: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    digits = str(asked["amount_fen"])
    k = int(rng.integers(len(digits)))
    others = [one for one in "0123456789" if one != digits[k] and (k or one != "0")]
    return {"amount_fen": int(digits[:k] + str(rng.choice(others)) + digits[k + 1 :])}


def _other_day(asked: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    year, month, day = (int(one) for one in asked["date"].split("-"))
    other = int(rng.choice([one for one in range(1, 29) if one != day]))
    return {"date": f"{year:04}-{month:02}-{other:02}"}


def _other_office(asked: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"org": str(rng.choice(_OFFICES))}


_CHANGE = {
    "title": _other_title,
    "name": _other_name,
    "digit": _other_digit,
    "day": _other_day,
    "office": _other_office,
}
