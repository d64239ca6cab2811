"""The register of seal uses in a real browser: what it says, who sees what, and its files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from gateway.commands import ReleaseHold
from ledger.codec import sha256
from ledger.records_office import LedgerExport

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("busy")]


def save(page: Any, label: str) -> bytes:
    with page.expect_download() as waiting:
        page.click(f"text={label}")
    return Path(waiting.value.path()).read_bytes()


def impressions(page: Any) -> list[str]:
    return [str(one) for one in page.locator("#register tbody td:nth-child(10)").all_inner_texts()]


def exports(world: Any) -> list[LedgerExport]:
    with world.app.reader() as reader:
        return [one.body for one in reader.entries(limit=50) if one.kind == "export"]


def test_register_names_what_for_whom_who_agreed_who_stamped_and_how_often(window: Any) -> None:
    zhao = window("zhao")

    page = zhao.goto("/ledger")
    register, figures = page.inner_text("#register"), page.inner_text("main")

    row = next(one for one in register.split("\n") if "居住情况说明" in one)
    for part in ("张三", "办理子女入学", "王审批", "2"):
        assert part in row
    assert "无许可" in register
    assert "按村" in figures and "按事项" in figures and "合计" in figures
    assert zhao.complaints == []


def test_impressions_that_a_person_counted_stand_in_the_register(busy: Any, window: Any) -> None:
    with busy.app.reader() as reader:
        (hold,) = reader.holds()
    zhao = window("zhao")
    before = impressions(zhao.goto("/ledger"))

    busy.app.submit(ReleaseHold(by="zhao", hold=hold.hold, impressions=4)).result(20)

    assert before == ["2", "1", "0"]
    assert impressions(zhao.goto("/ledger")) == ["2", "1", "4"]


def test_files_say_what_the_page_says_and_each_is_an_entry(busy: Any, window: Any) -> None:
    zhao = window("zhao")
    page = zhao.goto("/ledger")

    xlsx, pdf = save(page, "台账 Excel"), save(page, "台账 PDF")
    figures, figures_pdf = save(page, "统计 Excel"), save(page, "统计 PDF")

    sheet: Any = load_workbook(io.BytesIO(xlsx)).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)
    assert cells[0] == ["示范镇 用印登记台账"] + [None] * 13
    assert "张三" in str(cells) and "张三" in text and "模拟机" in text and "填表人：赵监督" in text
    assert len(load_workbook(io.BytesIO(figures)).worksheets) == 2
    assert len(PdfReader(io.BytesIO(figures_pdf)).pages) == 2
    noted = exports(busy)
    assert [(one.what, one.form) for one in reversed(noted)] == [
        ("ledger", "xlsx"), ("ledger", "pdf"), ("figures", "xlsx"), ("figures", "pdf"),
    ]  # fmt: skip
    assert {one.by for one in noted} == {"zhao"}
    assert noted[-1].file_sha256 == sha256(xlsx)
    assert noted[-1].rows == sheet.max_row - 2
    assert zhao.complaints == []


def test_office_without_personal_data_gets_no_names_in_page_or_file(window: Any) -> None:
    sun = window("sun")
    page = sun.goto("/ledger")

    xlsx = save(page, "台账 Excel")

    assert "张三" not in page.inner_text("#register")
    cells = [
        cell.value for row in load_workbook(io.BytesIO(xlsx)).active.iter_rows() for cell in row
    ]
    assert "居住情况说明" in cells and "张三" not in cells and "办理子女入学" not in cells


def test_village_director_sees_and_files_the_own_village_alone(window: Any) -> None:
    zhou = window("zhou")

    page = zhou.goto("/ledger")
    other = zhou.goto("/ledger?village=330182107202").inner_text("main")
    register = zhou.goto("/ledger").inner_text("#register")

    assert "张三" in register and "务工介绍信" not in register
    assert "这段时间没有用印" in other
    assert page.locator("#village option").count() == 2


def test_register_fits_the_screen_in_both_languages(window: Any) -> None:
    zhao = window("zhao")
    for path in ("/ledger", "/language/en?back=/ledger"):
        assert max(zhao.widths(path)) <= 0
    assert "Register of seal uses" in zhao.page.inner_text("main")
