"""Smaller copies of pictures, with every pixel of the large one in them."""

from __future__ import annotations

import cv2
import numpy as np

from vision.decoding import Image


def shrunk(image: Image, longest_px: int) -> tuple[Image, float]:
    """Return a copy whose longest side is at most `longest_px`, and its scale; never larger.

    Halving averages four pixels and is quick; what is left to shrink then needs two each way. Of an
    odd side the last pixel is left out, as any other ratio than two is slow.
    """
    scale = min(1.0, longest_px / max(image.shape[:2]))
    if scale == 1.0:
        return image, 1.0
    width, height = (max(round(side * scale), 1) for side in image.shape[1::-1])
    while image.shape[1] >= 2 * width and image.shape[0] >= 2 * height:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        even = image[: 2 * half[1], : 2 * half[0]]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, (width, height)), np.uint8), scale
