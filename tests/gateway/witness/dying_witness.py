"""A witness that is killed by the system at one moment of its work.

The first argument names it: `before` or `after` its memory was replaced; the second is how many
requests are answered first; the others are those of seal-gateway.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gateway.cli import main


def doom(moment: str, spared: int) -> None:
    """Kill this process around the replacement of a cosigned checkpoint."""
    renamed = 0

    def strike(event: str, args: tuple[object, ...]) -> None:
        nonlocal renamed
        if event == "os.rename" and Path(str(args[1])).name == "checkpoint":
            renamed += 1
            if moment == "before" and renamed > spared:
                os.kill(os.getpid(), signal.SIGKILL)
        # Python tells of the rename before it happens; the folder is opened after it.
        if event == "open" and renamed > spared and str(args[0]).endswith(HASH_END):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(strike)


HASH_END = sys.argv[3]

if __name__ == "__main__":
    doom(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[4:])
