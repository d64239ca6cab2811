"""Photographs of the page: grabbed, judged, hashed, encrypted and kept; the plain JPEG never is.

Owned by the `eyes` thread. A photo that cannot serve as evidence is refused while the paper is
still there; what is returned lies encrypted and durable on the disk.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import structlog
from msgspec import Struct, structs

from device import verdicts
from hardware.errors import HardwareError
from hardware.interfaces import Camera
from vision.decoding import Image, decode
from vision.document import mirrored
from vision.duplicates import likeliest_in_mirror
from vision.errors import ImageRefusedError
from vision.findings import UNUSABLE, Finding, Reason
from vision.page import Page, is_blank
from vision.preview import preview
from vision.quality import Quality, judge, same_frame
from vision.tray import Tray

_UNFINISHED = ".part"
_SAMPLED = 4  # every so many pixels: noise makes each of them unique
_REMEMBERED = 4096  # pictures, previews among them: a quarter of an hour while somebody looks
_NOTED = {
    Reason.GLARE: Finding.GLARE,
    Reason.OVEREXPOSED: Finding.OVEREXPOSED,
    Reason.COARSE: Finding.COARSE,
    Reason.PAGE_EDGE: Finding.PAGE_EDGE,
}
_BEST = (Finding.PAGE_SAME, Finding.PAGE_UNCLEAR, Finding.PAGE_OTHER)

log = structlog.get_logger()


class PhotoUnusableError(HardwareError):
    """The photo cannot serve; nothing was kept.

    `reasons` are the words of `vision.findings.Reason`, worst first; `reason` is the first.
    """

    code: ClassVar[str] = "photo-unusable"
    hint: ClassVar[str] = "Put right what the reason names and take the photo again."

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"expected a photo that can be read, found: {', '.join(reasons)}")
        self.reasons = reasons
        self.reason = reasons[0]


class PhotoStoreError(HardwareError):
    """The encrypted photo could not be written; without it nothing may open."""

    code: ClassVar[str] = "photo-store-full"
    hint: ClassVar[str] = "Free or replace the disk; the machine stays locked."


class Preview(Struct, frozen=True, kw_only=True):
    """One look through the camera: a JPEG of at most 40 KB for the screen, and the judgement."""

    jpeg: bytes
    quality: Quality


class Taken(Struct, frozen=True, kw_only=True):
    """One photo that was kept.

    Args:
        sha256, size: of the JPEG; hex and bytes.
        sealed_sha256, sealed_size: of its encrypted file, which is named `sealed_sha256`.
        findings: words of `vision.findings.Finding`, in the order of that enum.
        jpeg: the plain bytes, in memory only.
    """

    sha256: str
    size: int
    sealed_sha256: str
    sealed_size: int
    width: int
    height: int
    findings: tuple[str, ...]
    jpeg: bytes


class Capture:
    """Takes the photos of one machine. Not thread-safe: its caller owns it."""

    def __init__(
        self,
        camera: Camera,
        seal: Callable[[bytes], bytes],
        folder: Path,
        tray: Tray | None = None,
    ) -> None:
        """Prepare `folder` and drop what a power cut left unfinished in it.

        Args:
            seal: encrypts to the recipients that may read photos.
            tray: the scale of pictures of one size; those of another have none.

        Raises:
            PhotoStoreError: the folder cannot be used.
        """
        self._camera = camera
        self._seal = seal
        self._folder = folder
        self._tray = tray
        self._previous: Image | None = None
        self._seen: dict[bytes, None] = {}  # digests of earlier pictures, the oldest first
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for unfinished in folder.glob(f"*{_UNFINISHED}"):
                unfinished.unlink()
        except OSError as error:
            raise _store_error(folder, error) from error

    def look(self) -> Preview:
        """Return what the camera sees now; nothing is kept.

        Raises:
            CameraError: no picture.
            PhotoUnusableError: the bytes were no picture (`damaged`).
        """
        _, image, quality = self._grab()
        return Preview(jpeg=preview(image, quality), quality=quality)

    def glance(self) -> None:
        """Make sure that the camera gives pictures, without looking at them.

        Raises:
            CameraError: no picture.
        """
        self._camera.grab()

    def take(self, page_expected: bytes | None = None) -> Taken:
        """Photograph the page and keep the photo, encrypted and durable on return.

        Args:
            page_expected: JPEG or PNG of the page that was approved; the findings then say
                whether this is it. Whether to go on is the caller's decision.

        Raises:
            CameraError: no picture.
            PhotoUnusableError: damaged, black, frozen, blurred, or no page in view.
            PhotoStoreError: the file could not be made durable.
        """
        return self.find(() if page_expected is None else (page_expected,))[0]

    def find(self, pages: Sequence[bytes]) -> tuple[Taken, bytes]:
        """Take one photo as `take` does, and return it with the page that it shows.

        Args:
            pages: JPEG or PNG of each page that may lie there. The findings say of the best one
                whether this is it; without any, nothing is said and the page is empty.

        Raises:
            CameraError, PhotoUnusableError, PhotoStoreError: as `take`.
        """
        jpeg, image, quality = self._grab_usable()
        findings = _notes(quality)
        if is_blank(image, quality.page):
            findings.add(Finding.BLANK)
        shown, about = _best(pages, image, quality.page)
        if shown and Finding.PAGE_OTHER not in about:
            about = about | verdicts.stamped_since(shown, image, quality.page)
        return self._keep(jpeg, image, findings | about), shown

    def take_after(self, before: Taken, approved: bytes = b"") -> Taken:
        """Photograph the page after the press; the findings compare it with `before`.

        Args:
            approved: JPEG or PNG of the approved page, if it is another picture than `before`.

        What cannot be judged is said, and the photo kept all the same.

        Raises:
            CameraError, PhotoUnusableError, PhotoStoreError: as `take`.
        """
        jpeg, image, quality = self._grab_usable()
        findings = _notes(quality) | verdicts.after(
            before.jpeg,
            image,
            quality.page,
            approved=approved,
            tray=self._tray_under(image),
        )
        return self._keep(jpeg, image, findings)

    def close(self) -> None:
        """Release the camera; never raises."""
        self._camera.close()

    def _grab_usable(self) -> tuple[bytes, Image, Quality]:
        self._fetch()  # frozen shows only in two pictures, and the last one may be from before
        jpeg, image, quality = self._grab()
        if not quality.usable:
            reasons = sorted(quality.reasons, key=lambda reason: reason not in UNUSABLE)
            raise PhotoUnusableError(tuple(str(reason) for reason in reasons))
        return jpeg, image, quality

    def _grab(self) -> tuple[bytes, Image, Quality]:
        jpeg, image, again = self._fetch()
        quality = judge(image)
        if again is Reason.FROZEN or (again is Reason.REPLAYED and quality.usable):
            quality = _with(again, quality)  # two black pictures are alike
        return jpeg, image, quality

    def _fetch(self) -> tuple[bytes, Image, Reason | None]:
        """Return the next picture, and whether it was given before: `FROZEN` or `REPLAYED`."""
        jpeg = self._camera.grab().jpeg
        try:
            image = decode(jpeg)
        except ImageRefusedError as error:
            raise PhotoUnusableError((str(Reason.DAMAGED),)) from error
        again = None
        if self._previous is not None and same_frame(self._previous, image):
            again = Reason.FROZEN
        elif self._seen_before(image):
            again = Reason.REPLAYED
        self._previous = image
        return jpeg, image, again

    def _tray_under(self, image: Image) -> Tray | None:
        """The tray, None for a picture of another size; that is said once and ends its use."""
        if self._tray is not None and not self._tray.holds_for(image):
            found = f"{image.shape[1]}x{image.shape[0]}"
            log.warning("tray_not_used", expected=self._tray.image_px, found=found)
            self._tray = None
        return self._tray

    def _seen_before(self, image: Image) -> bool:
        """Tell whether this picture was given before, and remember it."""
        digest = hashlib.blake2b(image[::_SAMPLED, ::_SAMPLED].tobytes(), digest_size=16).digest()
        known = digest in self._seen
        self._seen[digest] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return known

    def _keep(self, jpeg: bytes, image: Image, findings: set[Finding]) -> Taken:
        sealed = self._seal(jpeg)
        sealed_sha256 = hashlib.sha256(sealed).hexdigest()
        try:
            _write_durably(self._folder / sealed_sha256, sealed)
        except OSError as error:
            raise _store_error(self._folder, error) from error
        return Taken(
            sha256=hashlib.sha256(jpeg).hexdigest(),
            size=len(jpeg),
            sealed_sha256=sealed_sha256,
            sealed_size=len(sealed),
            width=image.shape[1],
            height=image.shape[0],
            findings=tuple(str(finding) for finding in Finding if finding in findings),
            jpeg=jpeg,
        )


def _with(reason: Reason, quality: Quality) -> Quality:
    return structs.replace(quality, reasons=(reason, *quality.reasons))


def _notes(quality: Quality) -> set[Finding]:
    """What is not perfect about a photo that is used all the same."""
    return {_NOTED[reason] for reason in quality.reasons if reason in _NOTED}


def _decoded(page: bytes) -> Image | None:
    """The picture of an approved page; None if it cannot be read."""
    try:
        return decode(page)
    except ImageRefusedError as error:
        log.warning("reference_page_unreadable", expected=error.expected, found=error.found)
        return None


def _best(pages: Sequence[bytes], seen: Image, page: Page | None) -> tuple[bytes, set[Finding]]:
    """Return which of the approved pages `seen` shows best, and what is to be said of it.

    Raises:
        PhotoUnusableError: it is the filed photo itself.
    """
    shown, best = b"", len(_BEST)
    about: set[Finding] = set()
    for jpeg in pages:
        approved = _decoded(jpeg)
        if approved is not None and same_frame(approved, seen):
            raise PhotoUnusableError((str(Reason.REPLAYED),))
        found = _page_findings(approved, seen, page)
        rank = next(place for place, word in enumerate(_BEST) if word in found)
        if rank < best:
            shown, best, about = jpeg, rank, found
        if best == 0:
            return shown, about
    sought = (one for one in map(_decoded, pages) if one is not None)
    likeliest = likeliest_in_mirror(sought, seen) if len(pages) > 1 else next(sought, None)
    if likeliest is not None and mirrored(likeliest, seen):
        about = {Finding.PAGE_OTHER, Finding.PAGE_MIRRORED}
    return shown, about


def _page_findings(approved: Image | None, seen: Image, page: Page | None) -> set[Finding]:
    if approved is None:
        return {Finding.PAGE_UNCLEAR}
    return verdicts.of_page(approved, seen, page)


def _write_durably(path: Path, data: bytes) -> None:
    """Write `data` so that it survives a power cut: file, name and folder are synced."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _store_error(folder: Path, error: OSError) -> PhotoStoreError:
    return PhotoStoreError(
        f"expected room for a photo in {folder}, found: {error.strerror}; free or replace the disk"
    )
