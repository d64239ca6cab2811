"""Pictures of the pages that browser tests come by, for people to look at and for docs/screens.

`SEAL_SCREENS=FOLDER ./seal test -m browser` keeps one of every page, width, language and size of
text; a page that is seen again replaces the earlier picture. Where FOLDER.md stands beside the
folder, as docs/screens.md does, only the pictures that it names are kept.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

COLOURS = 64  # enough for screens, and a quarter of the bytes
LOOKS, LOOK_MS = 20, 100  # how long a picture of a camera or a photo may take
SCREENS = 3  # of a page that is longer, so many screens from its top are kept
_NAMES = re.compile(r"[0-9a-f]{12,}|\b[a-z]{1,3}-[0-9a-z-]*\d[0-9a-z-]*|\d+")
_LOOK = "document.documentElement.lang + ' ' + (document.documentElement.dataset.size || '')"
_SEEN = "[...document.images].every((one) => one.hidden || one.naturalWidth > 0)"
_SUFFIXES = {"en": "-en", "2": "-larger", "3": "-largest"}


def keep(page: Page, name: str = "", *, whole: bool = True) -> None:
    """Keep what a page shows, if SEAL_SCREENS names a folder.

    Args:
        name: what the picture shows; width, language and size of text are added. Without one it
            is named by the page's path, and is none of those that an index names.
        whole: from the top of the page on, not what is in sight.
    """
    folder = os.environ.get("SEAL_SCREENS")
    if not folder or not page.viewport_size:
        return
    looks = page.evaluate(_LOOK).split()
    if len(looks) > 1 and not name:
        return  # a screen of the kiosk is named by who measures it
    suffix = "".join(_SUFFIXES.get(one, "") for one in looks)
    kiosk = "kiosk-" if len(looks) > 1 and not name.startswith("kiosk-") else ""
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    shown = name or f"by-{path_name(page)}"
    target = Path(folder) / f"{kiosk}{shown}-{width}{suffix}.png"
    index = Path(folder).with_suffix(".md")
    if index.exists() and f"/{target.name}" not in index.read_text(encoding="utf-8"):
        return
    page.wait_for_timeout(LOOK_MS)  # what was swapped in is painted with its icons
    for _ in range(LOOKS):  # a camera that is gone never gives a picture
        if page.evaluate(_SEEN):
            break
        page.wait_for_timeout(LOOK_MS)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    if picture.width > width:  # of a sharper screen
        picture = picture.resize((width, round(picture.height * width / picture.width)))
    picture = picture.crop((0, 0, picture.width, min(picture.height, SCREENS * height)))
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def path_name(page: Page) -> str:
    """Return a name made of the path of a page, without ids and numbers."""
    path = page.url.split("/", maxsplit=3)[3]
    return re.sub(r"[^a-z0-9]+", "-", _NAMES.sub("n", path.lower())).strip("-")[:60] or "home"
