"""The village's resolved list as the journal keeps it: what the kiosk and the agent answer from."""

from __future__ import annotations

from device.journal import Journal
from ledger import codec, envelope
from ledger.messages import VillageList


class ListCache:
    """The village's resolved list, decoded once per version."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._raw: bytes | None = None
        self._list: VillageList | None = None

    def __call__(self) -> VillageList | None:
        """Return the newest list that the gateway sent, or None."""
        raw = self._journal.get("list")
        if raw is not None and raw != self._raw:
            taken = envelope.parse(raw, envelope.LARGEST_LIST)
            record = codec.decode_message(taken.payload_type, taken.payload)
            self._list = record if isinstance(record, VillageList) else None
            self._raw = raw
        return self._list


def list_time_ms(journal: Journal) -> int:
    """Return when the kept list was made, 0 without one."""
    found = ListCache(journal)()
    return 0 if found is None else found.at_ms
