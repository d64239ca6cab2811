"""Offices of a village see and decide what its own machines filed, and nothing of another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.web.served.policies import enact


@pytest.fixture
def both(world: Any, pages: Any) -> tuple[str, str]:
    """File one request in each village; return their hashes."""
    enact(world)
    own, other = (
        world.waiting(world.machines[name], world.photo(pages[0][0]), amount=1, applicant=who)
        for name, who in (("m-1", "陈玉兰"), ("m-2", "王建国"))
    )
    return own, other


def test_a_director_sees_the_requests_of_the_own_village_alone(
    world: Any, site: Any, both: tuple[str, str]
) -> None:
    own, other = both
    console, township = site("zhou"), site("zheng")

    for path in ("/approvals", "/", "/api/v1/requests"):
        assert other not in console.get(path).text and own in console.get(path).text, path
        assert other in township.get(path).text, path
    assert console.get(f"/approvals/{own}").status_code == 200
    assert console.get(f"/approvals/{other}").status_code == 404
    assert console.get(f"/api/v1/requests/{other}").status_code == 404
    assert township.get(f"/approvals/{other}").status_code == 200


def test_a_director_sees_no_photo_and_decides_nothing_of_another_village(
    world: Any, site: Any, both: tuple[str, str]
) -> None:
    console = site("zhou")
    with world.app.reader() as reader:
        photos = [reader.request(one).pages[0].sealed_sha256 for one in both]

    answers = [console.get(f"/photos/{one}").status_code for one in photos]
    decided = console.post(f"/approvals/{both[1]}", {"decision": "approve"})

    assert answers == [200, 404]
    assert decided.status_code == 404
    with world.app.reader() as reader:
        assert reader.request(both[1]).approvals == ()
