"""Attempts: how long somebody must wait who failed to sign in. Pure.

Each try is counted durably before it is looked at and forgotten when the sign-in is complete, so
that neither a restart nor many tries at once give anything back.
"""

from __future__ import annotations

from gateway.stores.signin import Attempts

FREE = 6  # tries in a row before an account has to wait; a good sign-in takes two
PAUSE_MS = 60 * 1000  # first pause; it doubles with each further try
LONGEST_PAUSE_MS = 15 * 60 * 1000
MOST_NAMES = 5000  # accounts, known or not, whose tries are remembered


def pause_ms(known: Attempts | None, now_ms: int) -> int:
    """Return how long this account must wait before the next try."""
    if known is None or known.count < FREE:
        return 0
    pause = min(LONGEST_PAUSE_MS, PAUSE_MS << min(known.count - FREE, 10))
    return max(0, min(known.last_ms, now_ms) + pause - now_ms)
