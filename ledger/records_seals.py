"""Entries about what a seal looks like: its imprint sample, its registration, later comparisons.

A sample is pressed and photographed at the machine by two persons. One township person drafts a
registration from it, another one releases it; the newest release of a seal holds until the seal
is void. Every later sample is compared with it. What the seal says is committed to: a name seal
says a person's name, and a number is what forgers look for.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.records import Hash, Identifier, Milliseconds, PhotoRef, Positive, Record

SealShape = Literal["round", "oval", "square"]
SampleResult = Literal["same", "another", "unclear"]
SampleReason = Literal[
    "strokes",  # every legible stroke is the specimen's
    "named",  # it is another registered seal, which `named` says
    "other-strokes",  # the specimen lies over it, and other strokes stand somewhere
    "unlike",  # nothing of the specimen is there, although all of the impression can be seen
    "shape",  # one is square, the other is not
    "not-legible",  # too little can be seen of it to tell
    "none",  # no red impression is on the photo
    "damaged",  # the photo or the specimen cannot be used
]
Permille = Annotated[int, Meta(ge=0, le=1000)]
TenthMillimetres = Annotated[int, Meta(ge=50, le=1500)]


class SealSample(Record, frozen=True, kw_only=True):
    """Two persons pressed the seal on a sheet behind the opened hatch; `sample` is its photo."""

    kind = "seal-sample"
    authors = ("device",)
    permit: Identifier
    seal: Identifier
    hatch: Hash
    by: Identifier
    second: Identifier
    sample: PhotoRef


class SealRegistration(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A registration is drafted; or, with `released_by`, another person's draft holds from now.

    Args:
        version: of the seal; its release has the draft's.
        sample: of a draft: hash of the entry whose photo shows the imprint (a `seal-sample`, a
            `handover`, a `takeout` that returned).
        width, height: of a draft: tenths of a millimetre; a round seal has both alike.
        specimen: of a draft: its ink alone, cut from that photo, as a PNG.
        words_commitment: of a draft: name, ring_text, line, number.
        asked: of a release: hash of the draft.
        from_ms: of a release: since when it holds.
    """

    kind = "seal-registration"
    authors = ("gateway",)
    machine: Identifier
    seal: Identifier
    version: Positive
    by: Identifier
    sample: Hash | None = None
    shape: SealShape | None = None
    width: TenthMillimetres | None = None
    height: TenthMillimetres | None = None
    specimen: PhotoRef | None = None
    words_commitment: Hash | None = None
    asked: Hash | None = None
    released_by: Identifier | None = None
    from_ms: Milliseconds | None = None


class SampleCheck(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The gateway compared a sample with the registration that held when it came.

    Args:
        sample: hash of the entry whose photo was looked at.
        registration: hash of the release that it was compared with.
        named: the other registered seal of this machine that it is.
        agreeing, seen: of the specimen's strokes, in thousandths: legible ones that agree, and
            those that are legible at all.
    """

    kind = "sample-check"
    authors = ("gateway",)
    machine: Identifier
    seal: Identifier
    sample: Hash
    registration: Hash
    result: SampleResult
    reason: SampleReason
    named: Identifier | None = None
    agreeing: Permille | None = None
    seen: Permille | None = None


SEAL_ENTRY_RECORDS: tuple[type[Record], ...] = (SealSample, SealRegistration, SampleCheck)
SEAL_KINDS: tuple[str, ...] = tuple(record.kind for record in SEAL_ENTRY_RECORDS)
