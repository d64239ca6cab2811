"""Emergency terms in a real browser: two persons, envelopes printed once, stopped by one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ledger import emergency
from tests.gateway.web.served.policies import PHONE
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_terms_codes_and_their_end(world: Any, window: Any) -> None:
    drafter, releaser = window("sun"), window("zhao")
    page = drafter.goto("/emergency")
    page.fill("#matters", "居住情况说明")
    page.evaluate("document.querySelector('#until').value = '2027-03-31'")
    page.click("text=提交草案")
    page.wait_for_selector("text=草案已提交")
    own = page.inner_text("#drafts")
    page = releaser.goto("/emergency")
    page.click("#drafts button")
    page.wait_for_selector("text=各自来打印应急码")
    few = page.inner_text("#released")
    seen: list[list[str]] = []
    for account in ("wang", "zheng"):
        holder = window(account, PHONE)
        page = holder.goto("/emergency")
        page.click("text=打印我的应急码")
        page.wait_for_selector("#codes")
        keep(page, "emergency-codes")
        page.evaluate("window.print = () => { window.printed = true; }")
        page.click("text=现在打印")
        assert page.evaluate("window.printed")
        width = page.evaluate("document.documentElement.scrollWidth")
        seen.append(re.findall(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]", page.inner_text("#codes")))
        after = holder.goto("/emergency").inner_text("main")
        assert "打印我的应急码" not in after and not re.search(r"(?:[0-9A-Z]{4}-){4}", after)
        assert width <= PHONE["width"] and holder.complaints == []
    listed = releaser.goto("/emergency")
    keep(listed, "emergency-released")
    both = listed.inner_text("#released")
    listed.click("text=立即停用")
    listed.wait_for_selector("text=已停用，正发往印章机")

    assert "须由另一人发布" in own
    assert "至少要两位审批人" in few and "至少要两位审批人" not in both
    assert "王审批、郑站长" in both
    assert [len(one) for one in seen] == [2, 2]
    assert len({emergency.read(code) for one in seen for code in one}) == 4
    assert drafter.complaints == releaser.complaints == []
    with world.app.reader() as reader:
        stored = b"".join(one.envelope for one in reader.all_entries())
    assert not any(emergency.read(code).encode() in stored for one in seen for code in one)


def test_a_clerk_sees_no_emergency_page(window: Any) -> None:
    clerk = window("li")

    page = clerk.goto("/emergency")

    keep(page, "not-yours")
    assert "您的岗位不能办理此事" in page.inner_text("body")
