"""Evidence: fetches the stored bytes around one entry, for the ladder to judge."""

from __future__ import annotations

from collections.abc import Callable

from gateway.errors import StoreError
from gateway.stores import Reader
from gateway.stores.views import LogFilter, PermitView, PhotoView, StoredEntry
from gateway.web.answers import answer
from gateway.web.rungs import Evidence
from ledger.matters import Answer
from ledger.records import Intent, Permit, PhotoRef, Refusal, SealRequest, SealUse

PhotoSource = Callable[[str], bytes | None]


def gather(reader: Reader, entry: StoredEntry, photo: PhotoSource) -> Evidence:
    """Return the bytes to verify an entry with, as they lie in the store now.

    Args:
        photo: gives the decrypted JPEG of an encrypted file, or None; raises StoreError.
    """
    permit_id = getattr(entry.body, "permit", None) or None
    permit = reader.permit(permit_id) if permit_id and _spends(entry) else None
    issued = reader.entry(permit.sha256) if permit else None
    photos = reader.photos(entry.sha256)
    opening = reader.opening(entry.sha256)
    opened, damaged = _open(photos, photo)
    version = _list_version(entry, permit.list_version if permit else None)
    return Evidence(
        sha256=entry.sha256,
        raw=entry.envelope,
        received_ms=entry.received_ms,
        previous=_neighbour(reader, entry, -1),
        following=_neighbour(reader, entry, 1),
        permit=issued.envelope if issued else None,
        revocation=_revocation(reader, permit),
        answer=_answer(reader, entry, version),
        list_version=version or 0,
        photos=opened,
        pages=tuple(_reference(one) for one in photos if one.role == "page"),
        damaged=damaged,
        photo_owners=_owners(reader, photos),
        opening=reader.opening_bytes(entry.sha256),
        missing=opening is not None and opening.erased_ms is not None,
        gone=tuple(one.sealed_sha256 for one in photos if one.erased_ms is not None),
        erasures=_erasures(reader, entry),
        uses=_uses(reader, entry),
    )


def _spends(entry: StoredEntry) -> bool:
    return isinstance(entry.body, SealUse | Intent)


def _neighbour(reader: Reader, entry: StoredEntry, step: int) -> bytes | None:
    position = entry.position
    found = reader.entry_at(entry.party, entry.author, position.epoch, position.seq + step)
    return None if found is None else found.envelope


def _revocation(reader: Reader, permit: PermitView | None) -> bytes | None:
    if permit is None or permit.revocation_index is None:
        return None
    found = reader.entry(permit.revocation_index)
    return None if found is None else found.envelope


def _list_version(entry: StoredEntry, permitted: int | None) -> int | None:
    body = entry.body
    if isinstance(body, SealRequest | Permit | Refusal):
        return body.list_version
    return permitted


def _answer(reader: Reader, entry: StoredEntry, version: int | None) -> Answer | None:
    matter = getattr(entry.body, "matter", None)
    if version is None or matter is None:
        return None
    return answer(reader, entry.machine, matter, version, entry.position.at_ms)


def _open(
    photos: tuple[PhotoView, ...], photo: PhotoSource
) -> tuple[dict[str, bytes | None], tuple[str, ...]]:
    opened: dict[str, bytes | None] = {}
    damaged: list[str] = []
    for one in photos:
        try:
            opened[one.sealed_sha256] = photo(one.sealed_sha256)
        except StoreError:
            damaged.append(one.sealed_sha256)
    return opened, tuple(damaged)


def _reference(photo: PhotoView) -> PhotoRef:
    return PhotoRef(
        sha256=photo.sha256,
        size=photo.size,
        sealed_sha256=photo.sealed_sha256,
        sealed_size=photo.sealed_size,
    )


def _owners(reader: Reader, photos: tuple[PhotoView, ...]) -> tuple[str, ...]:
    """Return other entries that name one of these photos: a photo is used once."""
    return tuple(
        sorted(
            {
                other.entry_sha256
                for one in photos
                if one.role != "page"
                for other in reader.photo(one.sealed_sha256)
                if other.entry_sha256 != one.entry_sha256
                and "asked" not in (one.role, other.role)  # before the use that it became
            }
        )
    )


def _erasures(reader: Reader, entry: StoredEntry) -> tuple[bytes, ...]:
    done = (one.done_index for one in reader.erasures(entry.sha256))
    found = (reader.entry(index) for index in done if index is not None)
    return tuple(one.envelope for one in found if one is not None)


def _uses(reader: Reader, entry: StoredEntry) -> tuple[int, ...]:
    if not isinstance(entry.body, SealUse):
        return ()
    found = reader.entries(
        LogFilter(kinds=("use",), permit=entry.body.permit), before=entry.index + 1, limit=500
    )
    of = _request_of(reader, entry.body)
    uses = (one.body for one in reversed(found) if isinstance(one.body, SealUse))
    return tuple(one.n for one in uses if of is None or _request_of(reader, one) == of)


def _request_of(reader: Reader, use: SealUse) -> str | None:
    """Return the request that a use under a standing permit is for; None: the permit says it."""
    intent = reader.entry(use.intent)
    return intent.body.request if intent is not None and isinstance(intent.body, Intent) else None
