"""Choosing the item: the list, its search, and the characters for what is typed in pinyin."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct

from device.kiosk import questions
from device.kiosk.composing import Composer, Expected
from device.kiosk.home import part_of
from device.kiosk.matter_search import MatterIndex
from device.kiosk.port import View
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Draft, Size
from ledger.matters import Matter

# Items on one screen by size of text, and how many fit beside the keyboard.
ROWS: dict[Size, int] = {"1": 8, "2": 3, "3": 2}
ROWS_BESIDE_KEYBOARD: dict[Size, int] = {"1": 4, "2": 1, "3": 1}


class Found(Struct, frozen=True, kw_only=True):
    """One part of what a search found."""

    rows: tuple[Matter, ...]
    part: int
    parts: int
    size: int


class MatterFinder:
    """Keeps the readings of the list in force; safe to use from any thread."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`; the tables are built when first needed."""
        self._screen = screen
        self._lock = threading.Lock()
        self._matters: tuple[Matter, ...] | None = None
        self._index = MatterIndex(())
        self._composer: Composer | None = None

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/apply/matters", self.matters)
        router.add_api_route("/choices", self.choices)
        return router

    def prepare(self, view: View) -> None:
        """Build the tables now, so that nobody waits for them."""
        self._find(view, "")
        self._compose("a", "text")

    def opening(self, visit: Visit) -> str:
        """Return where choosing begins: at the keyboard, unless one screen holds the list."""
        fits = len(visit.view.matters) <= ROWS[visit.session.size]
        return "matter" if fits else "matter?typing=1"

    def page(self, visit: Visit, draft: Draft, typing: bool) -> Response:
        """Show the list, with a keyboard beside it when `typing`."""
        size = (ROWS_BESIDE_KEYBOARD if typing else ROWS)[visit.session.size]
        title = self._screen.renderer.words(visit.session)("matter.title")
        return self._screen.page(
            visit,
            "matter.html",
            title,
            found=self._part(visit.view, "", 0, size),
            query="",
            typing=typing,
            previous=questions.previous("matter", draft, visit.view),
        )

    def matters(
        self,
        request: Request,
        query: Annotated[str, Query(max_length=40)] = "",
        part: int = 0,
        rows: Annotated[int, Query(ge=1, le=ROWS["1"])] = ROWS["1"],
    ) -> Response:
        """Return the items that match."""
        visit = self._screen.clerk(request)
        found = self._part(visit.view, query, part, rows)
        return self._screen.fragment(visit, "found.html", "new", "", found=found, query=query)

    def choices(
        self,
        request: Request,
        letters: Annotated[str, Query(max_length=40)] = "",
        typed: int = 0,
        compose: str = "text",
    ) -> Response:
        """Return the characters that the letters may mean; `typed` stand there already."""
        visit = self._screen.clerk(request)
        expected: Expected = "text"
        if compose == "name":
            expected = "given-name" if typed else "family-name"
        found = self._compose(letters, expected)
        context = {"choices": found, "letters": letters}
        return self._screen.fragment(visit, "choices.html", "new", "", **context)

    def _compose(self, letters: str, expected: Expected) -> object:
        with self._lock:
            if self._composer is None:
                self._composer = Composer(_WORDS)
            composer = self._composer
        return composer.choices(letters, expected)

    def _part(self, view: View, query: str, part: int, size: int) -> Found:
        rows, part, parts = part_of(self._find(view, query), part, size)
        return Found(rows=rows, part=part, parts=parts, size=size)

    def _find(self, view: View, query: str) -> tuple[Matter, ...]:
        with self._lock:
            if self._matters is not view.matters and self._matters != view.matters:
                self._index = MatterIndex(view.matters)
            self._matters = view.matters
            index = self._index
        return index.find(query, Counter(one.matter for one in view.requests))


# Words of village papers that the phrase table does not hold.
_WORDS = (
    *("贷款", "证明", "合同", "协议", "办理", "户口", "户籍", "低保", "申请", "审批", "宅基地"),
    *("承包", "流转", "补助", "补贴", "救助", "残疾", "医保", "社保", "养老", "入学", "助学"),
    *("就业", "务工", "征兵", "政审", "党员", "迁移", "分户", "建房", "危房", "改造", "维修"),
    *("工程", "采购", "报销", "工资", "农业", "银行", "信用社", "合作社", "有限公司", "村委会"),
    *("农商银行", "农村商业银行", "派出所", "民政局", "学校", "医院", "充电桩", "公章", "材料"),
)
