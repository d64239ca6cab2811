"""Listening sockets for what people and programs ask over HTTP."""

from __future__ import annotations

import socket


def listen(host: str, port: int, backlog: int = 128) -> socket.socket:
    """Return a TCP socket that listens; connections taken from it send without delay.

    asyncio sets TCP_NODELAY only where a socket names its protocol, which `create_server` leaves
    at 0: a server then sends its header, and the body 40 ms later, when the other side's delayed
    acknowledgement has come. The option is inherited by what is accepted (Linux, tcp(7)).

    Args:
        port: 0 takes a free one.

    Raises:
        OSError: the address is taken or is none of ours.
    """
    listener = socket.create_server((host, port), backlog=backlog)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
