"""The tray as a ruler: where each pixel of a fixed camera lies on it, in millimetres.

Learnt once, from a photo of the marker sheet (`vision.marker_sheet`). What was learnt holds for
pictures of the same size, and while nobody moves the camera.
"""

from __future__ import annotations

import math
from typing import Annotated

import cv2
import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from vision.decoding import Image
from vision.errors import TrayError
from vision.marker_sheet import DICTIONARY, PLACES_MM, SHEET_MM, corners_mm
from vision.outline import find_outline
from vision.quality import MAX_EDGE_PX, edge_width_px

LEAST_MARKERS = 10  # of 12: a hand over the sheet hides more, glare on one does not stop
# Half the width of a pressed line. A camera without distortion stays under 0.15 mm; a sheet whose
# corner stands up by 5 mm under a camera at 40 cm is off by 1 mm there.
MOST_RESIDUAL_MM = 0.4
MOST_SCALE_OFF = 0.015  # of A4's sides; "fit to page" makes 3 to 6 %, the outline is within 0.5 %
LEAST_PX_PER_MM = 3.0  # 76 dpi: coarser, and a ring's edge is not known to 2 % of a small seal
_FLAT_PX_PER_MM = 120 / 25.4  # of the flat page on which `MAX_EDGE_PX` is told
_SAME_SCALE = 0.02  # between the scale that a file states and the one of its matrix

Matrix = NDArray[np.float64]
_Positive = Annotated[float, Meta(gt=0)]
_Pixels = Annotated[int, Meta(gt=0)]
_Row = tuple[float, float, float]


class Tray(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one photo of the marker sheet told.

    Args:
        homography: rows of the matrix that takes pixels (x, y) to millimetres on the sheet.
        px_per_mm: scale in the sheet's middle.
        residual_mm: root mean square of how far the markers' corners are from their places.
        image_px: width and height of the pictures that it holds for.
        markers: how many were found.
        paper_mm: width and height of the paper itself, None where its edges were not seen; then
            nobody but a person with a ruler knows at which scale the sheet was printed.
    """

    homography: tuple[_Row, _Row, _Row]
    px_per_mm: _Positive
    residual_mm: Annotated[float, Meta(ge=0)]
    image_px: tuple[_Pixels, _Pixels]
    markers: int
    paper_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other: a damaged file is no ruler."""
        matrix = np.array(self.homography, np.float64)
        if not np.isfinite(matrix).all() or abs(float(np.linalg.det(matrix))) < 1e-12:
            raise ValueError("expected a homography that can be inverted, found none")
        if not abs(_scale(matrix) / self.px_per_mm - 1) <= _SAME_SCALE:
            raise ValueError("expected px_per_mm as the homography has it, found another")

    @property
    def matrix(self) -> Matrix:
        """The homography, pixels to millimetres."""
        return np.array(self.homography, np.float64)

    def holds_for(self, image: Image) -> bool:
        """Whether pictures of this size were calibrated."""
        return (image.shape[1], image.shape[0]) == self.image_px


def calibrate(photo: Image) -> Tray:
    """Return what a photo of the marker sheet on the tray tells.

    Raises:
        TrayError: too few markers, blurred, too coarse, not flat, or printed at another scale.
    """
    gray = np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), np.uint8)
    seen = _markers(gray)
    if len(seen) < LEAST_MARKERS:
        raise TrayError(
            f"expected at least {LEAST_MARKERS} of {len(PLACES_MM)} markers, found {len(seen)}; "
            "whoever calibrates lays the whole sheet under the lamp, sharp, with nothing on it"
        )
    pixels = np.concatenate(list(seen.values())).astype(np.float64)
    places = np.concatenate([corners_mm(one) for one in seen]).astype(np.float64)
    found, _ = cv2.findHomography(pixels, places, 0)
    if found is None:
        raise TrayError(
            "expected markers that span a plane, found none; the technician looks at the camera"
        )
    matrix = np.asarray(found, np.float64)
    _check_sharp(gray, matrix)
    laid = cv2.perspectiveTransform(pixels[None], matrix)[0]
    residual_mm = float(np.sqrt(((laid - places) ** 2).sum(axis=1).mean()))
    if not residual_mm <= MOST_RESIDUAL_MM:
        raise TrayError(
            f"expected the markers within {MOST_RESIDUAL_MM} mm of their places, found "
            f"{residual_mm:.2f} mm; whoever calibrates lays the sheet flat, and the technician "
            "looks at the lens if that does not help"
        )
    return _tray(photo, matrix, residual_mm, len(seen))


