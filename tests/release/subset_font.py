"""Make gateway/data/fonts/ledger-sc.ttf: the characters that ledgers need, out of Noto Sans CJK SC.

    python tests/release/subset_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The characters: the 8,105 of the national table (names and places are among them), GB 2312, Latin,
and the punctuation of both. Outlines become quadratic, because that is what PDF programs of every
age can embed. The font is renamed, as its licence asks of changed versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable

FONTS = Path(__file__).resolve().parents[2] / "gateway" / "data" / "fonts"
FACE = "Noto Sans CJK SC"
NAME = "Sealkeeper Ledger SC"
MOST_ERROR = 1.5  # units of 1000 an em
KEPT_TABLES = ("OS/2", "cmap", "head", "hhea", "hmtx", "maxp", "name", "post")


def characters() -> set[int]:
    """Return the code points that the subset has."""
    found = {ord(one) for one in (FONTS / "characters.txt").read_text(encoding="utf-8")}
    for first in range(0xA1, 0xF8):
        for second in range(0xA1, 0xFF):
            found |= set(map(ord, bytes([first, second]).decode("gb2312", "ignore")))
    found |= {*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2040), 0x2190, 0x2192}
    return found - {0x0A, 0x0D}


def quadratic(font: TTFont) -> None:
    """Turn the outlines of a CFF font into those of TrueType."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    made = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, MOST_ERROR, reverse_direction=True))
        made[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, made
    font["maxp"].tableVersion = 0x00010000
    zeros = ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs")
    zeros += ("maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions")
    for field in (*zeros, "maxComponentElements"):
        setattr(font["maxp"], field, 0)
    font["maxp"].maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"
    kept = {*KEPT_TABLES, "glyf", "loca", "GlyphOrder"}
    for table in set(font.keys()) - kept:
        del font[table]
    font["glyf"].compile(font)


def rename(font: TTFont) -> None:
    """Give the changed version its own name; copyright and licence stay."""
    names = font["name"]
    names.names = [one for one in names.names if one.nameID in (0, 13, 14) and one.platformID == 3]
    for number, text in (
        (1, NAME),
        (2, "Regular"),
        (3, NAME),
        (4, NAME),
        (6, "SealkeeperLedgerSC"),
    ):
        names.setName(text, number, 3, 1, 0x409)


def main(source: str) -> None:
    """Write the subset."""
    faces = TTCollection(source, lazy=True)
    font = next(one for one in faces.fonts if one["name"].getDebugName(4) == FACE)
    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False)
    options.name_IDs = ["*"]
    options.drop_tables += ["GSUB", "GPOS", "vmtx", "vhea", "VORG", "BASE", "GDEF"]
    maker = subset.Subsetter(options)
    maker.populate(unicodes=characters())
    maker.subset(font)
    quadratic(font)
    rename(font)
    font.save(FONTS / "ledger-sc.ttf")


if __name__ == "__main__":
    main(sys.argv[1])
