"""Logs: what a program that is killed has written of a line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

SAYING = """
import structlog
from ledger import logs
logs.configure()
structlog.get_logger().info("first")
structlog.get_logger().info("second")
"""


def test_a_line_and_its_end_are_written_at_once() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # a packet for each write
    with ours, theirs:
        subprocess.run(
            [sys.executable, "-c", SAYING],
            stderr=theirs,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            check=True,
        )
        written = [ours.recv(4096) for _ in range(2)]

    assert [b"first" in written[0], b"second" in written[1]] == [True, True]
    assert all(one.endswith(b"\n") for one in written)
