"""The door's pages: bounded questions, refusals with a word, and nothing else behind it."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway import door as doors
from gateway.errors import ConfigError
from gateway.web.door import LARGEST
from ledger import enrolcodes
from ledger.tls import pinned
from tests.gateway.test_enrolling import Office
from tests.gateway.web.served.test_hostile_json import BODIES, VALUES


@pytest.fixture
def office(tmp_path: Path, make_town: Callable[..., Any], write_config: Callable[..., Path]) -> Any:
    town = make_town(tmp_path)
    yield Office(town, write_config(tmp_path))
    town.store.close()


@pytest.fixture
def door(office: Office) -> Iterator[httpx.Client]:
    authority = office.enrolling.authority
    listener = doors.listen("127.0.0.1", 0, office.town.folder / "door.port")
    server = doors.server(office.enrolling, authority.own("gw-1", "server", "127.0.0.1"))
    thread = threading.Thread(target=server.run, args=([listener],), name="door")
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    with httpx.Client(base_url=url, verify=pinned(authority.path), timeout=20) as client:
        yield client
    server.should_exit = True
    thread.join(20)
    listener.close()


def test_authority_is_shown_to_everybody(door: httpx.Client, office: Office) -> None:
    assert door.get("/v1/authority").content == office.enrolling.authority.pem


def test_wrong_code_is_refused_with_a_word(door: httpx.Client, office: Office) -> None:
    typed = str(enrolcodes.make(office.enrolling.authority.fingerprint))

    wrong = door.post("/v1/begin", json={"code": typed})
    none = door.post("/v1/begin", json={"code": "hello"})

    assert (wrong.status_code, wrong.json()["error"]) == (403, "code-unknown")
    assert (none.status_code, none.json()["error"]) == (403, "malformed")


def test_facts_name_the_broker_where_the_machine_reached_the_door(
    door: httpx.Client, office: Office
) -> None:
    code = office.enrolling.issue("m-1", "li")

    facts = door.post("/v1/begin", json={"code": str(code)}, headers={"Host": "10.0.0.2:8443"})

    assert facts.status_code == 200
    assert facts.json()["broker"] == "mqtts://10.0.0.2:8883"


@pytest.mark.parametrize(
    "question",
    [{}, {"code": "x" * 300}, {"code": "x", "more": 1}, {"code": 7}, []],
    ids=["empty", "long", "more", "number", "list"],
)
def test_other_questions_are_refused(door: httpx.Client, question: Any) -> None:
    assert door.post("/v1/begin", json=question).status_code == 422


def test_hostile_questions_are_refused_with_a_word_and_break_nothing(
    door: httpx.Client, office: Office
) -> None:
    code = office.enrolling.issue("m-1", "li")
    wish = office.draft(code, office.keys.make("m-1", "device", epoch=2))
    draft = msgspec.to_builtins(wish)
    link = {"link_key": "a", "challenge": office.enrolling.challenge(), "signature": "b"}
    questions = {
        "/v1/begin": {"code": str(code)},
        "/v1/present": {"code": str(code), "draft": json.dumps(draft)},
        "/v1/certificate": {"machine": "m-1", "epoch": 1, **link},
    }
    sent = [(path, body) for path in questions for body in BODIES]
    for path, fits in questions.items():
        for name, value in itertools.product([*fits, "more", "\ud800"], VALUES):
            sent.append((path, json.dumps({**fits, name: value}).encode()))
    for name, value in itertools.product([*draft, "more"], VALUES):
        present = {**questions["/v1/present"], "draft": json.dumps({**draft, name: value})}
        sent.append(("/v1/present", json.dumps(present).encode()))

    refused: dict[int, int] = {}
    for path, body in sent:
        answer = door.post(path, content=body, headers={"content-type": "application/json"})
        refused[answer.status_code] = refused.get(answer.status_code, 0) + 1
        assert answer.status_code == 200 or answer.json()["error"], (path, body[:200])

    assert set(refused) <= {200, 400, 403, 413, 422}
    assert refused[403] > 20 and refused[422] > 20


def test_long_body_is_refused_before_it_is_read(door: httpx.Client) -> None:
    long = door.post("/v1/begin", content=b"x" * (LARGEST + 1))
    endless = door.post("/v1/begin", content=iter([b"x"]))  # chunked: no length

    assert (long.status_code, endless.status_code) == (413, 413)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/entries", "/openapi.json", "/docs"])
def test_nothing_of_the_console_is_behind_the_door(door: httpx.Client, path: str) -> None:
    assert door.get(path).status_code == 404


def test_old_tls_is_refused(door: httpx.Client, office: Office) -> None:
    context = pinned(office.enrolling.authority.path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(httpx.ConnectError), httpx.Client(verify=context) as old:
        old.get(f"{door.base_url}/v1/authority")


def test_port_stays_the_same_and_another_one_can_be_configured(tmp_path: Path) -> None:
    kept = tmp_path / "door.port"
    with doors.listen("127.0.0.1", 0, kept) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match="free"):
            doors.listen("127.0.0.1", 0, kept)

    with doors.listen("127.0.0.1", 0, kept) as again:
        assert again.getsockname()[1] == port

    kept.write_text("eighty")
    with pytest.raises(ConfigError, match="port number"):
        doors.listen("127.0.0.1", 0, kept)
