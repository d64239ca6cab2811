"""The custody book in a real browser: filed as Excel and PDF, an entry each, nothing to inject."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from gateway.commands_custody import AskHatch, PermitHatch
from ledger import disclosure
from ledger.records_custody import Hatch, TakeOut
from ledger.records_office import LedgerExport

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DEADLINE_S = 20.0
DAY_MS = 24 * 3600 * 1000
TWO = {"by": "li", "second": "qian"}
HOSTILE = "=HYPERLINK(1)"


@pytest.fixture
def lent(world: Any) -> Any:
    """A township of which one seal is out, to somebody whose name begins like a formula."""
    submit, machine = world.app.submit, world.machines["m-1"]
    machine.start()
    ask = AskHatch(
        by="sun", machine="m-1", seal="committee", purpose="takeout", days=3, reason="送县里年检"
    )
    permit = submit(ask).result(DEADLINE_S)
    submit(PermitHatch(by="zhao", permit=permit)).result(DEADLINE_S)
    shared = {"permit": permit, "seal": "committee"}
    hatch = machine.say(
        Hatch(step="opened", purpose="takeout", strokes_before=0, **shared, **TWO)
    )  # fmt: skip
    fields, opened = disclosure.withhold({"holder": HOSTILE, "place": "县民政局"})
    now_ms = world.now_ms()
    out = TakeOut(step="out", hatch=hatch, from_ms=now_ms, until_ms=now_ms + DAY_MS, **shared,
                  **TWO, **fields)  # fmt: skip
    taken = machine.say(out, opened)
    machine.say(
        Hatch(step="closed", purpose="takeout", present=False, strokes_before=0, strokes_after=0,
              counted=0, proof="counter", **shared, **TWO)
    )  # fmt: skip
    world.until(lambda reader: (found := reader.opening(taken)) and found.values)
    return world


def save(page: Any, label: str) -> bytes:
    with page.expect_download() as waiting:
        page.click(f"text={label}")
    assert "印章保管台账" in waiting.value.suggested_filename
    return Path(waiting.value.path()).read_bytes()


def cells(file: bytes) -> list[list[Any]]:
    return [
        [one.value for one in row] for row in load_workbook(io.BytesIO(file)).active.iter_rows()
    ]


def test_book_is_filed_as_excel_and_pdf_from_the_page_of_seals(lent: Any, window: Any) -> None:
    zhao = window("zhao")
    page = zhao.goto("/custody")
    page.click("text=导出印章保管台账")
    page.wait_for_selector("#export")

    xlsx, pdf = save(page, "保管台账 Excel"), save(page, "保管台账 PDF")

    title, headings, line = cells(xlsx)
    assert title[0] == "示范镇 印章保管台账"
    said = dict(zip(headings, line, strict=True))
    assert (said["做什么"], said["理由"], said["申请、准许人"]) == (
        "外借", "送县里年检", "孙管理、赵监督",
    )  # fmt: skip
    assert said["现场人员"] == "李文书、钱保管" and said["备注"] == "关仓时印章不在"
    assert said["应还时间"] and not said["归还时间"]
    assert said["借用人、去处"] == f"'{HOSTILE}、县民政局"
    sheet: Any = load_workbook(io.BytesIO(xlsx)).active
    assert all(one.data_type != "f" for row in sheet.iter_rows() for one in row)
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)
    assert "印章保管台账" in text and "县民政局" in text and "填表人：赵监督" in text
    with lent.app.reader() as reader:
        noted = [one.body for one in reader.all_entries() if isinstance(one.body, LedgerExport)]
    assert [(one.what, one.form, one.rows, one.by) for one in noted] == [
        ("custody", "xlsx", 1, "zhao"), ("custody", "pdf", 1, "zhao"),
    ]  # fmt: skip
    assert "印章保管台账" in zhao.goto("/log?kind=export").inner_text("main table")
    assert zhao.complaints == []


def test_office_without_personal_data_gets_neither_reason_nor_who_has_it(
    lent: Any, window: Any
) -> None:
    page = window("sun").goto("/ledger")

    file = str(cells(save(page, "保管台账 Excel")))

    assert "外借" in file and "县民政局" not in file and "年检" not in file


def test_director_of_another_village_files_none_of_this_one(lent: Any, site: Any) -> None:
    console = site("zhou")
    with lent.app.reader() as reader:
        own = reader.account("zhou").village == reader.machine("m-1").village

    answer = console.post(
        "/ledger/export", {"what": "custody", "form": "xlsx", "village": "330182107202"}
    )

    assert own and len(cells(answer.content)) == 2
