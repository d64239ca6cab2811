"""What may be ordered about how seals look; see `gateway.commands`."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores.registrations import SealWords
from ledger.records import PhotoRef
from ledger.records_seals import SampleReason, SampleResult, SealShape


class DraftRegistration(Struct, frozen=True, kw_only=True):
    """Draft the registration of a seal from an imprint sample. Answer: the draft's hash.

    Args:
        sample: hash of the entry whose photo shows the imprint.
        width, height: tenths of a millimetre.
        specimen, sealed: the picture cut from that photo, and its encrypted bytes.
    """

    by: str
    machine: str
    seal: str
    sample: str
    words: SealWords
    shape: SealShape
    width: int
    height: int
    specimen: PhotoRef
    sealed: bytes


class ReleaseRegistration(Struct, frozen=True, kw_only=True):
    """Release another person's draft (its hash); it holds from now. Answer: the entry's index."""

    by: str
    draft: str


class KeepSampleCheck(Struct, frozen=True, kw_only=True):
    """Write down how a sample compares with its seal's registration. Answer: the entry's index,
    None if it was compared before.

    Args:
        sample, registration: hashes of the entry with the photo, and of the release.
        agreeing, seen: thousandths of the specimen's strokes.
    """

    by: str
    sample: str
    registration: str
    result: SampleResult
    reason: SampleReason
    named: str | None = None
    agreeing: int | None = None
    seen: int | None = None


SealOrder = DraftRegistration | ReleaseRegistration | KeepSampleCheck
