"""Export: the device's log as plain files, so that anybody can check it without us.

`entries/%012d.dsse` by seq, `openings/` and `photos/` encrypted as they are sent, `acks/` the
newest acknowledgement, `receipts/%012d.tlog-proof` the proof that an entry stands in the public
log, `keys/` the key records.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from device.config import DeviceConfig
from device.errors import JournalError
from device.journal_file import Snapshot, snapshot
from ledger import receipts

FOLDERS = ("entries", "openings", "photos", "acks", "receipts", "keys")


def export(config: DeviceConfig, target: Path) -> int:
    """Write the log into an empty or new folder and return the number of entries.

    The agent may run meanwhile: what is exported is the state at one moment.

    Raises:
        JournalError: no log there, or the folder cannot be written.
    """
    path = config.state / "journal.db"
    if not path.exists():
        raise JournalError(f"expected a journal at {path}, found none: has the agent run once?")
    if target.exists() and any(target.iterdir()):
        raise JournalError(f"expected an empty folder at {target}, found files in it")
    try:
        for folder in FOLDERS:
            (target / folder).mkdir(parents=True, exist_ok=True)
        for record in {*config.keys.trusted.glob("*.json"), config.keys.record}:
            shutil.copy(record, target / "keys")
        with snapshot(path) as log:
            return _write(log, config.state / "photos", target)
    except OSError as error:
        raise JournalError(f"expected to write {target}, found: {error}") from error


def _write(log: Snapshot, photos: Path, target: Path) -> int:
    if log.acknowledgement is not None:
        (target / "acks" / f"{log.acked:012d}.dsse").write_bytes(log.acknowledgement)
    for name in log.photos:
        if (photos / name).exists():
            shutil.copy(photos / name, target / "photos" / f"{name}.age")
    for sha256, sealed in log.openings:
        (target / "openings" / f"{sha256}.age").write_bytes(sealed)
    for seq, receipt in log.receipts:
        (target / "receipts" / f"{seq:012d}{receipts.SUFFIX}").write_bytes(receipt)
    count = 0
    for seq, raw in log.entries:
        (target / "entries" / f"{seq:012d}.dsse").write_bytes(raw)
        count += 1
    return count
