"""The words for what the pictures tell; they enter signed records, so they never change.

A reason says why a photo cannot serve; a finding says what a usable photo shows.
"""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """What is wrong with a photo."""

    DAMAGED = "damaged"  # the bytes are no whole picture
    BLACK = "black"  # lens covered, lamp and room dark, or sensor dead
    FROZEN = "frozen"  # pixel for pixel the picture before it
    REPLAYED = "replayed"  # pixel for pixel an earlier picture, so it is none of now
    BLURRED = "blurred"  # printed edges are too wide to read
    NO_PAGE = "no-page"  # no paper in view
    GLARE = "glare"  # a clipped spot hides part of the page
    OVEREXPOSED = "overexposed"  # print is washed out
    COARSE = "coarse"  # the sheet is too small in the picture for its print to be read surely
    PAGE_EDGE = "page-edge"  # the sheet touches the picture's border, or goes on beyond it


# With these nothing on the page can be relied on: the photo has to be taken again.
UNUSABLE = frozenset(
    {
        Reason.DAMAGED,
        Reason.BLACK,
        Reason.FROZEN,
        Reason.REPLAYED,
        Reason.BLURRED,
        Reason.NO_PAGE,
    }
)


class Finding(enum.StrEnum):
    """What a photo shows."""

    BLANK = "blank"  # no print on the page: never stamp it
    PAGE_SAME = "page-same"  # the page that was approved
    PAGE_OTHER = "page-other"  # another page
    PAGE_UNCLEAR = "page-unclear"  # cannot be told: a person looks
    PAGE_TURNED = "page-turned"  # the approved page, lying more than 15 degrees off
    PAGE_MIRRORED = "page-mirrored"  # the approved page as a mirror shows it
    PAGE_STAMPED = "page-stamped"  # it bears a seal that the approved page had not
    PAGE_COVERED = "page-covered"  # something flat lies on it that was not there before
    PAGE_REPRODUCED = "page-reproduced"  # a fine grid runs through it: a screen or a printed photo
    SECOND_SHEET = "second-sheet"  # another sheet looks out from under it
    IMPRESSION_SEEN = "impression-seen"  # one new impression
    IMPRESSION_MISSING = "impression-missing"  # nothing newly red
    IMPRESSION_FAINT = "impression-faint"  # there, but pale: a make-up stamp may be needed
    IMPRESSION_SEVERAL = "impression-several"  # more new seals than one
    IMPRESSION_COMPLETE = "impression-complete"  # the one new seal is whole, clean and clear
    IMPRESSION_PARTIAL = "impression-partial"  # a part of it is missing
    IMPRESSION_SEAM = "impression-seam"  # it goes over the page's edge
    IMPRESSION_SMEARED = "impression-smeared"  # wiped while it was wet
    IMPRESSION_DOUBLE = "impression-double"  # struck twice, the second time beside the first
    IMPRESSION_PRINTED = "impression-printed"  # in a printer's dots, or as even as only print is
    IMPRESSION_UNREAD = "impression-unread"  # new red ink in which no seal is recognised
    UNJUDGED = "unjudged"  # the photo is kept, but could not be judged here
    GLARE = "glare"  # as Reason.GLARE, on a photo that was used all the same
    OVEREXPOSED = "overexposed"  # likewise
    COARSE = "coarse"  # likewise
    PAGE_EDGE = "page-edge"  # likewise
