"""Approving under a policy in a real browser: stages, substitutes, returns, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from gateway.commands import AddAccount
from tests.arriving import arrive
from tests.gateway.web.served.policies import DEADLINE_S, DESK, PHONE, POLICY, enact
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMED = "周主任 → 冯副主任"


@pytest.fixture
def ask(world: Any, pages: Any) -> Callable[..., str]:
    """File requests at the first village's machine."""

    def file(**fields: Any) -> str:
        return str(world.waiting(world.machines["m-1"], world.photo(pages[0][0]), **fields))

    return file


@pytest.fixture
def grant(world: Any) -> Callable[..., None]:
    """Give an account other offices, or another person, as the operator does."""

    def change(account: str, person: str, *offices: str) -> None:
        with world.app.reader() as reader:
            known = reader.account(account)
        command = AddAccount(
            by="cli-root",
            account=account,
            person=person,
            name=known.name,
            offices=offices,
            keeps=(),
            password_hash=known.password_hash,
            village=known.village,
        )
        world.app.submit_operator(command).result(DEADLINE_S)

    return change


def state(world: Any, request: str) -> tuple[str, str]:
    with world.app.reader() as reader:
        view = reader.request(request)
    return view.state, view.reason


def test_two_stages_two_persons_one_permit(world: Any, window: Any, ask: Any) -> None:
    enact(world)
    request = ask(amount=50_000)
    director, secretary = window("zhou"), window("wu")
    early = secretary.goto(f"/approvals/{request}").inner_text("main")
    page = director.tap(request, "批准", "确认批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=已同意，等下一位审批")
    between = state(world, request)

    page = secretary.tap(request, "批准", "确认批准")
    asked = page.inner_text("#asked")
    page.click("text=确认批准")
    page.wait_for_selector("text=许可已发往印章机")

    assert "还没有轮到您" in early and "周主任" in early
    assert between == ("open", "")
    assert "✓ 村主任 · 周主任" in asked and "下一步可由： 吴书记" in asked
    assert "规则“居住和务工”" in asked
    assert state(world, request) == ("permitted", "")
    assert director.complaints == secretary.complaints == []


def test_one_person_with_two_offices_counts_once_and_the_page_says_who_is_missing(
    world: Any, window: Any, ask: Any, grant: Callable[..., None]
) -> None:
    grant("zhou", "p-zhou", "director", "secretary")
    grant("wu", "p-wu", "auditor")
    enact(world)
    request = ask(amount=50_000)
    page = window("zhou").tap(request, "批准", "确认批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=已同意，等下一位审批")

    told = window("zhou").goto(f"/approvals/{request}").inner_text("main")

    assert "一人兼两职也只算一次" in told
    assert "这些位置现在没有人能办" in told and "村书记" in told
    assert state(world, request) == ("open", "")


def test_a_second_account_of_the_filer_cannot_approve(
    world: Any, window: Any, ask: Any, grant: Callable[..., None]
) -> None:
    grant("zhou", "p-li", "director")
    enact(world)
    request = ask(amount=50_000)

    page = window("zhou").goto(f"/approvals/{request}")

    assert "申请由您本人提交，不能由您审批" in page.inner_text("#decision")
    assert page.locator("#decision a.button").count() == 0


def test_splitting_is_raised_and_the_evidence_is_asked_for(
    world: Any, window: Any, ask: Any
) -> None:
    enact(world)
    ask(amount=60_000, payee="杭州宏达建材有限公司")
    second = ask(amount=60_000, payee="杭州宏达 建材（有限公司）", matter="T-02")
    director = window("zhou")

    page = director.tap(second, "批准", "确认批准")
    asked = page.inner_text("#asked")
    page.click("text=确认批准")
    page.wait_for_selector("text=材料还没有写明")
    page = director.tap(second, "批准", "确认批准")
    page.fill("#number-1", "两委 2026-17")
    page.click("text=确认批准")
    page.wait_for_selector("text=已同意，等下一位审批")

    assert "合计 ¥ 1,200.00，已到 ¥ 1,000.00 起的一档" in asked
    assert "另有 1 笔，共 ¥ 600.00" in asked and "两委会议记录" in asked
    with world.app.reader() as reader:
        (approval,) = reader.request(second).approvals
    assert approval.documents == ("minutes-of-two-committees",)


