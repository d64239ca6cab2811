"""One-time codes: having one made is an entry, for the right office alone."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands_keys import IssueCode
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from tests.gateway.key_acts import Keys

Town = Any


@pytest.fixture
def keys(town: Town) -> Keys:
    return Keys(town).found()


def test_issuing_a_code_is_an_entry_of_who_and_for_which_machine(keys: Keys) -> None:
    keys.town.account("chief", "administrator")

    index = keys.town.order(IssueCode(by="chief", machine="m-1", hours=24)).answer

    said = keys.town.entries()[-1]
    assert (said.index, said.kind) == (index, "enrolment-code")
    assert (said.body.machine, said.body.hours, said.body.by) == ("m-1", 24, "chief")


def test_code_is_refused_without_office_or_machine(keys: Keys) -> None:
    keys.town.account("watcher", "auditor")
    before = len(keys.town.entries())

    with pytest.raises(NotAllowedError):
        keys.town.order(IssueCode(by="watcher", machine="m-1", hours=24))
    with pytest.raises(NotFoundError):
        keys.town.order(IssueCode(by="cli-x", machine="m-9", hours=24), operator=True)

    assert len(keys.town.entries()) == before


def test_code_is_refused_in_a_log_that_began_without_its_keys(desk: Town) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        desk.order(IssueCode(by="chief", machine="m-1", hours=24))

    assert caught.value.reason == "not-founded"
