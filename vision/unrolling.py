"""A round or oval seal laid straight: even steps along its ring, even steps in from it.

The lifted seal is a circle, whatever it was before. On an oval the words keep one distance from
the ring, and one height, all the way around; on its circle they do not. So steps are taken on the
oval itself, and only then looked up on the circle.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.lifting import RADIUS_PX, SIDE_PX
from vision.page import Gray

STEPS = 720  # along the ring, clockwise from the right
_FINE = 8  # parts of a step, in which lengths are summed


class Oval(Struct, frozen=True):
    """A ring of area pi, before it was lifted.

    Args:
        aspect: longer axis over the shorter one.
        axis_deg: where its longer axis lies, clockwise from the right.
        even: whether what stands inside keeps its distance from the ring; else it lies on ovals
            of the same shape, as it does where a round seal was stretched.
    """

    aspect: float
    axis_deg: float
    even: bool = True

    @property
    def length(self) -> float:
        """Of the ring, in its radii."""
        return float(self._lengths()[1][-1])

    def proportion(self, band: tuple[float, float]) -> float:
        """Return how much longer than high a band is, laid straight."""
        inwards = (1 - (band[0] + band[1]) / 2) * self._short()
        return (self.length - 2 * np.pi * inwards) / ((band[1] - band[0]) * self._short())

    def angle_deg(self, share: float) -> float:
        """Return at which angle of the circle a share of the ring lies, clockwise."""
        fine, length = self._lengths()
        return float(np.rad2deg(np.interp(share * length[-1], length, fine)))

    def places(self, reaches: NDArray[np.float64]) -> tuple[Gray, Gray]:
        """Return x and y on the circle for each reach (rows) at each of STEPS (columns).

        Reaches count in from the ring in shares of the shorter half axis.
        """
        fine, length = self._lengths()
        angles = np.interp(np.arange(STEPS) * length[-1] / STEPS, length, fine)
        long, short = float(np.sqrt(self.aspect)), self._short()
        along = angles - np.deg2rad(self.axis_deg)
        x, y = long * np.cos(along), short * np.sin(along)
        inwards = (1 - reaches)[:, None]
        if self.even:
            normal = np.hypot(x / long**2, y / short**2) / short
            x, y = x - inwards * x / long**2 / normal, y - inwards * y / short**2 / normal
        else:
            x, y = x - inwards * x, y - inwards * y
        x, y = x / long, y / short
        axis = np.deg2rad(self.axis_deg)
        cosine, sine = np.cos(axis), np.sin(axis)
        turned = cosine * x - sine * y, sine * x + cosine * y
        return np.asarray(turned[0], np.float32), np.asarray(turned[1], np.float32)

    def _short(self) -> float:
        return float(1 / np.sqrt(self.aspect))

    def _lengths(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Angles on the circle, and how long the ring is up to each of them."""
        fine = np.linspace(0, 2 * np.pi, _FINE * STEPS + 1)
        along = fine - np.deg2rad(self.axis_deg)
        long, short = float(np.sqrt(self.aspect)), self._short()
        steps = np.hypot(np.sin(along) * long, np.cos(along) * short)
        parts = (steps[1:] + steps[:-1]) / 2 * (fine[1] - fine[0])
        return fine, np.concatenate([[0.0], np.cumsum(parts)])


def unrolled(ink: Gray, oval: Oval, band: tuple[float, float], rows: int) -> Gray:
    """Return a band of the lifted `ink` laid straight: clockwise to the right, outside above.

    Args:
        band: least and largest reach.
        rows: how high the result is; it is STEPS wide.
    """
    middle, radius = ink.shape[0] / 2, RADIUS_PX * ink.shape[0] / SIDE_PX
    x, y = oval.places(np.linspace(band[1], band[0], rows))
    x, y = (np.asarray(middle + radius * one, np.float32) for one in (x, y))
    return np.asarray(cv2.remap(ink, x, y, cv2.INTER_LINEAR), np.float32)
