"""The slip of a refusal: what a villager takes along, as words and as a QR code of the same words.

It names no person. The code holds plain text, so that any phone reads it without a network.
"""

from __future__ import annotations

import segno
from markupsafe import Markup

LONGEST = 300  # characters in the code; more would be too fine for an old phone


def text_of(lines: tuple[str, ...]) -> str:
    """Return the words of a slip as one text, cut where it would not fit the code."""
    said = "\n".join(line for line in lines if line)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def qr(text: str) -> Markup:
    """Return a QR code as an SVG element, with the quiet zone that its standard asks for."""
    drawn = segno.make(text, error="m", micro=False, encoding="utf-8")
    svg = drawn.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None, light="#fff")
    return Markup(svg)  # segno draws it from numbers alone
