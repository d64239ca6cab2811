"""Chain: gaps, repeats and forks are told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from ledger import chain, codec
from ledger.chain import Head
from ledger.codec import Payload
from ledger.errors import ChainError
from ledger.records import Config
from ledger.signers.keyfile import KeyFileSigner


@pytest.fixture
def entries(
    device: KeyFileSigner, start: Callable[[KeyFileSigner], Head]
) -> tuple[Head, list[Payload]]:
    """A head and the three entries that follow it."""
    head = first = start(device)
    made = []
    for at_ms in (1000, 900, 2000):
        position = chain.follow(head, 1, at_ms, None)
        body = Config(config_sha256="a" * 64, version=str(at_ms))
        payload = codec.encode_entry(position, body)
        made.append(codec.decode_entry(codec.payload_type("config"), payload))
        head = chain.advance(head, made[-1])
    return first, made


def test_entries_in_order_advance_the_head(entries: tuple[Head, list[Payload]]) -> None:
    head, made = entries

    for entry in made:
        head = chain.advance(head, entry)

    assert (head.seq, head.sha256) == (3, made[-1].sha256)


def test_time_never_goes_back_along_the_chain(entries: tuple[Head, list[Payload]]) -> None:
    _, made = entries

    assert [entry.position.at_ms for entry in made] == [1000, 1000, 2000]


def test_a_missing_entry_is_a_gap(entries: tuple[Head, list[Payload]]) -> None:
    head, made = entries

    with pytest.raises(ChainError) as caught:
        chain.advance(head, made[1])

    assert caught.value.reason == "gap"


def test_an_older_entry_is_a_repeat(entries: tuple[Head, list[Payload]]) -> None:
    head, made = entries
    head = chain.advance(head, made[0])

    with pytest.raises(ChainError) as caught:
        chain.advance(head, made[0])

    assert caught.value.reason == "repeat"


def test_the_next_entry_on_another_past_is_a_fork(entries: tuple[Head, list[Payload]]) -> None:
    head, made = entries
    other = structs.replace(head, sha256="f" * 64)

    with pytest.raises(ChainError) as caught:
        chain.advance(other, made[0])

    assert caught.value.reason == "fork"


@pytest.mark.parametrize(
    ("change", "reason"), [({"author": "m-2"}, "author"), ({"epoch": 2}, "epoch")]
)
def test_an_entry_of_somebody_else_does_not_continue_the_chain(
    entries: tuple[Head, list[Payload]], change: dict[str, object], reason: str
) -> None:
    head, made = entries

    with pytest.raises(ChainError) as caught:
        chain.advance(structs.replace(head, **change), made[0])

    assert caught.value.reason == reason
