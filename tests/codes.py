"""Read a printed code as a phone does, with a reader that is not ours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import zxingcpp


def read_code(place: Any) -> str:
    """Return what the only code in a picture of `place`, a page or part of it, says."""
    picture = np.frombuffer(place.screenshot(), np.uint8)
    [code] = zxingcpp.read_barcodes(cv2.imdecode(picture, cv2.IMREAD_COLOR))
    return str(code.text)
