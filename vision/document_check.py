"""One page against one application: read, compared, and looked at again where there is doubt."""

from __future__ import annotations

from msgspec import Struct

from vision.decoding import Image
from vision.document_fields import (
    Application,
    Field,
    Verdict,
    agreed,
    compare,
    doubted_rows,
    overall,
)
from vision.ocr import Box, Reader
from vision.page import Page
from vision.page_text import corners_in_photo, prepare, read_again, read_page


class Checked(Struct, frozen=True):
    """What a page says to an application.

    Args:
        fields: one for each thing that was applied for; none where no page was seen.
        boxes: where each of them stands in the photo, None: nowhere.
    """

    verdict: Verdict
    fields: tuple[Field, ...]
    boxes: tuple[Box | None, ...]


def check_document(
    image: Image, asked: Application, reader: Reader, page: Page | None = None
) -> Checked:
    """Compare the page in a photo with what was applied for; takes seconds.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.
    """
    sight = prepare(image, page)
    if sight is None:
        return Checked(Verdict.UNCLEAR, (), ())
    sight, text = read_page(sight, reader)
    fields = compare(text, asked)
    rows = doubted_rows(fields)
    if rows:
        fields = agreed(fields, compare(read_again(sight, text, rows, reader), asked))
    boxes = tuple(
        None if field.row is None else corners_in_photo(sight, text.rows[field.row])
        for field in fields
    )
    return Checked(overall(fields), fields, boxes)
