"""Sights: what the gateway's eyes saw on the two photos of a use, beside the log.

A sight is derived from photos and openings and holds personal data: it is in no entry, is never
published, and goes in the very transaction that erases a photo or an opening it was made from.
Places are pixels (x, y) of the photo they belong to, clockwise from top left.
"""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

Corners = tuple[tuple[float, float], ...]
Verdict = Literal["match", "mismatch", "unclear"]
# Of a new impression: the seal of the permit, another registered one, read surely as none of
# them, or a person has to look.
SealVerdict = Literal["match", "other", "foreign", "unclear"]

MOST_TRIES = 3  # looks that broke off, as by a power cut, after which a use is given up


class PhotoSight(Struct, frozen=True, kw_only=True):
    """One photo.

    Args:
        width_px, height_px: upright, as its EXIF orientation says; 0: it could not be decoded.
        page: the paper's four corners; None: none was seen, or the whole picture is page.
    """

    sealed_sha256: str
    width_px: int = 0
    height_px: int = 0
    page: Corners | None = None


class SealSight(Struct, frozen=True, kw_only=True):
    """One impression on the photo after.

    Args:
        corners: of its outline, enough to draw it: four of a square, more of a ring.
        text: what was read of it, personal data in a name seal; None: it was not read.
        registered, name: id and name of the registered seal that it is; None: of none, or unknown.
        score: how much it is like the registered seal it is most like, 0..1; None: not compared.
        verdict: of a new impression where seals are registered; None otherwise.
        state: complete, faint, smeared, double, partial, riding-seam.
        color: red, blue, grey (a copy). shape: round, oval, square.
    """

    corners: Corners
    text: str | None
    registered: str | None
    name: str | None
    score: float | None
    verdict: SealVerdict | None
    state: str
    color: str
    shape: str
    is_new: bool


class FieldSight(Struct, frozen=True, kw_only=True):
    """One field of the application beside what the page says.

    Args:
        name: title, org, party, amount or day.
        why: same, other, absent, doubtful, none-read, not-heading, writings-differ.
        asked, seen: personal data; `seen` is what stands in its place, "" for nothing.
        score: how much of it was found, 0..1. corners: where in the photo after; None: nowhere.
    """

    name: str
    asked: str
    seen: str
    score: float
    verdict: Verdict
    why: str
    corners: Corners | None


class Sight(Struct, frozen=True, kw_only=True):
    """What was seen of one use.

    Args:
        entry: hash of the use. request: of the request whose opening was compared, if any.
        seal: the one that the use names.
        new_red: a PNG of one channel, 255 where ink is newly red, over the whole photo after at
            reduced size; None: the photos could not be compared.
        fields, verdict: of the document; no verdict where nothing was compared.
        origin: paper, screen or print. impression: ink, printed or none. None: cannot be told.
        duplicate_of: hash of another use of the very same sheet, under another permit.
        reader_present: whether print could be read; else there are no texts and no fields.
        failed: why nothing could be seen: `damaged-photo`, `broken-off` or `eyes-failed`.
        at_ms, seconds: when the look ended, and how long it took.
    """

    entry: str
    machine: str
    seal: str
    before: PhotoSight
    after: PhotoSight
    request: str | None = None
    seals: tuple[SealSight, ...] = ()
    new_red: bytes | None = None
    fields: tuple[FieldSight, ...] = ()
    verdict: Verdict | None = None
    origin: str | None = None
    impression: str | None = None
    duplicate_of: str | None = None
    reader_present: bool = False
    failed: str | None = None
    at_ms: int
    seconds: float

    @property
    def is_doubtful(self) -> bool:
        """Whether rules have something to say about it."""
        foreign = any(seal.verdict in ("other", "foreign") for seal in self.seals)
        copied = self.origin in ("screen", "print") or self.impression == "printed"
        return self.verdict == "mismatch" or foreign or copied


class SightReader(Protocol):
    """What was seen, and what waits to be looked at."""

    def sight(self, entry_sha256: str) -> Sight | None:
        """Return what was seen of a use; None: not looked at yet, or erased."""
        ...

    def sights_waiting(self, limit: int) -> tuple[tuple[str, str | None], ...]:
        """Return the uses that are to be looked at, newest first, each with its request, if any;
        both by their hashes."""
        ...

    def doubtful_sights(self, since_ms: int) -> tuple[Sight, ...]:
        """Return the doubtful ones since then, oldest first."""
        ...

    def fingerprints(self, machine: str) -> tuple[tuple[str, bytes], ...]:
        """Return the uses of a machine that were looked at, newest first, with the fingerprint
        of their page."""
        ...


class SightWriter(Protocol):
    """The same to the writer."""

    def await_sights(self, start: int = 0, limit: int = ...) -> int | None:
        """Note those of `limit` uses, from an index on, that can be looked at and were not.

        Returns:
            where to go on; None: there are no more.
        """
        ...

    def begin_sight(self, entry_sha256: str) -> int | None:
        """Count a look that begins now and return its number, from 1; None: it does not wait."""
        ...

    def leave_sight(self, entry_sha256: str) -> None:
        """Take back the look that was begun last: it was given up for no fault of the photos."""
        ...

    def put_sight(self, sight: Sight, fingerprint: bytes | None) -> bool:
        """Keep what was seen; False when what it was made from was erased meanwhile, or only then
        came whole."""
        ...
