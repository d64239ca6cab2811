"""Filing: what the clerk asks for becomes a signed request, or a signed refusal with its reason.

The village's resolved list answers here too, so that a refusal needs no network.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct

from device.book import Faint
from device.errors import RequestRefusedError
from device.kiosk.port import FileRequest
from device.seal_items import fitting
from ledger import disclosure
from ledger.disclosure import Opened
from ledger.matters import Answer, Verdict, look_up
from ledger.messages import VillageList
from ledger.records import PhotoRef, Refusal, SealRequest
from ledger.records_permits import StandingPermit

LONGEST_TEXT = 200  # characters of a name, purpose or payee


class Filing(Struct, frozen=True, kw_only=True):
    """A body to be journaled, with what opens it and the photos it brings along."""

    body: SealRequest | Refusal
    withheld: dict[str, Opened]
    photos: tuple[PhotoRef, ...] = ()
    answer: Answer


def file(
    asked: FileRequest,
    village: VillageList | None,
    pages: Mapping[str, PhotoRef],
    items: Mapping[str, tuple[str, ...]],
    standing: StandingPermit | None = None,
) -> Filing:
    """Return the request, or the refusal that the list demands.

    Args:
        pages: the photos taken for this request, by the hash of their JPEG.
        items: which items each seal of the machine may stamp, see `device.seal_items`.
        standing: the standing permit that covers it, if one does; the request names it.

    Raises:
        RequestRefusedError: something is missing or out of bounds; nothing is journaled.
    """
    if village is None:
        raise RequestRefusedError("no-list", "expected an items list, found none received yet")
    _check_form(asked, pages)
    answer = look_up(village.matters, asked.matter)
    if answer.verdict is Verdict.FORBIDDEN:
        return _refusal(asked, village, answer, answer.reason)
    assert answer.matter is not None
    if asked.seal not in fitting(items, answer.matter):
        return _refusal(asked, village, answer, "seal-not-for-this")
    limit = answer.matter.max_copies
    if limit is not None and asked.copies > limit:
        return _refusal(asked, village, answer, "too-many-copies")
    return _request(asked, village, answer, pages, standing)


def makes_up(asked: FileRequest, faint: Faint | None) -> bool:
    """Tell whether one impression of the same kind is asked for, for a use that is too faint."""
    if faint is None:
        return False
    same = (faint.seal, faint.matter, int(faint.seam)) == (asked.seal, asked.matter, asked.seams)
    return same and asked.copies == 1


def _check_form(asked: FileRequest, pages: Mapping[str, PhotoRef]) -> None:
    texts = (asked.matter, asked.applicant, asked.purpose, asked.payee)
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise RequestRefusedError("text-too-long", f"expected at most {LONGEST_TEXT} characters")
    if not asked.matter.strip():
        raise RequestRefusedError("matter-missing", "expected an item, found none")
    if not 1 <= asked.copies <= 200:
        raise RequestRefusedError("copies-wrong", f"expected 1 to 200, found {asked.copies}")
    if asked.seams and not (1 <= asked.seams <= asked.copies and len(asked.pages) > 1):
        raise RequestRefusedError(
            "seams-unfit", f"expected several pages and seams within copies, found {asked.seams}"
        )
    if missing := [page for page in asked.pages if page not in pages]:
        raise RequestRefusedError("page-missing", f"expected photos of {len(missing)} more pages")


def _refusal(asked: FileRequest, village: VillageList, answer: Answer, reason: str) -> Filing:
    commitments, withheld = disclosure.withhold({"text": asked.matter})
    return Filing(
        body=Refusal(
            about=None,
            permit=None,
            matter=answer.matter.code if answer.matter else None,
            seal=asked.seal,
            reason=reason,
            list_version=village.version,
            filed_by=asked.by,
            text_commitment=commitments["text_commitment"],
        ),
        withheld=withheld,
        answer=answer,
    )


def _request(
    asked: FileRequest,
    village: VillageList,
    answer: Answer,
    pages: Mapping[str, PhotoRef],
    standing: StandingPermit | None,
) -> Filing:
    if not asked.pages or not asked.applicant.strip():
        raise RequestRefusedError(
            "page-missing" if not asked.pages else "applicant-missing",
            "expected an applicant and at least one photographed page",
        )
    assert answer.matter is not None
    refs = tuple(pages[page] for page in asked.pages)
    commitments, withheld = disclosure.withhold(
        {
            "applicant": asked.applicant.strip(),
            "applicant_masked": disclosure.mask_name(asked.applicant.strip()),
            "purpose": asked.purpose.strip(),
            "payee": asked.payee.strip(),
            "amount": asked.amount_fen,
            "pages": [msgspec.to_builtins(ref) for ref in refs],
        }
    )
    body = SealRequest(
        seal=asked.seal,
        matter=answer.matter.code,
        list_version=village.version,
        copies=asked.copies,
        pages_count=len(refs),
        filed_by=asked.by,
        permit=UNSET if standing is None else standing.permit,
        makes_up=asked.makes_up or UNSET,
        seams=asked.seams or UNSET,
        **commitments,
    )
    return Filing(body=body, withheld=withheld, photos=refs, answer=answer)
