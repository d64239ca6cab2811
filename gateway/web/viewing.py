"""Viewing: what the photo viewer shows of one use to one visitor. Pure.

What a visitor may not see leaves here as None, so that no template can show it by mistake.
Places are pixels of the photo after, whose size is the overlay's view box.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, structs

from gateway.stores.sights import Corners, SealSight, Sight
from gateway.stores.views import EntryDetail, PhotoView

# seen: looked at. waiting: not yet. gone: a photo, or what was applied for, was erased.
# failed: somebody has to look.
Standing = Literal["seen", "waiting", "gone", "failed"]
_LABEL_GAP_PX = 6.0


class Rights(Struct, frozen=True, kw_only=True):
    """What this visitor may see of the entry's machine."""

    photos: bool
    personal: bool


class Place(Struct, frozen=True, kw_only=True):
    """Where something is: its outline for SVG, where a label goes, and the box around it.

    Args:
        label_ends: the label ends at `label_x` instead of beginning there, to stay on the photo.
        label_below: it stands under the box, so that those of neighbours do not meet.
    """

    points: str
    label_x: float
    label_y: float
    label_ends: bool
    label_below: bool
    box: str


class SealRow(Struct, frozen=True, kw_only=True):
    """One impression; `place` None: photos are hidden from this visitor.

    Args:
        mark: how its box is drawn: good, bad, unclear, old or plain.
        seal: as it was seen, without its text where that is not for this visitor.
    """

    number: int
    seal: SealSight
    mark: Literal["good", "bad", "unclear", "old", "plain"]
    score_percent: int | None
    place: Place | None


class FieldRow(Struct, frozen=True, kw_only=True):
    """One field beside the application; `asked` and `seen` None: not for this visitor."""

    name: str
    verdict: str
    why: str
    score_percent: int
    asked: str | None
    seen: str | None
    place: Place | None


class View(Struct, frozen=True, kw_only=True):
    """What the viewer of one use shows.

    Args:
        sight: without its seals, fields and overlay, which stand below as far as they may.
        sees_photos: this visitor may see photos of this machine.
        has_slider: and both are here.
        width_px, height_px: of the photo after; 0: nobody has measured it.
        before_scale: (x, y) factors from the photo before to the one after.
        has_new_red: the overlay of what is newly red can be fetched.
    """

    standing: Standing
    sight: Sight | None
    before: PhotoView
    after: PhotoView
    sees_photos: bool
    has_slider: bool
    width_px: int
    height_px: int
    before_scale: tuple[float, float]
    before_page: str | None
    after_page: str | None
    seals: tuple[SealRow, ...]
    fields: tuple[FieldRow, ...]
    has_new_red: bool


def view(
    detail: EntryDetail, sight: Sight | None, rights: Rights, *, is_erased: bool
) -> View | None:
    """Return what the viewer shows; None: the entry has no photos before and after.

    Args:
        is_erased: something that the sight was made from was erased.
    """
    photos = {one.role: one for one in detail.photos}
    before, after = photos.get("before"), photos.get("after")
    if before is None or after is None:
        return None
    shown = rights.photos and before.is_kept and after.is_kept
    size = sight.after if sight is not None else None
    return View(
        standing=_standing(sight, is_erased),
        sight=None if sight is None else structs.replace(sight, seals=(), fields=(), new_red=None),
        before=before,
        after=after,
        sees_photos=rights.photos,
        has_slider=shown,
        width_px=size.width_px if size is not None else 0,
        height_px=size.height_px if size is not None else 0,
        before_scale=_scale(sight),
        before_page=_outline(sight.before.page) if shown and sight is not None else None,
        after_page=_outline(sight.after.page) if shown and sight is not None else None,
        seals=_seals(sight, rights, shown),
        fields=_fields(sight, rights, shown),
        has_new_red=shown and sight is not None and sight.new_red is not None,
    )


def _standing(sight: Sight | None, is_erased: bool) -> Standing:
    if sight is None:
        return "gone" if is_erased else "waiting"
    return "failed" if sight.failed is not None else "seen"


def _scale(sight: Sight | None) -> tuple[float, float]:
    if sight is None or not sight.before.width_px or not sight.before.height_px:
        return (1.0, 1.0)
    before, after = sight.before, sight.after
    return (after.width_px / before.width_px, after.height_px / before.height_px)


def _seals(sight: Sight | None, rights: Rights, shown: bool) -> tuple[SealRow, ...]:
    if sight is None:
        return ()
    return tuple(
        SealRow(
            number=number,
            seal=seal if rights.personal else structs.replace(seal, text=None),
            mark=_mark(seal),
            score_percent=None if seal.score is None else round(seal.score * 100),
            place=_place(seal.corners, sight.after.width_px, below=number % 2 == 0)
            if shown
            else None,
        )
        for number, seal in enumerate(sight.seals, start=1)
    )


def _mark(seal: SealSight) -> Literal["good", "bad", "unclear", "old", "plain"]:
    if not seal.is_new:
        return "old"
    match seal.verdict:
        case "match":
            return "good"
        case "other" | "foreign":
            return "bad"
        case "unclear":
            return "unclear"
        case None:
            return "plain"


def _fields(sight: Sight | None, rights: Rights, shown: bool) -> tuple[FieldRow, ...]:
    if sight is None:
        return ()
    width_px = sight.after.width_px
    return tuple(
        FieldRow(
            name=one.name,
            verdict=one.verdict,
            why=one.why,
            score_percent=round(one.score * 100),
            asked=one.asked if rights.personal else None,
            seen=one.seen if rights.personal else None,
            place=_place(one.corners, width_px) if shown and one.corners else None,
        )
        for one in sight.fields
    )


def _place(corners: Corners, width_px: int, *, below: bool = False) -> Place | None:
    if not corners:
        return None
    across, down = [x for x, _ in corners], [y for _, y in corners]
    left, right, top, bottom = min(across), max(across), min(down), max(down)
    box = (left, top, right - left, bottom - top)
    ends = left + right > width_px
    return Place(
        points=_points(corners),
        label_x=round(right if ends else left, 1),
        label_y=round(bottom + _LABEL_GAP_PX if below else top - _LABEL_GAP_PX, 1),
        label_ends=ends,
        label_below=below,
        box=" ".join(f"{one:.1f}" for one in box),
    )


def _outline(corners: Corners | None) -> str | None:
    return _points(corners) if corners else None


def _points(corners: Corners) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
