"""Learned: the keys of townships' logs that the monitor has found in the logs themselves.

The witness sees checkpoints alone, never the entries that replace a log's key. The monitor beside
it has judged those, by old key, new key and county, and keeps the result in its own files.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.witness import following
from gateway.witness.config import WitnessConfig
from gateway.witness.visit import Visit, memory
from ledger.logterms import Named


def named(config: WitnessConfig) -> Callable[[str], tuple[Named, ...]]:
    """Return what tells the keys that the log of an origin has named, as known when it is asked.

    Without a monitor it tells of none: key records are exchanged by hand there.

    Raises:
        ConfigError: what is to be believed of a township cannot be read.
    """
    visits = following.visits(config) if config.monitor.enabled else ()
    towns: dict[str, Visit] = {one.name: one for one in visits}

    def tell(origin: str) -> tuple[Named, ...]:
        visit = towns.get(origin.rpartition("/")[0])
        return () if visit is None else memory(visit).named or ()

    return tell
