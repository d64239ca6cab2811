"""The keeping of seals at the screen: two persons, one question a page, nothing skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from msgspec import structs

from device.kiosk import port_custody as keeping
from device.texts import EN, ZH
from ledger.records_custody import Purpose
from tests.device.kiosk.conftest import person
from tests.device.kiosk.seals import seal

SignIn = Callable[..., str]
PIN = "246810"


class Desk:
    """A signed-in clerk before the pages of the keeping."""

    def __init__(self, client: httpx.Client, village: Any, token: str) -> None:
        self.client, self.village, self.token = client, village, token
        self.put(seal())

    def put(self, one: keeping.SealView) -> None:
        """Change how the seal stands."""
        self.village.change(custody=(one,))

    def post(self, path: str, **data: Any) -> httpx.Response:
        """Send a form."""
        return self.client.post(path, data={"token": self.token, **data})

    def second(self, card: str = "5566778899", pin: str = PIN) -> httpx.Response:
        """Begin with the order, lay another card and type its PIN."""
        self.post("/custody/begin", permit="h-1")
        self.village.lay_card(card)
        self.client.get("/custody/second")
        return self.post("/custody/pin", pin=pin)

    def commands(self, kind: type) -> list[Any]:
        """Return the commands of a kind that the agent was given."""
        return [one for one in self.village.commands if isinstance(one, kind)]


@pytest.fixture
def desk(client: httpx.Client, village: Any, sign_in: SignIn) -> Desk:
    return Desk(client, village, sign_in())


def test_seal_that_is_out_is_shown_with_its_day(desk: Desk) -> None:
    desk.put(seal(place="out", trouble="seal-out", until_ms=1_793_000_000_000, orders=()))

    page = desk.client.get("/custody").text

    assert "外借中" in page and "应还：" in page
    assert "没有可用的开仓许可" in page


def test_offline_screen_says_what_still_works(desk: Desk) -> None:
    desk.village.change(online=False)

    assert "已经到的照样能用" in desk.client.get("/custody").text


def test_hatch_opens_for_two_persons_who_both_gave_their_pin(desk: Desk) -> None:
    page = desk.second()
    assert page.url.path == "/custody/ready" and "李建国" in page.text

    desk.post("/custody/open")

    assert desk.commands(keeping.OpenHatch) == [
        keeping.OpenHatch(by="wang", second="li", permit="h-1")
    ]


def test_wrong_pin_of_the_second_person_opens_nothing(desk: Desk) -> None:
    page = desk.second(pin="000000")
    desk.post("/custody/open")

    assert page.url.path == "/custody/pin" and "密码不对" in page.text
    assert desk.commands(keeping.OpenHatch) == []


def test_own_card_is_no_second_person(desk: Desk) -> None:
    desk.post("/custody/begin", permit="h-1")
    desk.village.lay_card("0011223344")

    page = desk.client.get("/custody/second")

    assert page.url.path == "/custody/second" and "请换一个人" in page.text


def test_without_a_keeper_the_screen_asks_for_one_and_lets_nobody_else_open(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    wang, li = village.people
    sun = person("sun", "孙保管", "1231231234")
    offices = zip((wang, li, sun), (("clerk",), ("director",), ("keeper",)), strict=True)
    village.people = tuple(structs.replace(one, offices=held) for one, held in offices)
    desk = Desk(client, village, sign_in())

    refused = desk.second()
    taken = desk.second(card="1231231234")

    assert refused.url.path == "/custody/second" and "两个人里要有印章管理员" in refused.text
    assert "请印章管理员刷卡" in refused.text
    assert taken.url.path == "/custody/ready"


def test_second_card_does_not_sign_the_first_person_out(desk: Desk) -> None:
    desk.second()

    assert "退出 王秀英" in desk.client.get("/home").text


@pytest.mark.parametrize("step", ["ready", "hatch", "confirm", "counted", "nowhere"])
def test_no_step_is_skipped(desk: Desk, step: str) -> None:
    desk.post("/custody/begin", permit="h-1")

    assert desk.client.get(f"/custody/{step}").url.path == "/custody/second"


def test_order_that_does_not_fit_now_cannot_be_begun(desk: Desk) -> None:
    unfit = structs.replace(seal().orders[0], fits=False)
    desk.put(seal(orders=(unfit,)))

    assert desk.post("/custody/begin", permit="h-1").url.path == "/custody"


def taken(desk: Desk) -> None:
    """Open for a take-out, take the seal and shut the hatch."""
    desk.second()
    desk.post("/custody/open")
    desk.put(seal(permit="h-1", purpose="takeout", trouble="seal-handled", present=False))


def test_take_out_asks_who_where_until_when_and_how_often_it_was_pressed(desk: Desk) -> None:
    taken(desk)
    pages = [desk.post("/custody/done")]
    for question, answer in (("holder", "李四"), ("place", "县档案馆"), ("days", "3")):
        pages.append(desk.post(f"/custody/{question}", answer=answer))
    pages.append(desk.post("/custody/counted", answer="0"))

    assert [page.url.path.removeprefix("/custody/") for page in pages] == [
        *("holder", "place", "days", "counted", "confirm")
    ]
    desk.post("/custody/settle")
    assert desk.commands(keeping.ShutHatch) == [
        keeping.ShutHatch(
            by="wang", second="li", permit="h-1", counted=0, holder="李四", place="县档案馆", days=3
        )
    ]


def test_open_hatch_is_not_settled(desk: Desk) -> None:
    taken(desk)
    desk.put(seal(permit="h-1", purpose="takeout", trouble="seal-handled", shut=False))

    page = desk.post("/custody/done")

    assert page.url.path == "/custody/hatch" and "仓门还开着" in page.text


def test_take_out_of_which_nothing_came_asks_only_for_the_presses(desk: Desk) -> None:
    taken(desk)
    desk.put(seal(permit="h-1", purpose="takeout", trouble="seal-handled", present=True))

    assert desk.post("/custody/done").url.path == "/custody/counted"


@pytest.mark.parametrize("answer", ["", "0", "61", "三", "1.5", "-1"])
def test_days_that_cannot_be_are_asked_again(desk: Desk, answer: str) -> None:
    taken(desk)
    desk.post("/custody/done")
    desk.post("/custody/holder", answer="李四")
    desk.post("/custody/place", answer="县里")

    page = desk.post("/custody/days", answer=answer)

    assert page.url.path == "/custody/days" and "请改一下" in page.text


def test_hostile_name_is_shown_as_text(desk: Desk) -> None:
    taken(desk)
    desk.post("/custody/done")
    desk.post("/custody/holder", answer="<b onload=x>")
    desk.post("/custody/place", answer="{{7*7}}")
    desk.post("/custody/days", answer="1")

    page = desk.post("/custody/counted", answer="0").text

    assert "&lt;b onload=x&gt;" in page and "<b onload" not in page and "{{7*7}}" in page


def test_service_says_which_works_were_done(desk: Desk) -> None:
    order = keeping.OrderView(permit="h-1", purpose="service", not_after_ms=2**50, fits=True)
    desk.put(seal(orders=(order,)))
    desk.second()
    desk.post("/custody/open")
    desk.put(seal(permit="h-1", purpose="service", trouble="seal-handled"))
    desk.post("/custody/done")
    for work in ("ink", "repair", "repair", "cleaning"):
        desk.post("/custody/works", work=work)
    desk.post("/custody/works")
    desk.post("/custody/counted", answer="2")

    desk.post("/custody/settle")

    (command,) = desk.commands(keeping.ShutHatch)
    assert (command.works, command.counted) == (("ink", "cleaning"), 2)


def test_handover_takes_a_third_person_and_a_photo_of_the_imprint(desk: Desk) -> None:
    order = keeping.OrderView(permit="h-1", purpose="handover", not_after_ms=2**50, fits=True)
    third = structs.replace(desk.village.people[1], account="sun", name="孙长友", card="99887766")
    desk.village.people = (*desk.village.people, third)
    desk.put(seal(orders=(order,)))
    desk.second()
    desk.post("/custody/open")
    desk.put(seal(permit="h-1", purpose="handover", trouble="seal-handled"))
    assert desk.post("/custody/done").url.path == "/custody/witness"
    desk.village.lay_card("99887766")
    desk.client.get("/custody/witness")
    assert desk.post("/custody/pin", pin=PIN).url.path == "/custody/counted"
    assert desk.post("/custody/counted", answer="1").url.path == "/custody/sample"
    desk.post("/custody/sample")

    desk.post("/custody/settle")

    (command,) = desk.commands(keeping.ShutHatch)
    assert (command.by, command.second, command.witness) == ("wang", "li", "sun")
    assert command.page


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_every_purpose_of_an_opening_is_named_and_says_what_to_do(purpose: str) -> None:
    for key in (f"custody.purpose.{purpose}", f"custody.do.{purpose}"):
        assert ZH[key] and EN[key]


def test_sample_for_a_registration_asks_for_a_photo_and_the_presses(desk: Desk) -> None:
    order = keeping.OrderView(permit="h-1", purpose="sample", not_after_ms=2**50, fits=True)
    desk.put(seal(orders=(order,)))
    assert "盖印样，用于登记" in desk.client.get("/custody").text
    desk.second()
    desk.post("/custody/open")
    desk.put(seal(permit="h-1", purpose="sample", trouble="seal-handled"))
    assert desk.post("/custody/done").url.path == "/custody/counted"
    assert desk.post("/custody/counted", answer="1").url.path == "/custody/sample"
    desk.post("/custody/sample")

    desk.post("/custody/settle")

    (command,) = desk.commands(keeping.ShutHatch)
    assert (command.witness, command.counted, command.unsampled) == ("", 1, False)
    assert command.page


@pytest.mark.parametrize(
    ("made", "counted", "offered"),
    [(0, "0", "没有盖印样"), (0, "1", "拍不了，没有照片"), (1, "0", "拍不了，没有照片")],
)
def test_opening_for_a_sample_ends_without_a_photo_and_says_so(
    desk: Desk, made: int, counted: str, offered: str
) -> None:
    order = keeping.OrderView(permit="h-1", purpose="sample", not_after_ms=2**50, fits=True)
    desk.put(seal(orders=(order,)))
    desk.second()
    desk.post("/custody/open")
    desk.put(seal(permit="h-1", purpose="sample", trouble="seal-handled", made=made))
    desk.post("/custody/done")
    asked = desk.post("/custody/counted", answer=counted).text

    summary = desk.post("/custody/unsampled")
    desk.post("/custody/settle")

    assert offered in asked
    assert summary.url.path == "/custody/confirm" and "镇里要查问" in summary.text
    (command,) = desk.commands(keeping.ShutHatch)
    assert (command.page, command.unsampled) == ("", True)


def test_no_photo_of_an_imprint_is_said_only_where_one_is_asked_for(desk: Desk) -> None:
    taken(desk)
    desk.post("/custody/done")

    assert desk.post("/custody/unsampled").url.path == "/custody/holder"
    for question, answer in (("holder", "李四"), ("place", "县里"), ("days", "3")):
        desk.post(f"/custody/{question}", answer=answer)
    desk.post("/custody/counted", answer="0")
    desk.post("/custody/settle")
    assert not desk.commands(keeping.ShutHatch)[0].unsampled


def test_loss_is_asked_once_more_and_then_reported(desk: Desk) -> None:
    page = desk.client.get("/custody/lost/committee")
    assert "马上停用" in page.text and desk.commands(keeping.ReportLost) == []

    desk.post("/custody/lost/committee")

    assert desk.commands(keeping.ReportLost) == [keeping.ReportLost(by="wang", seal="committee")]


def test_opening_that_is_not_settled_is_gone_on_with_by_two_persons_again(desk: Desk) -> None:
    desk.put(seal(permit="h-9", purpose="service", trouble="seal-handled", orders=()))

    desk.post("/custody/begin", permit="h-9")
    desk.village.lay_card("5566778899")
    desk.client.get("/custody/second")
    page = desk.post("/custody/pin", pin=PIN)

    assert page.url.path == "/custody/hatch"
