"""A register for rendered photos: their seals with specimens, decoys beside them, some left out.

What was pressed comes from `sim.camera_scenes`, each time in a size of its own, so no entry has a
size: with one, a seal of another size would be foreign, and rightly so. One owner's seals are in
no register: whatever calls one of them by a name is wrong. The decoys differ from a pressed seal
by the line below the star, by one character, or by who owns them, and nobody ever presses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from sim.camera_scenes import LINE, NAME, OVAL_LINE, OWNERS, Impression, cut
from sim.render import INK, Picture

FOREIGN = OWNERS[3]  # registered nowhere
_OVAL_CHARACTERS = 10
_SPECIMEN_PX, _MARGIN = 420, 0.06
_DECOYS = (
    ("round", OWNERS[1], "合同专用章"),
    ("round", "青石镇杨树沟村村民委员会", ""),
    ("round", "青石镇大河湾村村民委员会", LINE),
    ("round", "河东乡人民政府", ""),
    ("oval", "白花村股份经济合作社", OVAL_LINE),
    ("square", "王小明印", ""),
)

Seal = tuple[str, str, str]  # shape, words around, line


def entry(made: Impression) -> str | None:
    """Return the id of what was pressed; None where it is not registered or not red."""
    wanted = (made.shape, made.owner, made.line)
    if made.colour != "red":
        return None
    return next((name for name, seal in _entries() if seal == wanted), None)


def write_register(folder: Path) -> None:
    """Write `registered.json` and its specimens into `folder`.

    Raises:
        OSError: it cannot be written.
    """
    (folder / "specimens").mkdir(exist_ok=True)
    listed: list[dict[str, Any]] = []
    for name, (shape, owner, line) in _entries():
        picture = f"specimens/{name}.png"
        data = cv2.imencode(".png", _drawn(shape, owner, line))[1]
        (folder / picture).write_bytes(data.tobytes())
        listed.append(
            {
                "id": name,
                "name": owner + line,
                "ring_text": owner,
                "line": line,
                "shape": shape,
                "specimen": picture,
            }
        )
    target = folder / "registered.json"
    target.write_bytes(msgspec.json.format(msgspec.json.encode(listed)))


def _entries() -> Iterator[tuple[str, Seal]]:
    seals = [one for one in _pressed() if one[1] not in (FOREIGN, FOREIGN[-_OVAL_CHARACTERS:])]
    for i, seal in enumerate([*seals, *_DECOYS]):
        yield f"R{i:02}", seal


def _pressed() -> Iterator[Seal]:
    for owner in OWNERS:
        yield "round", owner, ""
        yield "round", owner, LINE
        yield "oval", owner[-_OVAL_CHARACTERS:], OVAL_LINE
    yield "square", NAME, ""


def _drawn(shape: str, owner: str, line: str) -> Picture:
    """The seal as a clean impression on white paper."""
    ink = np.asarray(cut(shape, owner, line, _SPECIMEN_PX), np.float32) / 255
    ink = np.pad(ink, round(_SPECIMEN_PX * _MARGIN))[..., None]
    return np.asarray(255 * (1 - ink) + ink * np.array(INK, np.float32), np.uint8)
