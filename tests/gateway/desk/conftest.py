"""A township with a policy, and people of every office that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.commands import DraftPolicy, ReleasePolicy
from tests.gateway.sample_policy import TOGETHER, sample

Town = Any
POLICY = sample('name = "清溪镇审批办法"\nsource = "示例"', 10, "支出", "A-1", TOGETHER)


def enact(town: Town, text: str = POLICY, from_date: str = "2020-01-01") -> int:
    """Draft a policy by one person and have another one release it; return its version."""
    version = town.order(DraftPolicy(by="chief", file=text.encode(), from_date=from_date)).answer
    town.order(ReleasePolicy(by="checker", version=version))
    return int(version)


@pytest.fixture
def people(desk: Town) -> Town:
    """Return the township with people of every office and no policy yet."""
    desk.account("checker", "auditor")
    desk.account("dong", "director")
    desk.account("shu", "secretary")
    desk.account("zhan", "station")
    return desk


@pytest.fixture
def ruled(people: Town) -> Town:
    """Return the township with its policy in force."""
    enact(people)
    return people


@pytest.fixture
def release_policy() -> Callable[..., int]:
    """Return `enact`."""
    return enact
