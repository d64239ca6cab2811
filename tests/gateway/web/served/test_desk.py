"""Deciding, revoking, releasing, importing, handling cases: through pages and through the API."""

from __future__ import annotations

import base64

import pytest

NEW_LIST = """code,name,approver_role,max_copies,source
T-01,居住情况说明,村民委员会主任,5,示例
T-03,集体经济组织成员说明,,2,示例
"""


@pytest.fixture
def waiting(world, pages):
    """The hash of a request that waits for a decision."""
    return world.waiting(world.machines["m-1"], world.photo(pages[0][0]))


def open_pages(console, world, request):
    with world.app.reader() as reader:
        for page in reader.request(request).pages:
            assert console.get(f"/photos/{page.sealed_sha256}").status_code == 200


def state_of(world, request):
    with world.app.reader() as reader:
        return reader.request(request).state


def bearer(site, account):
    console = site()
    token = console.client.post(
        "/api/v1/token", json={"account": account, "password": "correct horse 42"}
    ).json()["token"]
    console.client.headers["authorization"] = f"Bearer {token}"
    return console


def test_request_shows_who_wants_what_and_what_the_list_says(site, waiting):
    page = site("wang").get(f"/approvals/{waiting}").text

    for part in ("张三", "办理子女入学", "居住情况说明", "示例目录 第1项", "李文书", "2 份"):
        assert part in page


def test_decision_is_refused_before_the_page_was_opened(world, site, waiting):
    answer = site("wang").post(f"/approvals/{waiting}", {"decision": "approve"})

    assert answer.status_code == 409
    assert "看完每一页照片" in answer.text
    assert state_of(world, waiting) == "open"


def test_page_opened_in_another_session_does_not_count(world, site, waiting):
    open_pages(site("wang"), world, waiting)

    answer = site("wang").post(f"/approvals/{waiting}", {"decision": "approve"})

    assert answer.status_code == 409


def test_first_tap_changes_nothing(world, site, waiting):
    console = site("wang")
    open_pages(console, world, waiting)

    page = console.get(f"/approvals/{waiting}?step=approve")

    assert "确认批准" in page.text
    assert state_of(world, waiting) == "open"


def test_second_tap_issues_a_permit(world, site, waiting):
    console = site("wang")
    open_pages(console, world, waiting)

    answer = console.post(f"/approvals/{waiting}", {"decision": "approve", "note": "已核对"})

    assert answer.headers["location"] == "/approvals?done=approved"
    assert state_of(world, waiting) == "permitted"
    assert "已核对" in console.get(f"/approvals/{waiting}").text


def test_refusal_needs_a_reason(world, site, waiting):
    console = site("wang")
    open_pages(console, world, waiting)

    without = console.post(f"/approvals/{waiting}", {"decision": "refuse", "note": "  "})
    with_reason = console.post(f"/approvals/{waiting}", {"decision": "refuse", "note": "材料不全"})

    assert without.status_code == 409
    assert with_reason.status_code == 303
    assert state_of(world, waiting) == "refused"


def test_keeper_is_told_why_somebody_else_must_decide(world, site, waiting):
    console = site("qian")
    open_pages(console, world, waiting)

    page = console.get(f"/approvals/{waiting}").text
    answer = console.post(f"/approvals/{waiting}", {"decision": "approve"})

    assert "保管人" in page
    assert "?step=approve" not in page
    assert answer.status_code == 409
    assert state_of(world, waiting) == "open"


def test_form_of_another_session_decides_nothing(world, site, waiting):
    console = site("wang")
    open_pages(console, world, waiting)

    answer = console.client.post(
        f"/approvals/{waiting}", data={"csrf": site("wang").csrf(), "decision": "approve"}
    )

    assert answer.status_code == 403
    assert state_of(world, waiting) == "open"


