"""Trusting: what the county's monitor believes of each township, from the configuration alone."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigError
from gateway.witness.config import WatchedConfig, WitnessConfig, watched
from ledger import codec, policy
from ledger.errors import LedgerError
from ledger.policy import Policy
from ledger.signers import keyfile
from ledger.trusted_heads import Trust
from ledger.verify_heads import LogKeys, log_key


def trust(config: WitnessConfig, town: WatchedConfig) -> Trust:
    """Return what is believed of one township.

    Raises:
        ConfigError: a record or policy cannot be read, or nothing says whose keys count.
    """
    records = _records(config.monitor.keys)
    if not records and not town.founding:
        raise ConfigError(
            "expected [monitor] keys = a folder with the county's key record, or founding = a "
            f"hash for {town.name}, found neither: they say whose entries count"
        )
    keys = watched(config).townships[town.name]
    return Trust(
        log_keys=LogKeys(tuple(log_key(key) for key in keys)),
        records=records,
        policy=_policy(town.policy),
        founding=town.founding,
    )


def _records(folder: Path | None) -> tuple[bytes, ...]:
    if folder is None:
        return ()
    if not folder.is_dir():
        raise ConfigError(f"monitor.keys: expected a folder of key records at {folder}")
    try:
        paths = sorted(folder.glob("*.json"))
        return tuple(codec.encode_message(keyfile.read_record(path)) for path in paths)
    except LedgerError as error:
        raise ConfigError(f"monitor.keys: {error}") from error


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return policy.parse(path.read_bytes())
    except (OSError, LedgerError) as error:
        raise ConfigError(f"logs.policy: {path}: {error}") from error
