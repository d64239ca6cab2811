"""What a person wrote on a request goes to its machine, and away again when it is erased."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands import AskErasure, ConfirmErasure
from gateway.register import words
from ledger import codec, disclosure, envelope
from ledger.disclosure import Opened
from ledger.messages import AnswerWords
from tests.gateway.desk.acts import decide, filed
from tests.gateway.machine import TOWNSHIP

Town = Any
SAID = "请补正"


def said(payload: bytes) -> AnswerWords:
    taken = envelope.parse(payload)
    message = codec.decode_message(taken.payload_type, taken.payload)
    assert isinstance(message, AnswerWords)
    return message


@pytest.mark.parametrize(("decision", "field"), [("return", "text"), ("refuse", "note")])
def test_words_follow_the_answer_and_open_its_commitment(
    people: Town, decision: str, field: str
) -> None:
    request = filed(people)

    letters = decide(people, request, "chair", decision).letters

    answer, message = people.entries()[-1], said(letters[1].payload)
    assert letters[1].topic.endswith(f"/m-1/answer/{answer.sha256}")
    assert (message.entry, message.name, message.value) == (answer.sha256, field, SAID)
    opened = disclosure.commitment(Opened(message.salt, message.value))
    assert opened == getattr(answer.body, f"{field}_commitment")


def test_approval_sends_no_words(people: Town) -> None:
    letters = decide(people, filed(people), "chair").letters

    assert all(b"answer-words" not in one.payload for one in letters)


def test_broker_that_forgot_everything_gets_the_words_again(people: Town) -> None:
    decide(people, filed(people), "chair", "return")

    with people.store.reader() as reader:
        (again,) = words.standing(reader, people.log, TOWNSHIP, people.now_ms)

    assert said(again.payload).value == SAID


def test_words_that_were_erased_are_taken_back_and_never_sent_again(people: Town) -> None:
    decide(people, filed(people), "chair", "return")
    answer = people.entries()[-1].sha256
    people.order(AskErasure(by="chief", entry=answer, what="opening", cause="request", whole=False))
    asked = people.entries()[-1].sha256

    letters = people.order(ConfirmErasure(by="checker", asked=asked)).letters

    assert [(one.topic.rsplit("/", 1)[1], one.payload) for one in letters] == [(answer, b"")]
    with people.store.reader() as reader:
        assert list(words.standing(reader, people.log, TOWNSHIP, people.now_ms)) == []