def test_api_decides_under_the_same_rules(world, site, waiting):
    console = bearer(site, "wang")
    body = {"decision": "approve", "note": ""}

    early = console.client.post(f"/api/v1/requests/{waiting}/decision", json=body)
    with world.app.reader() as reader:
        (page,) = reader.request(waiting).pages
    assert console.get(f"/api/v1/photos/{page.sealed_sha256}").content.startswith(b"\xff\xd8")
    late = console.client.post(f"/api/v1/requests/{waiting}/decision", json=body)

    assert (early.status_code, early.json()["code"]) == (409, "page-not-opened")
    assert late.status_code == 200
    assert console.get(f"/api/v1/entries/{late.json()['index']}").json()["entry"]["kind"] == (
        "approval"
    )


def test_api_with_a_cookie_needs_the_token_header(world, site, waiting):
    console = site("wang")
    open_pages(console, world, waiting)
    url, body = f"/api/v1/requests/{waiting}/decision", {"decision": "approve"}

    without = console.client.post(url, json=body)
    with_header = console.client.post(url, json=body, headers={"x-csrf-token": console.csrf()})

    assert (without.status_code, with_header.status_code) == (403, 200)


def test_bearer_token_is_no_cookie_and_a_cookie_is_no_bearer(site):
    token = bearer(site, "wang").client.headers["authorization"].removeprefix("Bearer ")
    cookie = site("wang").client.cookies["seal_session"]
    stranger = site()

    stranger.client.cookies.set("seal_session", token)
    assert stranger.get("/api/v1/me").status_code == 401
    stranger.client.cookies.clear()
    stranger.client.headers["authorization"] = f"Bearer {cookie}"
    assert stranger.get("/api/v1/me").status_code == 401


def test_token_ends_when_it_is_given_back(site):
    console = bearer(site, "zhao")
    assert console.get("/api/v1/me").json()["offices"] == ["auditor"]

    assert console.client.delete("/api/v1/token").status_code == 204

    assert console.get("/api/v1/me").status_code == 401


def test_permit_is_revoked_with_a_reason_by_the_second_tap(world, site, pages):
    permit = world.approved(world.machines["m-1"], world.photo(pages[0][0]))
    console = site("sun")

    first = console.get(f"/permits/{permit}?step=revoke")
    odd = console.post(f"/permits/{permit}", {"reason": "because"})
    second = console.post(f"/permits/{permit}", {"reason": "withdrawn"})

    assert "确认撤销" in first.text
    assert (odd.status_code, second.status_code) == (409, 303)
    page = console.get(f"/permits/{permit}").text
    assert "孙管理" in page
    assert "申请人撤回" in page


def test_marked_alerts_become_cases_with_one_note(busy, site):
    with busy.app.reader() as reader:
        marked = [alert.alert for alert in reader.alerts(without_case=True)]
    assert len(marked) >= 2
    console = site("zhao")

    nothing = console.post("/alerts", {"note": "x"})
    silent = console.post("/alerts", {"alert": marked, "note": " "})
    done = console.post("/alerts", {"alert": marked, "note": "同一次停电"})

    assert (nothing.status_code, silent.status_code, done.status_code) == (409, 409, 303)
    with busy.app.reader() as reader:
        assert reader.alerts(without_case=True) == ()
        assert {step.text for case in reader.cases() for step in case.steps} == {"同一次停电"}


def test_case_is_opened_assigned_and_noted_in_that_order(busy, site):
    with busy.app.reader() as reader:
        alert = reader.alerts()[0].alert
    console = site("zhao")

    console.post(f"/alerts/{alert}/open", {"note": "立案看看"})
    with busy.app.reader() as reader:
        case = reader.alert(alert).case
    console.post(f"/cases/{case}/assign", {"to": "zhao"})
    console.post(f"/cases/{case}/note", {"note": "已到村核对"})
    again = console.post(f"/alerts/{alert}/open", {"note": "再立一次"})

    page = console.get(f"/alerts/{alert}").text
    assert again.status_code == 409
    for part in ("立案看看", "由 赵监督 核查", "已到村核对"):
        assert part in page


def test_alerts_are_filtered_by_what_they_are(busy, site):
    console = site("zhao")

    red = console.get("/alerts?code=no-permit").text
    none = console.get("/alerts?code=fork").text

    assert "p-unknown" in red
    assert "清点" not in red.split("</form>")[1]
    assert "没有符合条件的预警" in none


