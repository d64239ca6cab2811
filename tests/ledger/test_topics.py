"""Topics: one spelling, taken apart and put together again."""

from __future__ import annotations

import pytest

from ledger import topics
from ledger.errors import MalformedError
from ledger.topics import Leaf, Topic

TOWNSHIP = "420625103000"


@pytest.mark.parametrize("leaf", list(Leaf))
def test_every_topic_is_read_as_it_was_written(leaf: Leaf) -> None:
    for count in topics.RULES[leaf].levels:
        topic = Topic(TOWNSHIP, "m-1", leaf, ("a" * 64, "init")[:count])

        assert topics.parse(str(topic)) == topic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "seal/v1",
        f"seal/v2/{TOWNSHIP}/m-1/entry",
        "seal/v1/42/m-1/entry",
        f"seal/v1/{TOWNSHIP}/m.1/entry",
        f"seal/v1/{TOWNSHIP}/m-1/unknown",
        f"seal/v1/{TOWNSHIP}/m-1/entry/more",
        f"seal/v1/{TOWNSHIP}/m-1/opening",
        f"seal/v1/{TOWNSHIP}/m-1/opening/{'a' * 65}",
        f"seal/v1/{TOWNSHIP}/+/entry",
        f"seal/v1/{TOWNSHIP}/m-1\n/entry",
    ],
)
def test_a_foreign_topic_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        topics.parse(text)


def test_filters_name_every_topic_of_their_direction_once() -> None:
    up = topics.filters("up", TOWNSHIP, "+")
    down = topics.filters("down", TOWNSHIP, "m-1")

    assert len(up) + len(down) == len(Leaf)
    assert f"seal/v1/{TOWNSHIP}/+/photo/#" in up
    assert down[f"seal/v1/{TOWNSHIP}/m-1/permit/#"] == 1
