"""What must be on the disk before a grant leaves the agent, read from its own system calls."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.campaign.killing import Call
from hardware import frames
from hardware.errors import FrameError
from hardware.firmware import registers
from sim.judge.bus import WAVESHARE_PULSE

LOOKED_AT = "pwrite64,write,fdatasync,fsync"
_DATA = re.compile(r', "((?:[^"\\]|\\.)*)"')
_JOURNAL, _PHOTO = "journal.db-wal", ".part"


def unsynced_grants(calls: Iterable[Call]) -> tuple[int, list[str]]:
    """Return how many grants left, and what was not on the disk when one of them did."""
    grants, problems = 0, []
    written: set[str] = set()
    journaled = False
    for call in calls:
        if call.name in ("fdatasync", "fsync") and call.rest.endswith("= 0"):
            written.discard(call.path)
            journaled |= call.path.endswith(_JOURNAL)
        elif call.path.startswith("/dev/pts/"):
            if _is_grant(call):
                grants += 1
                problems += [f"{path} was not synced before grant {grants}" for path in written]
                problems += [] if journaled else [f"no journal was synced before grant {grants}"]
                journaled = False
        elif call.path.endswith((_JOURNAL, _PHOTO)):
            written.add(call.path)
    return grants, problems


def _is_grant(call: Call) -> bool:
    found = _DATA.search(call.rest)
    if call.name != "write" or found is None:
        return False
    frame = found[1].encode("latin-1").decode("unicode_escape").encode("latin-1")
    try:
        request = frames.parse_request(frames.decode(frame)[1])
    except FrameError:
        return False
    if request.function == frames.WRITE_COIL:
        return request.address == WAVESHARE_PULSE
    is_command = request.function == frames.WRITE_REGISTERS and request.address == registers.COMMAND
    return is_command and request.values[1] in (registers.UNLOCK, registers.STROKE_NOW)