def test_log_is_filtered_by_machine_kind_item_and_alert(busy, site):
    console = bearer(site, "zhao")

    uses = console.get("/api/v1/entries?kind=use").json()
    flagged = console.get("/api/v1/entries?alert=red").json()
    other = console.get("/api/v1/entries?machine=m-2&kind=use").json()

    assert [entry["body"]["n"] for entry in uses] == [1, 2, 1]
    assert {entry["kind"] for entry in flagged} == {"use", "incident"}
    assert other == []


def test_log_pages_go_back_to_the_first_entry(busy, site):
    console = bearer(site, "zhao")
    seen, before = [], ""
    while page := console.get(f"/api/v1/entries?limit=7{before}").json():
        seen += [entry["index"] for entry in page]
        before = f"&before={seen[-1]}"

    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0
    assert len(set(seen)) == len(seen)


def test_envelope_is_given_out_byte_for_byte(busy, site):
    with busy.app.reader() as reader:
        use = next(entry for entry in reader.entries() if entry.kind == "use")

    assert site("zhao").get(f"/log/{use.index}/envelope").content == use.envelope


def test_import_shows_the_difference_first_and_another_person_releases(world, site):
    console = site("sun")
    form = {"layer": "township", "place": "示范镇", "from_date": "2026-02-01"}

    preview = console.client.post(
        "/matters/import",
        data={"csrf": console.csrf(), **form},
        files={"file": ("list.csv", NEW_LIST.encode())},
    )
    with world.app.reader() as reader:
        before = len(reader.lists())
    data = base64.b64encode(NEW_LIST.encode()).decode()
    done = console.post("/matters/import/confirm", {**form, "data": data})

    with world.app.reader() as reader:
        between, draft = len(reader.lists()), reader.list_drafts()[0].draft
    released = site("zhao").post(f"/matters/drafts/{draft}/release")

    assert "新增 1 项，删去 1 项，改变 1 项" in preview.text
    assert before == between == 2
    assert done.headers["location"] == "/matters?done=list-drafted"
    assert released.headers["location"] == "/matters?done=list-released"
    with world.app.reader() as reader:
        assert len(reader.lists()) == 3


def test_wrong_rows_of_a_list_are_told_by_line(world, site):
    console = site("sun")
    wrong = NEW_LIST + "T-04,,,many,x\n"

    answer = console.client.post(
        "/matters/import",
        data={
            "csrf": console.csrf(),
            "layer": "township",
            "place": "示范镇",
            "from_date": "2026-02-01",
        },
        files={"file": ("list.csv", wrong.encode())},
    )

    assert answer.status_code == 422
    assert "第 4 行" in answer.text


def test_item_is_explained_with_the_list_that_decides(world, site):
    page = site("li").get("/matters/why?village=330182107201&matter=亲属关系证明").text

    for part in ("禁止用印", "户籍地公安派出所", "民发〔2020〕20号"):
        assert part in page


def test_look_up_says_why_for_an_item_on_no_list(world, site):
    console = bearer(site, "li")

    answer = console.get("/api/v1/look-up?village=330182107201&matter=养犬").json()

    assert answer == {"verdict": "forbidden", "reason": "off-list", "matter": None}


def test_home_page_of_an_approver_shows_requests_and_no_alerts(busy, site):
    page = site("wang").get("/").text

    assert "有 2 件用印申请待审批" in page
    assert "红色预警" not in page


def test_badges_and_fresh_entries_come_without_the_page_moving(busy, site):
    console = site("zhao")
    with busy.app.reader() as reader:
        seen = reader.size() - 3

    menu = console.get("/log").text
    piece = console.get(f"/live/badges?here=log&seen={seen}").text

    assert "又来了 3 条新记录" in piece
    assert piece.count("hx-swap-oob") == menu.count('id="badge-') + 1


def test_openapi_document_describes_every_answer(site):
    document = site().get("/openapi.json").json()
    named = set(_references(document))

    assert named
    assert all(name in document["components"]["schemas"] for name in named)
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert "password_hash" not in str(document)


def _references(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner.removeprefix("#/components/schemas/")
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
