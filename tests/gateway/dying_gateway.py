"""A gateway process in which something that nobody foresaw strikes one of its threads.

The first argument names the thread; the others are those of seal-gateway.
"""

from __future__ import annotations

import ctypes
import sys
import threading

from gateway.cli import main


class ForeignError(Exception):
    """What no part of the gateway expects."""


def strike(name: str) -> None:
    """Raise in the thread of this name, as soon as it works, until it has ended."""
    line = sys.stdin.readline()  # the starter says when
    assert line
    (victim,) = (one for one in threading.enumerate() if one.name == name)
    while victim.is_alive():
        ident = ctypes.c_ulong(victim.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(ForeignError))
        victim.join(0.2)


if __name__ == "__main__":
    threading.Thread(target=strike, args=(sys.argv[1],), name="fate", daemon=True).start()
    main(sys.argv[2:])
