"""A person's words on a request reach the clerk's screen, if the answer commits to them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from ledger import disclosure
from ledger.messages import AnswerWords
from ledger.records import Refusal
from ledger.topics import Leaf
from tests.device.model_gateway import GATEWAY, MACHINE, SEAL

SAID = "请补上村民代表会议记录"


def returned(rig: Any, **changes: Any) -> tuple[Refusal, AnswerWords]:
    """Have a request returned, and give the answer with the words that belong to it."""
    request = rig.file()
    rig.until(lambda view: view.undelivered == 0)
    fields, opened = disclosure.withhold({"text": SAID})
    answer = Refusal(
        about=request.request, permit=None, matter="CM-09", seal=SEAL, reason="returned",
        list_version=1, filed_by="c-1", by="a-1", text_commitment=fields["text_commitment"],
    )  # fmt: skip
    rig.gateway._enter(Leaf.ANSWER, request.request, answer)
    rig.until(lambda view: view.requests[0].state == "refused")
    words = AnswerWords(
        gateway=GATEWAY, device=MACHINE, entry=rig.gateway.own.sha256, name="text",
        salt=opened["text"].salt, value=SAID, at_ms=1,
    )  # fmt: skip
    return answer, structs.replace(words, **changes)


def test_words_of_a_return_are_shown_and_outlive_a_restart(rig: Any) -> None:
    _, words = returned(rig)

    rig.gateway._send(Leaf.ANSWER, (words.entry,), words)

    assert rig.until(lambda view: view.requests[0].reason_text).requests[0].reason_text == SAID
    rig.stop_agent()
    rig.start_agent()
    assert rig.until(lambda _: True).requests[0].reason_text == SAID


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "不用补了"}, {"salt": "00" * 16}, {"salt": "x"}, {"name": "note"},
        {"entry": "e" * 64}, {"device": "m-2"},
    ],
)  # fmt: skip
def test_words_that_the_answer_does_not_commit_to_are_not_shown(
    rig: Any, changes: dict[str, str]
) -> None:
    _, words = returned(rig, **changes)

    rig.gateway._send(Leaf.ANSWER, (words.entry,), words)
    rig.settled()

    assert rig.until(lambda _: True).requests[0].reason_text == ""


def test_words_that_were_erased_are_shown_no_more(rig: Any) -> None:
    _, words = returned(rig)
    rig.gateway._send(Leaf.ANSWER, (words.entry,), words)
    rig.until(lambda view: view.requests[0].reason_text)

    rig.gateway._tell(Leaf.ANSWER, (words.entry,), b"")

    rig.until(lambda view: view.requests[0].reason_text == "")
