"""The small live picture for the clerk's screen: light to send, with the paper's outline."""

from __future__ import annotations

import cv2
import numpy as np

from vision.decoding import Image
from vision.quality import Quality

PREVIEW_BYTES = 40_000
PREVIEW_PX = 640  # longest side

_GOOD, _BAD = (64, 170, 32), (0, 96, 230)  # blue, green, red; the kiosk also says it in words


def preview(image: Image, quality: Quality) -> bytes:
    """Return `image` as a JPEG of at most PREVIEW_BYTES, the paper outlined where it was found."""
    scale = min(1.0, PREVIEW_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if quality.page is not None and not quality.page.whole:
        outline = np.rint(np.array(quality.page.corners) * scale).astype(np.int32)
        cv2.polylines(small, [outline], True, _BAD if quality.reasons else _GOOD, 3, cv2.LINE_AA)
    for compression in (70, 50, 30, 10):
        _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, compression])
        if len(jpeg) <= PREVIEW_BYTES:
            return jpeg.tobytes()
    smaller = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 10])
    return jpeg.tobytes()
