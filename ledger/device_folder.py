"""Device folder: reads what `seal-device export` wrote. Nothing that is read is believed."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.mirror import UnreachableError
from ledger.receipts import SUFFIX
from ledger.verify_device import Export

_SEQ = re.compile(r"[0-9]{12}", re.ASCII)


def read(folder: Path) -> Export:
    """Return the entries, receipts and acknowledgements of an export.

    Raises:
        UnreachableError: no export, or a file in it that cannot be read or is named otherwise.
    """
    if not (folder / "entries").is_dir():
        raise UnreachableError(
            f"expected the folder that seal-device export wrote, found no {folder / 'entries'}"
        )
    return Export(
        entries=_by_seq(folder / "entries", ".dsse"),
        receipts=_by_seq(folder / "receipts", SUFFIX),
        acknowledgements=tuple(_by_seq(folder / "acks", ".dsse").values()),
    )


def _by_seq(folder: Path, suffix: str) -> dict[int, bytes]:
    found = {}
    try:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            name = path.name.removesuffix(suffix)
            if path.name == name or not _SEQ.fullmatch(name):
                raise UnreachableError(
                    f"expected twelve digits and {suffix} in {folder}, found {path.name}: it is "
                    "no file of an export"
                )
            found[int(name)] = path.read_bytes()
    except OSError as error:
        raise UnreachableError(f"expected to read {folder}: {error}") from error
    return found
