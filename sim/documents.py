"""What the simulated papers say: seeded Chinese village documents, as text only.

The same (seed, n) always gives the same words; two different n differ at least in a name.
Names, places and numbers are made up; identity numbers are masked so that none can be real.
"""

from __future__ import annotations

import random

from msgspec import Struct

VILLAGE = "某某县某某镇清溪村"
COMMITTEE = f"{VILLAGE}村民委员会"

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹"
_GIVEN = "建国秀英桂兰志强玉梅德明永福春生海燕金花光荣宝山文华素珍小平立新长根"
_GROUPS = ("一", "二", "三", "四", "五", "六", "七", "八")
_USES = (
    "办理户口登记",
    "申请子女入学",
    "申请公租房",
    "办理用电报装",
    "申请小额贷款",
    "参加技能培训",
)
_WORKS = ("村道硬化", "水渠清淤", "路灯安装", "文化广场修缮", "饮水管网改造", "垃圾收集点建设")


class Document(Struct, frozen=True, kw_only=True):
    """One paper.

    Args:
        letterhead: printed red across the top, or empty.
        rows: lines of a table under the paragraphs, the first of them its heading; may be empty.
        people: every personal name in it.
    """

    letterhead: str
    title: str
    addressee: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    people: tuple[str, ...]
    signed_by: str
    date: str


def document(seed: int, n: int) -> Document:
    """Return the n-th document (n from 0) of the world `seed`."""
    rng = random.Random(f"document:{seed}:{n}")
    kinds = (_residence, _introduction, _building, _works, _subsidies)
    return kinds[(seed + n) % len(kinds)](rng)


def _residence(rng: random.Random) -> Document:
    person = _name(rng)
    return _paper(
        rng,
        title="证　明",
        paragraphs=(
            f"兹证明{person}，{rng.choice('男女')}，{rng.randint(1950, 2004)}年"
            f"{rng.randint(1, 12)}月出生，身份证号码{_identity_number(rng)}，系我村第"
            f"{rng.choice(_GROUPS)}村民小组村民，自{rng.randint(1985, 2019)}年起居住在"
            f"{VILLAGE}{rng.randint(1, 180)}号，情况属实。",
            f"本证明仅用于{rng.choice(_USES)}，自出具之日起三十日内有效。",
            "特此证明。",
        ),
        people=(person,),
    )


def _introduction(rng: random.Random) -> Document:
    person, companion = _name(rng), _name(rng)
    return _paper(
        rng,
        letterhead=COMMITTEE,
        title="介　绍　信",
        addressee="某某镇便民服务中心：",
        paragraphs=(
            f"兹介绍我村{person}、{companion}等二位同志前往贵处{rng.choice(_USES)}，"
            "请予接洽并给予协助为盼。",
            f"联系电话：0000-{rng.randint(1000000, 9999999)}。有效期{rng.randint(3, 15)}天。",
            "此致",
            "敬礼！",
        ),
        people=(person, companion),
    )


def _building(rng: random.Random) -> Document:
    person, neighbour = _name(rng), _name(rng)
    return _paper(
        rng,
        title="农村村民住宅建设申请意见",
        addressee="某某镇人民政府：",
        paragraphs=(
            f"我村第{rng.choice(_GROUPS)}村民小组村民{person}，家庭人口{rng.randint(2, 7)}人，"
            f"原住房建于{rng.randint(1975, 1999)}年，现因房屋破旧，申请在原址拆旧建新。",
            f"拟用地面积{rng.randint(80, 140)}平方米，建筑层数{rng.randint(1, 3)}层，"
            f"四至界限清楚，相邻户主{neighbour}无异议，已在村务公开栏公示七天。",
            "经村民小组会议讨论，同意上报，请予审批。",
        ),
        people=(person, neighbour),
    )


def _works(rng: random.Random) -> Document:
    person = _name(rng)
    amount = rng.randint(80, 480)
    return _paper(
        rng,
        letterhead=COMMITTEE,
        title=f"关于{rng.choice(_WORKS)}项目的情况说明",
        addressee="某某镇农业农村办公室：",
        paragraphs=(
            f"根据村民代表会议决议，我村{rng.choice(_WORKS)}项目于{rng.randint(3, 10)}月"
            f"{rng.randint(1, 28)}日开工，总投资{amount / 10:.1f}万元，资金来源为村集体经营收入"
            "和上级以奖代补资金。",
            f"项目由{person}负责现场管理，村务监督委员会全程监督，目前已完成工程量的"
            f"{rng.randint(35, 100)}%，质量符合要求，未发生安全事故。",
            "现申请拨付下一批工程款，请予核准。",
        ),
        people=(person,),
    )


def _subsidies(rng: random.Random) -> Document:
    people = tuple(_name(rng) for _ in range(rng.randint(5, 8)))
    listed = tuple(
        (str(i), person, f"{rng.randint(1, 8)}组", f"{rng.randint(12, 96) * 10}.00", "")
        for i, person in enumerate(people, start=1)
    )
    return _paper(
        rng,
        title="耕地地力保护补贴发放登记表",
        paragraphs=(f"单位：元　　第{rng.randint(1, 30)}页　　经核对，下列各户面积属实。",),
        rows=(("序号", "户主姓名", "组别", "补贴金额", "签字"), *listed),
        people=people,
    )


def _paper(
    rng: random.Random,
    *,
    title: str,
    paragraphs: tuple[str, ...],
    people: tuple[str, ...],
    letterhead: str = "",
    addressee: str = "",
    rows: tuple[tuple[str, ...], ...] = (),
) -> Document:
    return Document(
        letterhead=letterhead,
        title=title,
        addressee=addressee,
        paragraphs=paragraphs,
        rows=rows,
        people=people,
        signed_by=COMMITTEE,
        date=f"{rng.randint(2024, 2026)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
    )


def _name(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2, 2))))


def _identity_number(rng: random.Random) -> str:
    return f"000000{rng.randint(1950, 2004)}********{rng.randint(10, 99)}"
