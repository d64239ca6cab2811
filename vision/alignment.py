"""Laying one picture of a page over another: features, a homography, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from vision.decoding import Image

Matrix = NDArray[np.float64]

FEATURES = 1500
_REPROJECTION_PX = 3.0
_RATIO = 0.85  # best against second-best descriptor distance; print repeats, so not strict
_OUTLINES_AGREE = 0.012  # of the page's longer side: both outlines are that good
_NOWHERE = np.empty((0, 2), np.float32)


class Alignment(Struct, frozen=True):
    """How `moving` lies over `reference`.

    Args:
        matrix: takes pixels of `moving` to pixels of `reference`; None when none was found.
        inliers: matched features that agree with it.
        matched: matched features.
        features: the smaller number of features of the two pictures.
        points: where the matched features that agree lie in `reference`, (x, y).
    """

    matrix: Matrix | None
    inliers: int
    matched: int
    features: int
    points: NDArray[np.float32]

    @property
    def turned_deg(self) -> float:
        """How far `moving` has to be turned, -180..180."""
        if self.matrix is None:
            return 0.0
        return float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))


def align(reference: Image, moving: Image) -> Alignment:
    """Find the homography between two pictures of flat things; deterministic."""
    points_a, marks_a = _features(reference)
    points_b, marks_b = _features(moving)
    features = min(len(points_a), len(points_b))
    if features < 8:
        return Alignment(None, 0, 0, features, _NOWHERE)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(marks_b, marks_a, k=2)
    good = [m[0] for m in pairs if len(m) == 2 and m[0].distance < _RATIO * m[1].distance]
    if len(good) < 8:
        return Alignment(None, 0, len(good), features, _NOWHERE)
    source = points_b[[m.queryIdx for m in good]]
    target = points_a[[m.trainIdx for m in good]]
    cv2.setRNGSeed(1)
    matrix, agreed = cv2.findHomography(
        source, target, cv2.RANSAC, _REPROJECTION_PX, maxIters=3000, confidence=0.999
    )
    found = None if matrix is None else np.asarray(matrix, np.float64)
    if found is None or not _plausible(found):
        return Alignment(None, 0, len(good), features, _NOWHERE)
    kept = agreed.ravel() > 0
    return Alignment(found, int(kept.sum()), len(good), features, target[kept])


def anchored(found: Alignment, reference: Image, moving: Image) -> Alignment:
    """Hold the corners of two outlined pages on each other, where the matched print agrees.

    A homography from print at the top of a page is far off at its foot; the outlines are not.
    """
    if found.matrix is None or not len(found.points):
        return found
    here = found.points.astype(np.float64)
    there = cv2.perspectiveTransform(here[None], np.linalg.inv(found.matrix))[0]
    to, own = _corners(reference), _corners(moving)
    ways = [np.roll(own, turn, axis=0) for turn in range(4)]
    errors = [_error(there, here, way, to) for way in ways]
    best = int(np.argmin(errors))
    if errors[best] > _OUTLINES_AGREE * max(reference.shape[:2]):
        return found
    weight = max(len(here) // 4, 1)
    source = np.concatenate([there, *[ways[best]] * weight])
    target = np.concatenate([here, *[to] * weight])
    matrix, _ = cv2.findHomography(source, target, 0)
    return found if matrix is None else structs.replace(found, matrix=matrix)


def corners_laid(reference: Image, moving: Image) -> Iterator[Alignment]:
    """Yield the two ways to lay the outlines of two pages of one shape over each other."""
    to, own = _corners(reference), _corners(moving)
    portrait = [(picture.shape[0] > picture.shape[1]) for picture in (reference, moving)]
    for turn in (0, 2) if portrait[0] == portrait[1] else (1, 3):
        source = np.roll(own, turn, axis=0).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, to.astype(np.float32))
        yield Alignment(np.asarray(matrix, np.float64), 0, 0, 0, _NOWHERE)


def _corners(picture: Image) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def _error(
    there: NDArray[np.float64],
    here: NDArray[np.float64],
    corners: NDArray[np.float64],
    to: NDArray[np.float64],
) -> float:
    """Usual distance in pixels of matched points when only the corners are laid on each other."""
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), to.astype(np.float32))
    off = cv2.perspectiveTransform(there[None], matrix)[0] - here
    return float(np.median(np.hypot(off[:, 0], off[:, 1])))


def _features(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    finder = cv2.ORB.create(nfeatures=FEATURES, fastThreshold=10)
    found, marks = finder.detectAndCompute(gray, None)
    if marks is None:
        return np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
    points = np.array([point.pt for point in found], np.float32)
    return points, np.asarray(marks, np.uint8)


def _plausible(matrix: Matrix) -> bool:
    """A page seen twice by cameras above it: neither mirrored nor squeezed nor tipped over."""
    linear = matrix[:2, :2] / matrix[2, 2]
    area = float(np.linalg.det(linear))
    if not 0.2 < area < 5.0:
        return False
    sizes = np.linalg.svd(linear, compute_uv=False)
    return bool(sizes[0] / sizes[1] < 1.6) and bool(np.abs(matrix[2, :2]).max() < 1e-3)
