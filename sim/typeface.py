"""The typeface of every simulated paper, seal and band: the shipped subset first.

The shipped file gives the same picture on every machine. A character outside of it is drawn
with a CJK font of the system; without one, drawing it is refused instead of printing a box.
"""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import ImageFont

SHIPPED = Path(__file__).parent / "fonts" / "song.otf"
SYSTEM = (
    Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/arphic/uming.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
)


@functools.lru_cache(maxsize=64)
def typeface(size_px: int, text: str = "") -> ImageFont.FreeTypeFont:
    """Return a font of `size_px` that has every character of `text`.

    Raises:
        ValueError: a character is outside the shipped subset and the system has no CJK font.
    """
    missing = [character for character in text if not _shipped(character)]
    if not missing:
        return ImageFont.truetype(SHIPPED, size_px)
    for path in SYSTEM:
        if path.exists():
            return ImageFont.truetype(path, size_px, index=2 if "CJK" in path.name else 0)
    raise ValueError(
        f"expected characters of {SHIPPED.name}, found {''.join(missing)!r}: "
        "install fonts-noto-cjk or write the text without them"
    )


def _shipped(character: str) -> bool:
    """Whether the subset has it: ASCII, GB 2312 rows 1-3 and 16-55."""
    if character.isascii():
        return character.isprintable()
    try:
        row = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= row <= 0xA3 or 0xB0 <= row <= 0xD7
