"""Sights that rules look at: what the eyes doubted lately.

A sight comes long after its entry, so rules find it when they look at the state of things; its
own transaction ends with such a look.
"""

from __future__ import annotations

from gateway.stores import History
from gateway.stores.sights import Sight

RECENT_MS = 24 * 60 * 60 * 1000  # an alert that failed is raised within this time


def recent(history: History) -> tuple[Sight, ...]:
    """Return the doubtful sights of the last day, oldest first."""
    return history.doubtful_sights(history.now_ms - RECENT_MS)
