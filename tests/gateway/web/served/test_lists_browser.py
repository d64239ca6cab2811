"""The items list editor in a real browser: import, correct, compare, release, ask why, export."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from gateway.desk import lists
from ledger.records import Heartbeat
from tests.gateway.desk.workbooks import workbook
from tests.gateway.web.served.policies import PHONE, Window, enact
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEAD = ("代码", "事项名称", "结论", "应去哪里办", "依据")
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"
HERE = Path(__file__).parent.parent


def bring(one: Window, file: bytes, name: str = "清单.xlsx", **fields: str) -> Any:
    """Choose a file in the form and look at what it would change."""
    page = one.goto("/matters/import")
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": file})
    for field, value in fields.items():
        if field == "layer":
            page.select_option("#layer", value)
        else:
            page.fill(f"#{field}", value)
    with page.expect_navigation():
        page.click("form.card button.main")
    return page


def download(page: Any, selector: str) -> bytes:
    with page.expect_download() as waiting:
        page.click(selector)
    return Path(waiting.value.path()).read_bytes()


def overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_list_is_imported_corrected_checked_and_released_by_two(world: Any, window: Any) -> None:
    sun, zhao = window("sun"), window("zhao")
    rows = [
        HEAD,
        ("T-01", "居住情况说明", "禁止", "派出所", "镇2号"),
        ("T-09", HOSTILE, "也许", "", ""),
    ]
    page = bring(sun, workbook(*rows), layer="township", place="示范镇", from_date="2026-02-01")
    told = page.inner_text("#wrong")
    keep(page, "list-errors")
    sheet: Any = load_workbook(io.BytesIO(download(page, "text=下载带批注的表格"))).active
    sheet["C3"] = "可以"
    corrected = io.BytesIO()
    sheet.parent.save(corrected)

    page = bring(
        sun, corrected.getvalue(), layer="township", place="示范镇", from_date="2026-02-01"
    )
    difference = page.inner_text("main")
    keep(page, "list-changes")
    page.click("text=提交，等另一人发布")
    page.wait_for_selector("text=已提交，等另一人发布")
    own = page.inner_text("#drafts")
    with world.app.reader() as reader:
        between = reader.list_version()
    inbox = zhao.goto("/").inner_text("#drafts")
    page = zhao.goto("/matters")
    badge = page.inner_text("#badge-matters")
    page.click("text=核对差异")
    checked = page.inner_text("#changes")
    keep(page, "list-draft")
    page.click("text=发布这份清单")
    page.wait_for_selector("text=清单已发布，正在下发各村")

    assert "第 3 行:结论 应为" in told and HOSTILE not in page.inner_text("#layers")
    assert "新增 1 项" in difference and "结论 可以 → 禁止" in difference and HOSTILE in difference
    assert "有 1 份草案等您核对发布" in inbox and "没有需要您办理" not in inbox
    assert "您导入的，须由另一人发布" in own and badge == "1"
    assert "结论 可以 → 禁止" in checked
    assert between == 2
    with world.app.reader() as reader:
        assert reader.list_version() == 3
        assert reader.lists()[0].released_by == "zhao"
    refused = [one for one in sun.complaints if "422" in one]  # the answer to wrong rows
    assert sun.complaints == refused and len(refused) == 1 and zhao.complaints == []


def test_why_says_layer_version_day_persons_and_the_stages_of_the_policy(
    world: Any, window: Any
) -> None:
    enact(world)
    li = window("li")

    allowed = li.goto("/matters/why?village=330182107201&matter=T-01").inner_text("main")
    forbidden = li.goto("/matters/why?village=330182107201&matter=亲属关系证明").inner_text("main")
    layers = li.goto("/matters?village=330182107201").inner_text("#layers")

    assert "乡镇 · 示范镇" in allowed and "第 1 版，2026-01-01 起施行" in allowed
    assert "孙管理 · 命令行首次录入" in allowed
    assert "村主任" in allowed and "村书记" in allowed and "规则“居住和务工”" in allowed
    assert "全国" in forbidden and "第 2 版" in forbidden and "禁止的事项不审批" in forbidden
    assert "没有发布清单" in layers and "按上述各级合并的结果" in layers
    assert li.complaints == []


def test_exported_list_comes_back_without_typing_and_changes_nothing(
    world: Any, window: Any
) -> None:
    sun = window("sun")
    page = sun.goto("/matters/versions/1")
    xlsx, csv = download(page, "text=导出 Excel"), download(page, "text=导出 CSV")

    page = bring(sun, xlsx)
    told = page.inner_text("main")
    page.click("text=提交，等另一人发布")
    page.wait_for_selector("text=没有变化")

    allowed = (HERE / "allowed.csv").read_bytes()
    content = lists.read_csv(allowed, "township", "示范镇", "2026-01-01")
    assert lists.read_file(csv, "township", "示范镇", "2026-01-01") == content
    assert "新增 0 项，删去 0 项，改变 0 项，不变 2 项" in told


def test_machines_say_which_version_they_hold(world: Any, window: Any) -> None:
    def beat(version: int | None, sent_ms: int | None) -> None:
        world.machines["m-1"].say(
            Heartbeat(
                state="idle", strokes={}, impressions=0, waiting=0, free_mb=9, alarms=(),
                list_version=version, list_at_ms=sent_ms,
            )
        )  # fmt: skip
        world.settle()

    sun = window("sun")
    silent = sun.goto("/matters/versions/2").inner_text("#held")
    beat(1, world.now_ms())
    behind = sun.goto("/matters/versions/2").inner_text("#held")
    beat(2, world.now_ms())
    confirmed = sun.goto("/matters/versions/2").inner_text("#held")

    assert silent.count("尚未报告") == 2
    assert "持有第 1 版" in behind and "尚未更新" in behind
    assert "持有第 2 版" in confirmed and "已确认" in confirmed and "尚未报告" in confirmed
    assert "已确认" in sun.goto("/machines/m-1").inner_text("main")


def test_list_pages_fit_the_screen_in_both_languages(world: Any, window: Any) -> None:
    sun = window("sun", PHONE)
    file = workbook(
        HEAD,
        ("T-01", "居住证明", "禁止", "派出所" * 9, "镇2号"),
        ("T-02", HOSTILE * 3, "可以", "", ""),
    )
    page = bring(sun, file, layer="township", place="示范镇", from_date="2026-02-01")
    wide = [overflow(page)]
    page.click("text=提交，等另一人发布")
    with world.app.reader() as reader:
        draft = reader.list_drafts()[0].draft
    paths = ("/matters", "/matters/import", f"/matters/drafts/{draft}", "/matters/versions/1",
             "/matters/why?village=330182107201&matter=T-01")  # fmt: skip
    for language in ("zh", "en"):
        sun.goto(f"/language/{language}?back=/")
        wide += [far for path in paths for far in sun.widths(path)]

    assert max(wide) <= 0
    assert sun.complaints == []
