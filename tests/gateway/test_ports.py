"""Ports that are kept: free, and none that the kernel lends to others."""

from __future__ import annotations

import socket
from pathlib import Path

from gateway import ports

LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_chosen_port_can_be_listened_at_and_is_never_lent_to_outgoing_connections() -> None:
    first_lent = int(LENT.read_text().split()[0])

    chosen = ports.choose("127.0.0.1")

    assert chosen < first_lent
    with socket.create_server(("127.0.0.1", chosen)) as listener:
        assert listener.getsockname()[1] == chosen


def test_port_where_somebody_listens_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]

        assert not ports.is_free("127.0.0.1", port)
    assert ports.is_free("127.0.0.1", port)
