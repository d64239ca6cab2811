"""Words that are on very many seals, as a weak prior for characters that are guesses anyway.

A ring over print has characters of which only scraps are seen. Where half of a common word stands
in its place, surely read, and the rest of it are guesses or a gap that is as wide, the word is what
stands there. Nothing that was read is ever changed, the guess stays a guess (its score is under
`READ`, so it speaks for nobody and against nobody), and between two words that fit equally well,
as 村民委员会 and 居民委员会, none is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from vision.voted import Look
from vision.written import READ, Written


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


# How offices, villages and companies end; words of more than one office that stand before.
_CHINESE = _words(
    "村民委员会 居民委员会 村务监督委员会 村民小组 村委会 居委会 社区居民委员会 街道办事处 办事处 "
    "人民政府 人民代表大会 人民法院 人民检察院 公安局 派出所 司法所 民政局 财政局 教育局 审计局 "
    "税务局 林业局 水利局 农业局 农业农村局 统计局 规划局 自然资源局 自然资源和规划局 国土资源局 "
    "住房和城乡建设局 交通运输局 卫生健康委员会 发展和改革委员会 发展和改革局 人力资源和社会保障局 "
    "应急管理局 市场监督管理局 工商行政管理局 行政审批局 综合执法局 退役军人事务局 "
    "生态环境局 医疗保障局 文化和旅游局 城市管理局 机关事务管理局 "
    "经济合作社 股份经济合作社 供销合作社 专业合作社 合作社 经济联合社 信用合作联社 "
    "有限公司 有限责任公司 股份有限公司 集团有限公司 科技有限公司 工程有限公司 建筑工程有限公司 "
    "分公司 中心小学 中心学校 卫生院 服务中心 培训中心 工作委员会 总支部委员会 支部委员会 "
    "共产党 共产主义青年团 妇女联合会 总工会 自治区 自治州 自治县"
)
_LATIN = _words(
    "PEOPLES REPUBLIC CHINA GOVERNMENT MUNICIPAL MUNICIPALITY PROVINCE PROVINCIAL COUNTY DISTRICT "
    "TOWNSHIP VILLAGE COMMITTEE COMMISSION COMMERCE BUREAU DEPARTMENT MINISTRY ADMINISTRATION "
    "COMPANY LIMITED CORPORATION GROUP INDUSTRY INDUSTRIAL TECHNOLOGY INTERNATIONAL TRADING "
    "UNIVERSITY COLLEGE INSTITUTE SCHOOL CENTER BEIJING SHANGHAI GUANGZHOU SHENZHEN"
)
_GUESS = 0.3  # how sure a character is that a word puts in
_LEAST_ROOM, _MOST_ROOM = 0.5, (2.0, 3.0)  # in pitches beside those of what is put in; letters
_AGREEING = 0.5  # of a word, at least three characters


class _Way(Struct, frozen=True):
    """How a word lies over a look: (place in the word, place in the look) where both agree."""

    word: str
    agreed: tuple[tuple[int, int], ...]
    begin: int
    end: int


def completed(look: Look) -> Look:
    """Return `look` with guesses and gaps in common words filled in."""
    if len(look.said.text) < 4:
        return look
    ways = [way for word in (*_CHINESE, *_LATIN) if (way := _laid(word, look)) is not None]
    ways = [one for one in ways if not any(_rivals(one, other, look) for other in ways)]
    for way in sorted(ways, key=lambda one: -one.begin):
        look = _filled(look, way)
    return look


def _laid(word: str, look: Look) -> _Way | None:
    """The best way to lay `word`, if it explains what was read and changes some of it."""
    chains = max(_chains(word, look), key=len, default=())
    if len(chains) < max(3, _AGREEING * len(word)):
        return None
    (first, begin), (last, end) = chains[0], chains[-1]
    before, after = _guesses(look, begin, -1), _guesses(look, end, 1)
    head, tail = first, len(word) - 1 - last
    if (head and not 0 < before >= head - 1) or (tail and not 0 < after >= tail - 1):
        return None
    begin, end = begin - min(head, before), end + min(tail, after) + 1
    return _Way(word, chains, begin, end) if word != look.said.text[begin:end] else None


def _chains(word: str, look: Look) -> Iterator[tuple[tuple[int, int], ...]]:
    """Ways to lay `word`: places that agree, with guesses alone or a gap in between."""
    text = look.said.text
    longest: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
    for j, seen in enumerate(text):
        for b, wanted in enumerate(word):
            if seen != wanted:
                continue
            before = [
                chain
                for (a, i), chain in longest.items()
                if a < b and i < j and _follows(look, i, j, b - a - 1)
            ]
            longest[b, j] = (*max(before, key=len, default=()), (b, j))
    yield from longest.values()


def _follows(look: Look, i: int, j: int, between: int) -> bool:
    """Whether there is room for so many characters between two of the look, guesses alone."""
    if any(score >= READ for score in look.said.scores[i + 1 : j]):
        return False
    if j - i - 1 == between:
        return True
    apart = (look.angles[j] - look.angles[i]) % 1.0 / _pitch(look)
    most = _MOST_ROOM[look.said.text[i].isascii()]
    return j - i - 1 < between and between + _LEAST_ROOM <= apart <= between + most


def _guesses(look: Look, at: int, step: int) -> int:
    """How many guesses stand side by side from `at` on."""
    count, at = 0, at + step
    while 0 <= at < len(look.said.text) and look.said.scores[at] < READ:
        count, at = count + 1, at + step
    return count


def _rivals(one: _Way, other: _Way, look: Look) -> bool:
    """Whether another word explains a part of the same characters as well or better."""
    if one is other or one.begin >= other.end or other.begin >= one.end:
        return False
    if len(one.agreed) != len(other.agreed):
        return len(one.agreed) < len(other.agreed)
    return _filled(look, one).said.text != _filled(look, other).said.text


def _filled(look: Look, way: _Way) -> Look:
    said, agreed = look.said, dict(way.agreed)
    at = [agreed.get(k) for k in range(len(way.word))]
    scores = [_GUESS if place is None else said.scores[place] for place in at]
    angles = _angles(look, at)
    others = [() if place is None else look.others[place] for place in at]
    text = said.text[: way.begin] + way.word + said.text[way.end :]
    return Look(
        Written(
            text, (*said.scores[: way.begin], *scores, *said.scores[way.end :]), (0,) * len(text)
        ),
        (*look.angles[: way.begin], *angles, *look.angles[way.end :]),
        look.weight,
        (*look.others[: way.begin], *others, *look.others[way.end :]),
    )


def _angles(look: Look, at: Sequence[int | None]) -> tuple[float, ...]:
    """Where the characters of a word stand: evenly between those that were read."""
    known = [k for k, place in enumerate(at) if place is not None]
    first = look.angles[at[known[0]] or 0]
    turned = [(look.angles[at[k] or 0] - first) % 1.0 for k in known]
    pitch = _pitch(look)
    inner = np.interp(range(len(at)), known, turned)
    beyond = [min(k - known[0], 0) + max(k - known[-1], 0) for k in range(len(at))]
    return tuple(
        float((first + one + pitch * more) % 1.0) for one, more in zip(inner, beyond, strict=True)
    )


def _pitch(look: Look) -> float:
    """From one character to the next, in shares of the ring."""
    steps = [(b - a) % 1.0 for a, b in zip(look.angles, look.angles[1:], strict=False)]
    return max(float(np.median(steps)), 1e-6)
