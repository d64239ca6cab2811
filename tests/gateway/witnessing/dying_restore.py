"""A restore that is killed by the system at one moment of its work.

The first argument is an audit event, the second how the name of its file ends; the others are
those of seal-gateway.
"""

from __future__ import annotations

import os
import signal
import sys

from gateway.cli import main


def doom(event_name: str, end: str) -> None:
    """Kill this process when that happens to such a file."""

    def strike(event: str, args: tuple[object, ...]) -> None:
        if event == event_name and any(str(one).endswith(end) for one in args[:2]):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(strike)


if __name__ == "__main__":
    doom(sys.argv[1], sys.argv[2])
    main(sys.argv[3:])