def test_a_substitute_is_named_decides_and_is_ended(world: Any, window: Any, ask: Any) -> None:
    enact(world)
    request = ask(amount=50_000)
    director = window("zhou")
    page = director.goto("/delegations")
    page.select_option("#substitute", "feng")
    page.click("text=确认委托")
    page.wait_for_selector("text=已委托")
    substitute = window("feng")
    page = substitute.tap(request, "批准", "确认批准")
    page.click("text=确认批准")
    page.wait_for_selector("text=已同意，等下一位审批")
    shown = director.goto(f"/approvals/{request}").inner_text("#decision")
    page = director.goto("/delegations")
    page.click("text=立即终止")
    page.wait_for_selector("text=委托已终止")

    after = substitute.goto("/approvals").inner_text("body")

    assert "冯副主任" in shown and "受托" in shown
    assert "您的岗位不能办理此事" in after
    assert director.complaints == []


def test_a_delegation_stands_among_the_acts_of_those_it_names_and_of_nobody_else_in_the_village(
    window: Any,
) -> None:
    director = window("zhou")
    page = director.goto("/delegations")
    page.select_option("#substitute", "feng")
    page.click("text=确认委托")
    page.wait_for_selector("text=已委托")
    director.goto("/account").click("#acts")
    page.wait_for_selector("#whose")
    keep(page, "acts-own")
    mine = page.inner_text("main table")
    page.click("main table tr:has-text('委托') a")
    arrive(page, "**/log/**")
    opened = page.inner_text("main")
    linked = page.eval_on_selector_all(
        "main a[href^='/log/']:not([download])", "all => all.map((one) => one.href)"
    )
    answers = {one: director.page.request.get(one).status for one in linked}
    chain = window("zhao").goto(page.url.removeprefix(director.url)).inner_text("main")
    theirs = window("feng").goto("/log?who=feng&kind=").inner_text("main table")
    other = window("wu")

    listed = other.goto("/log?who=zhou&kind=").inner_text("main")
    refused = other.page.goto(page.url)

    assert set(answers.values()) <= {200}, answers
    assert "同一作者的上一条" not in opened and "同一作者的上一条" in chain
    assert NAMED in mine and NAMED in theirs and "外出委托 第" in opened
    assert "zhou → feng" not in listed
    assert refused.status == 404
    assert director.complaints == []


def test_a_substitute_who_keeps_the_seal_is_refused(world: Any, window: Any, ask: Any) -> None:
    page = window("zhou").goto("/delegations")
    page.select_option("#substitute", "qian")
    page.click("text=确认委托")

    page.wait_for_selector("text=受托人保管印章或经办用印")


def test_a_substitute_of_another_village_is_neither_offered_nor_taken(
    world: Any, window: Any, password_hash: str
) -> None:
    far = AddAccount(
        by="root", account="far", person="p-far", name="外村人", offices=("director",), keeps=(),
        password_hash=password_hash, village="330182107202",
    )  # fmt: skip
    world.app.submit_operator(far).result(20)
    page = window("zhou").goto("/delegations")
    offered = page.locator("#substitute option").all_inner_texts()

    page.evaluate(
        "document.querySelector('#substitute').add(new Option('外村人', 'far', true, true))"
    )
    page.click("text=确认委托")

    page.wait_for_selector("text=受托人是别的村的，不能代本村审批")
    assert not any("外村人" in one for one in offered)
    assert any("冯副主任" in one for one in offered)


def test_the_filer_withdraws_and_sees_who_is_next(world: Any, window: Any, ask: Any) -> None:
    enact(world)
    request = ask(amount=50_000)
    clerk = window("li", PHONE)
    page = clerk.goto("/filed")
    before = page.inner_text("main")
    page.click("summary:has-text('撤回')")
    page.click("text=确认撤回")

    page.wait_for_selector("text=已撤回。")

    assert "下一步可由： 周主任" in before
    assert state(world, request) == ("refused", "withdrawn")
    assert clerk.complaints == []


def test_returned_says_please_correct_to_who_filed_it(world: Any, window: Any, ask: Any) -> None:
    enact(world)
    request = ask(amount=50_000)
    page = window("zhou").tap(request, "退回补正", "确认退回")
    page.fill("#note", "请补上房产证复印件")
    page.click("text=确认退回")
    page.wait_for_selector("text=已退回补正")

    seen = window("li").goto("/filed").inner_text("main")

    assert state(world, request) == ("refused", "returned")
    assert "请补正后重新申请" in seen and "请补上房产证复印件" in seen


