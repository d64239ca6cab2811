"""RapidOCR alone on each labelled seal: what the ring reading of `vision` is measured against.

The crop goes in as it lies in the picture, with a little paper around it, to an engine with the
package's own settings (detection, direction, recognition). Whatever is kinder to it counts: all
its lines joined as they come, or its best single line.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bench.eyes_folder import Box, LabelledSeal
from bench.eyes_scoring import Rate, characters_right, plain, rate
from vision.decoding import Image
from vision.ocr import bundled_models

_AROUND = 0.06  # of the seal's longer side


def read_alone(picture: Image, box: Box) -> tuple[str, ...]:
    """Return the lines that RapidOCR reads on the crop of one seal.

    Raises:
        ReaderMissingError: the extra `ocr` is not installed.
    """
    x, y, width, height = box
    room = _AROUND * max(width, height)
    top, left = max(round(y - room), 0), max(round(x - room), 0)
    crop = picture[top : round(y + height + room), left : round(x + width + room)]
    if not crop.size:
        return ()
    found = _engine()(np.ascontiguousarray(crop), use_det=True, use_cls=True, use_rec=True)
    return tuple(found.txts or ())


def alone_right(pairs: Iterable[tuple[LabelledSeal, Sequence[str]]]) -> Rate:
    """Score what was read on red whole seals, as the ring characters of `eyes_seals` are."""
    right = of = 0
    for label, lines in pairs:
        truth = plain(label.text or "")
        best = max(characters_right(truth, one) for one in ("".join(lines), *lines))
        right += round(best * len(truth))
        of += len(truth)
    return rate(right, of)


@functools.cache
def _engine() -> Any:
    import rapidocr  # an extra; `bundled_models` has told that it is there

    threads = ("intra_op_num_threads", "inter_op_num_threads")
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            **bundled_models(),
            **{f"EngineConfig.onnxruntime.{name}": 1 for name in threads},
        }
    )
