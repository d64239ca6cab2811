"""Pictures of the pages that browser tests come by, for people to look at and for docs/screens.

`SEAL_SCREENS=FOLDER ./seal test tests/gateway/web tests/device/kiosk` keeps one of every page and
width; a page that is seen again replaces the earlier picture.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

COLOURS = 128  # enough for screens, and a third of the bytes
_NAMES = re.compile(r"[0-9a-f]{12,}|\b[a-z]{1,3}-[0-9a-z-]*\d[0-9a-z-]*|\d+")


def keep(page: Page) -> None:
    """Keep what a page shows, named by its path and width, if SEAL_SCREENS names a folder."""
    folder = os.environ.get("SEAL_SCREENS")
    if not folder or not page.viewport_size:
        return
    path = page.url.split("/", maxsplit=3)[3]
    name = re.sub(r"[^a-z0-9]+", "-", _NAMES.sub("n", path.lower())).strip("-")[:60] or "home"
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = Path(folder) / f"{name}-{page.viewport_size['width']}.png"
    picture.quantize(COLOURS).save(target, optimize=True)
