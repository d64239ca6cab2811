"""Two photos of one use with known truth, and what a gateway that sees well would say of them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from msgspec import Struct

from gateway.stores import sqlite
from gateway.stores.sights import Corners, FieldSight, PhotoSight, SealSight, Sight
from gateway.stores.sqlite_writes import SqliteTransaction
from gateway.stores.tables import open_tables
from sim.camera_hard import PHOTO_HEIGHT_PX, PHOTO_WIDTH_PX, conditions, moved, photograph
from sim.documents import COMMITTEE, document
from sim.render import DIAMETER_PX, HEIGHT_PX, WIDTH_PX, impression, render_page, stamped

OLD, NEW = (0.3, 0.74), (0.72, 0.76)  # centres of two impressions, as shares of the page
CORNERS = ((0.0, 0.0), (WIDTH_PX, 0.0), (WIDTH_PX, HEIGHT_PX), (0.0, HEIGHT_PX))


class Scene(Struct, frozen=True):
    """Both photos; `new_red` is a PNG of the shape of what came between them."""

    before: bytes
    after: bytes
    new_red: bytes
    page: Corners
    old: Corners
    new: Corners
    title: Corners


def photographed() -> Scene:
    """Take the photos: one impression is there before, another one comes."""
    printed = render_page(document(7, 0))
    ink = impression()
    once = stamped(printed.image, ink, *OLD, -20.0)
    twice = stamped(once, ink, *NEW, 4.0)
    how = conditions(np.random.default_rng(3), "normal")

    def there(points: Any) -> Corners:
        return tuple((float(x), float(y)) for x, y in moved(np.array(points, np.float32), how))

    _, (x, y, wide, high) = printed.lines[0]
    shape = np.where(np.abs(twice.astype(int) - once).max(axis=2) > 40, 255, 0).astype(np.uint8)
    matrix = cv2.getPerspectiveTransform(
        np.array(CORNERS, np.float32), np.array(how.corners, np.float32) / 2
    )
    mask = cv2.warpPerspective(shape, matrix, (PHOTO_WIDTH_PX // 2, PHOTO_HEIGHT_PX // 2))
    return Scene(
        before=photograph(once, how, 1),
        after=photograph(twice, how, 2),
        new_red=cv2.imencode(".png", mask)[1].tobytes(),
        page=there(CORNERS),
        old=there(_ring(OLD)),
        new=there(_ring(NEW)),
        title=there([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]),
    )


def _ring(centre: tuple[float, float]) -> list[tuple[float, float]]:
    radius = DIAMETER_PX / 2 + 4
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x, y = centre[0] * WIDTH_PX, centre[1] * HEIGHT_PX
    return [(float(x + radius * np.cos(t)), float(y + radius * np.sin(t))) for t in turns]


def seal(corners: Corners, *, is_new: bool, **fields: Any) -> SealSight:
    standard: dict[str, Any] = {
        "text": COMMITTEE,
        "registered": "committee",
        "name": "清溪村村民委员会公章",
        "score": 0.934,
        "verdict": "match" if is_new else None,
        "state": "complete",
        "color": "red",
        "shape": "round",
    }
    return SealSight(corners=corners, is_new=is_new, **{**standard, **fields})


def sight(world: Any, scene: Scene, use: str) -> Sight:
    """Return what was seen of a use of this scene: its amount is another one than applied for."""
    with world.app.reader() as reader:
        photos = {one.role: one.sealed_sha256 for one in reader.photos(use)}
        entry = reader.entry(use)
        request = reader.permit(entry.body.permit).request
    size = {"width_px": PHOTO_WIDTH_PX, "height_px": PHOTO_HEIGHT_PX, "page": scene.page}

    def field(name: str, asked: str, seen: str, verdict: Any, why: str, **more: Any) -> FieldSight:
        values = {"score": 1.0, "corners": None, **more}
        return FieldSight(name=name, asked=asked, seen=seen, verdict=verdict, why=why, **values)

    return Sight(
        entry=use,
        machine=entry.machine,
        seal="committee",
        before=PhotoSight(sealed_sha256=photos["before"], **size),
        after=PhotoSight(sealed_sha256=photos["after"], **size),
        request=request,
        seals=(
            seal(scene.new, is_new=True),
            seal(scene.old, is_new=False, registered=None, name=None, text=None, score=None),
        ),
        new_red=scene.new_red,
        fields=(
            field("title", "证明", "证明", "match", "same", corners=scene.title),
            field("party", "陈玉兰", "陈玉兰", "match", "same"),
            field("amount", "1280.00", "1290.00", "mismatch", "other", score=0.86),
            field("day", "2026-03-01", "", "unclear", "none-read", score=0.0),
        ),
        verdict="mismatch",
        origin="paper",
        impression="ink",
        reader_present=True,
        at_ms=world.now_ms(),
        seconds=4.2,
    )


def minimal(machine: str, use: str) -> Sight:
    """Return a sight that says nothing but that something is newly red."""
    return Sight(
        entry=use,
        machine=machine,
        seal="committee",
        before=PhotoSight(sealed_sha256="0" * 64),
        after=PhotoSight(sealed_sha256="0" * 64),
        new_red=b"\x89PNG",
        at_ms=0,
        seconds=0.0,
    )


def keep(world: Any, seen: Sight) -> None:
    """Put a sight into the store beside the gateway's own writer, whatever was there."""
    tables = open_tables(world.config.state / sqlite.FILE, writable=True)
    try:
        tables.run("BEGIN IMMEDIATE")
        transaction = SqliteTransaction(tables)
        transaction.await_sights()
        tables.run("UPDATE sights SET data = NULL, tries = 1 WHERE entry_sha256 = ?", seen.entry)
        assert transaction.put_sight(seen, None)
        tables.run("COMMIT")
    finally:
        tables.close()