def test_a_policy_is_drafted_by_one_and_released_by_another(
    world: Any, window: Any, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(POLICY, encoding="utf-8")
    bad.write_text(POLICY.replace("lapse_days = 15", "lapse_days = 0"), encoding="utf-8")
    drafter = window("sun")
    page = drafter.goto("/policy")
    alone = page.inner_text("#current")
    page.set_input_files("#file", bad)
    page.click("text=检查并预览")
    page.wait_for_selector("text=1 至 365")
    wrong = page.inner_text("main")
    page.set_input_files("#file", good)
    page.click("text=检查并预览")
    page.wait_for_selector("text=提交草案")
    keep(page, "policy-draft")
    page.click("text=提交草案")
    page.wait_for_selector("text=草案已提交")
    own = page.inner_text("#drafts")
    other = window("zhao")
    page = other.goto("/policy")
    badge = page.inner_text("#badge-policy")
    page.click("text=发布这一版")
    page.wait_for_selector("text=审批办法已发布")

    current = page.inner_text("#current")

    assert "还没有发布审批办法" in alone and "一名审批人批准即可" in alone
    assert "第 4 行" in wrong and "1 至 365" in wrong
    assert "须由另一人发布" in own and "发布这一版" not in own
    assert badge == "1"
    assert "孙管理 起草" in current and "赵监督 发布" in current
    assert "¥ 1,000.00 起" in current


def test_what_a_request_would_need_is_told_with_its_rule(world: Any, window: Any) -> None:
    enact(world)
    clerk = window("li")
    for amount, matter, said in (
        ("999.99", "T-01", "¥ 0.00 起的一档"),
        ("1,000", "居住情况说明", "¥ 1,000.00 起的一档"),
        ("", "T-01", "没有写金额，按最高一档"),
        ("5", "没有的事项", "没有规则写到这个事项"),
    ):
        page = clerk.goto("/policy")
        page.fill("#matter", matter)
        page.fill("#amount", amount)
        page.click("text=看看")
        page.wait_for_selector("#answer")

        assert said in page.inner_text("#answer"), (amount, matter)


ON_TOP = """one => {
    const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && one.contains(top);
}"""


@pytest.mark.parametrize("step", ["", "?step=approve", "?step=refuse"])
def test_on_a_desk_the_decision_is_in_sight_without_scrolling_and_stays_there(
    world: Any, window: Any, ask: Any, step: str
) -> None:
    enact(world)
    request = ask(amount=120_000, payee="杭州宏达建材有限公司")
    one = window("zhou")
    one.look(request)
    page = one.goto(f"/approvals/{request}{step}")
    buttons = page.locator("#decision .first-tap a, #decision form button")
    fits = [buttons.nth(n).evaluate(ON_TOP) for n in range(buttons.count())]
    keep(page, "decide", whole=False)
    covered = page.evaluate("""[...document.querySelectorAll('#facts dd')].filter((one) => {
        const box = one.getBoundingClientRect();
        return !one.contains(document.elementFromPoint(box.x + 2, box.y + 2)) && box.top < 560;
    }).length""")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    later = [buttons.nth(n).evaluate(ON_TOP) for n in range(buttons.count())]

    assert len(fits) == (1 if step else 3) and all(fits) and all(later)
    assert covered == 0
    assert one.complaints == []


def test_pages_fit_the_screen_in_both_languages(world: Any, window: Any, ask: Any) -> None:
    enact(world)
    request = ask(amount=120_000, payee="杭州宏达建材有限公司")
    one = window("zhou")
    paths = {
        "policy-tried": "/policy?matter=T-01&amount=1200",
        "version": "/policy/versions/1",
        "delegations": "/delegations",
        "filed-none": "/filed",
        "request": f"/approvals/{request}",
        "approve": f"/approvals/{request}?step=approve",
    }
    for language in ("zh", "en"):
        one.goto(f"/language/{language}?back=/")
        for name, path in paths.items():
            page = one.goto(path)
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                judge(page, size["width"], path)
                keep(page, name, whole=name != "request" or size is PHONE)
    assert one.complaints == []


def judge(page: Page, width: int, path: str) -> None:
    """Nothing reaches over the edge, and what is tapped is high enough for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    small = page.eval_on_selector_all(
        "main .button, main select, main input:not([type=hidden]):not([type=checkbox])",
        "all => all.filter(one => one.offsetParent !== null)"
        ".map(one => one.getBoundingClientRect().height).filter(one => one < 36)",
    )
    assert small == [], (path, width)
