"""A seal registered in a real browser by two persons; a handover then shows another seal."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bench.eyes_folder import read_folder
from ledger.records_custody import Handover
from ledger.records_seals import SealSample
from tests import imprints
from tests.arriving import see_photo
from tests.gateway.web.served.policies import DEADLINE_S, PHONE
from tests.pictures import keep

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHARED = {"permit": "h-1", "seal": "committee", "hatch": "a" * 64}
PAGE = "/custody/m-1/committee"


def sent(world: Any, body: Any, photo: Any) -> str:
    machine = world.machines["m-1"]
    entry = machine.say(body)
    machine.send_photo(photo)
    world.until(lambda reader: (found := reader.sample(entry)) and found.photo.is_kept)
    return str(entry)


def fill_in(page: Any) -> None:
    """Correct what was read and measured."""
    page.fill("#name", "青石镇柳树沟村村民委员会公章")
    page.fill("#ring-text", imprints.OWN)
    page.fill("#line", "")
    page.fill("#number", "4206251000001")
    page.fill("#width", "42")
    page.fill("#height", "42")


def compared(world: Any, sample: str) -> None:
    """Return once the gateway has written down how a sample compares."""
    deadline = time.monotonic() + 4 * DEADLINE_S  # pictures are looked at meanwhile
    while True:
        with world.app.reader() as reader:
            if reader.sample(sample).check is not None:
                return
        assert time.monotonic() < deadline, "the sample was not compared in time"
        world.settle()


def test_one_registers_another_releases_and_another_seal_at_the_handover_is_a_red_alert(
    world: Any, window: Any, site: Any, tmp_path: Path
) -> None:
    photo = world.photo(imprints.photo("round", imprints.OWN))
    sample = SealSample(**SHARED, by="li", second="qian", sample=photo.reference)
    first = sent(world, sample, photo)
    world.app.cut_out(first).result(4 * DEADLINE_S)  # what a page asks for is there at once
    drafter, releaser = window("sun"), window("zhao", PHONE)

    page = drafter.goto(PAGE)
    unregistered = page.inner_text("#unregistered")
    page.click("text=用这张印样登记")
    see_photo(page, "figure img", wider_than=300)
    width = float(page.input_value("#width"))
    fill_in(page)
    keep(page, "registration")
    page.click("#draft")
    page.wait_for_selector("text=已提交，等另一人核对")
    own = page.inner_text("#draft")
    phone = releaser.goto(PAGE)
    keep(phone, "registration-release")
    narrow = phone.evaluate("document.documentElement.scrollWidth")
    phone.click("#release")
    phone.wait_for_selector("text=登记已生效")
    photo = world.photo(imprints.photo("round", imprints.ONE_CHARACTER_OFF, seed=7))
    body = Handover(**SHARED, giver="qian", receiver="li", witness="wu", sample=photo.reference)
    handover = sent(world, body, photo)
    compared(world, handover)
    page = drafter.goto(PAGE)
    keep(page, "registration-mismatch")
    samples = page.inner_text("#samples")
    keep(releaser.goto(PAGE), "registration-mismatch")
    alerts = drafter.goto("/alerts").inner_text("main")
    file = site("sun").post("/register/export", {"form": "zip"}).content

    assert "还没有登记" in unregistered
    assert width == pytest.approx(42, abs=1.5)
    assert "须由另一人同意" in own and "4206251000001" in own
    assert narrow <= PHONE["width"]
    assert "不是登记的印章" in samples and "有的地方笔画不同" in samples
    assert "可能被调换" in alerts
    with world.app.reader() as reader:
        assert reader.sample(first).check is None
        (alert,) = reader.alerts_about([handover])[handover]
        (seal,) = reader.registered_seals("m-1")
    assert (alert.code, alert.severity) == ("seal-sample", "red")
    zipfile.ZipFile(io.BytesIO(file)).extractall(tmp_path)
    (listed,) = read_folder(tmp_path).registered
    assert (listed.id, listed.ring_text) == ("m-1.committee", seal.ring_text)
    assert read_folder(tmp_path).specimen_bytes(listed.specimen).startswith(b"\x89PNG")
    assert drafter.complaints == releaser.complaints == []
