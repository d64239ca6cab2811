"""Sockets that listen for HTTP: quick to answer, and honest about a taken address."""

from __future__ import annotations

import socket

import pytest

from ledger.listening import listen


def test_what_is_accepted_sends_without_delay() -> None:
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as taken,
    ):
        found = taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert found == 1


def test_taken_address_is_an_os_error() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])