def apart_mm(one: Tray, other: Tray) -> float:
    """Return how far two calibrations differ at most, at the corners of the sheet."""
    width, height = SHEET_MM
    sheet = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    between = other.matrix @ np.linalg.inv(one.matrix)
    moved = cv2.perspectiveTransform(sheet, between) - sheet
    return float(np.linalg.norm(moved[0], axis=1).max())


def read(data: bytes) -> Tray:
    """Return the tray of a file's bytes.

    Raises:
        TrayError: they are damaged.
    """
    try:
        return msgspec.json.decode(data, type=Tray)
    except ValueError as error:
        raise TrayError(
            f"expected the numbers of a calibration, found: {error}; the technician calibrates anew"
        ) from error


def _tray(photo: Image, matrix: Matrix, residual_mm: float, markers: int) -> Tray:
    scale = _scale(matrix)
    if not scale >= LEAST_PX_PER_MM:
        raise TrayError(
            f"expected {LEAST_PX_PER_MM} pixels a millimetre or more, found {scale:.2f}; the "
            "technician sets larger pictures, or the camera nearer"
        )
    paper_mm = _paper_mm(photo, matrix)
    _check_print(paper_mm)
    rows = [(float(row[0]), float(row[1]), float(row[2])) for row in matrix]
    return Tray(
        homography=(rows[0], rows[1], rows[2]),
        px_per_mm=scale,
        residual_mm=residual_mm,
        image_px=(photo.shape[1], photo.shape[0]),
        markers=markers,
        paper_mm=paper_mm,
    )


def _markers(gray: NDArray[np.uint8]) -> dict[int, NDArray[np.float32]]:
    """Return the corners of each marker of the sheet that is seen once."""
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary, settings).detectMarkers(gray)
    numbers = [] if ids is None else [int(one) for one in np.asarray(ids).ravel()]
    return {
        number: np.asarray(corner, np.float32).reshape(4, 2)
        for number, corner in zip(numbers, corners, strict=True)
        if number in PLACES_MM and numbers.count(number) == 1
    }


def _check_sharp(gray: NDArray[np.uint8], matrix: Matrix) -> None:
    """Raise TrayError where edges are wider than a photo of a document may have them."""
    flat = np.diag([_FLAT_PX_PER_MM, _FLAT_PX_PER_MM, 1.0]) @ matrix
    width, height = (round(side * _FLAT_PX_PER_MM) for side in SHEET_MM)
    edge_px = edge_width_px(np.asarray(cv2.warpPerspective(gray, flat, (width, height)), np.uint8))
    if edge_px is None or edge_px > MAX_EDGE_PX:
        wide = "none" if edge_px is None else f"{edge_px:.1f}"
        raise TrayError(
            f"expected edges of at most {MAX_EDGE_PX:g} pixels at 120 dpi, found {wide}: blurred; "
            "the technician focuses the camera and cleans its lens"
        )


def _paper_mm(photo: Image, matrix: Matrix) -> tuple[float, float] | None:
    """Width and height of the paper, by its own edges; None where they are not seen whole."""
    outline = find_outline(photo)
    if outline is None:
        return None
    at = cv2.perspectiveTransform(np.asarray(outline, np.float64)[None], matrix)[0]
    middle = at.mean(axis=0)
    at = at[np.argsort(np.arctan2(at[:, 1] - middle[1], at[:, 0] - middle[0]))]
    sides = np.linalg.norm(at - np.roll(at, -1, axis=0), axis=1)
    # From the corner of the smallest angle, upper left on the sheet: across, down, across, down.
    return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def _check_print(paper_mm: tuple[float, float] | None) -> None:
    if paper_mm is None:
        return
    off = [side / wanted - 1 for side, wanted in zip(paper_mm, SHEET_MM, strict=True)]
    if max(abs(one) for one in off) > MOST_SCALE_OFF:
        width, height = paper_mm
        raise TrayError(
            "expected a sheet of A4, 210 x 297 mm by its own markers, found "
            f"{width:.0f} x {height:.0f} mm: it was printed at another scale or on other paper; "
            "whoever prints it chooses A4 and 100 %, and measures the line of 100 mm"
        )


def _scale(matrix: Matrix) -> float:
    """Pixels a millimetre in the middle of the sheet; not a number where there is none."""
    middle = np.array([SHEET_MM[0] / 2, SHEET_MM[1] / 2, 1.0])
    back = np.linalg.inv(matrix)
    x, y, depth = back @ middle
    slope = (back[:2, :2] - np.outer([x / depth, y / depth], back[2, :2])) / depth
    return math.sqrt(abs(float(np.linalg.det(slope))))
