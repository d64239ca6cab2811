"""Learned: the keys of townships' logs that were found in the logs themselves.

The witness sees checkpoints alone, never the entries that replace a log's key. The monitor beside
it has judged those, by old key, new key and county, and keeps the result in its own files. Where
there is no network, the public files come on the same stick as the request, and are asked here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from gateway.errors import ConfigError, NotFoundError
from gateway.witness import following
from gateway.witness.config import WitnessConfig
from gateway.witness.visit import Visit, memory
from ledger import growth, named_keys
from ledger.logterms import Named
from ledger.mirror import FolderMirror, this_year, year_logs
from ledger.trusted_heads import claimed


def named(config: WitnessConfig) -> Callable[[str], tuple[Named, ...]]:
    """Return what tells the keys that the log of an origin has named, as known when it is asked.

    Raises:
        ConfigError: what the monitor is to believe of a township cannot be read.
    """
    towns = _towns(config)

    def tell(origin: str) -> tuple[Named, ...]:
        visit = towns.get(origin.rpartition("/")[0])
        return () if visit is None else memory(visit).named or ()

    return tell


def learn(config: WitnessConfig, request: bytes, public: Path) -> None:
    """Learn from a township's public files which keys its log has named, before its request.

    Nothing in them is believed but what gateway, log and county have signed, and nothing that was
    known is forgotten: where they say otherwise, all stays as it was.

    Args:
        request: the body of add-checkpoint, which names the log.
        public: the folder with the township's years, or one year.

    Raises:
        MalformedError: no such request.
        NotFoundError: no township of ours, or nothing says whose keys count there.
        UnreachableError: no log lies in the folder.
    """
    name = claimed(growth.parse(request).note)[0].rpartition("/")[0]
    visit = _towns(config).get(name)
    if visit is None:
        raise NotFoundError(
            f"expected {name} among the logs of the configuration, with the county's key record "
            "([monitor] keys) or founding, found none: give the new key record by hand instead"
        )
    _, mirrors = year_logs(FolderMirror(public), this_year())
    found = named_keys.follow(mirrors, visit.trust, None)
    known = memory(visit)  # read last: a monitor beside us may have learnt more meanwhile
    before = known.named or ()
    if found[: len(before)] == before:
        visit.state.mkdir(parents=True, exist_ok=True)
        known.set_named(found)


def _towns(config: WitnessConfig) -> dict[str, Visit]:
    """Return the townships of which it is known whose entries count; with a monitor, all."""
    if config.monitor.enabled:
        return {one.name: one for one in following.visits(config)}
    towns: dict[str, Visit] = {}
    for town in config.logs:
        with contextlib.suppress(ConfigError):  # key records are exchanged by hand there
            towns[town.name] = following.visit_of(config, town)
    return towns
