"""Reading print: RapidOCR (extra `ocr`) behind two calls, a whole page or one strip.

One `Reader` is one engine of one thread: make it once (0.3 s and more) and keep it in the thread
that uses it. The models come inside of the wheel and are given by path, because an engine that
is left to find its own would fetch what it misses; nothing here touches a network.

A rapidocr engine keeps the flags of its last call: one recognition alone, and every later page is
taken as one line. So all three flags go with every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.decoding import Image
from vision.errors import ReaderMissingError

Box = tuple[tuple[float, float], ...]
Chances = tuple[tuple[str, float], ...]

# The longest side on which lines are sought. A4 of 1400 px has body text 27 px high: that is more
# than the detector needs, and recognition has the picture at its own size.
_SOUGHT_PX = 1152
_UPRIGHT = 1.5  # a line this much higher than wide is read from the side
_MAYBE = 0.08  # chance from which another character is told
_FLIPPED = 0.9  # how sure the classifier must be that a line stands on its head


class Line(Struct, frozen=True, kw_only=True):
    """One line of print.

    Args:
        text: as read, with its blanks.
        score: mean of `scores`, 0..1; 0 where nothing was read.
        box: its corners in pixels (x, y), clockwise from where the line begins.
        scores: how sure each character of `text` is, 0..1.
        places: how far along a strip each of them stands, 0..1; empty for a line of a page.
        others: what each of them may be besides, as (character, chance); likewise.
    """

    text: str
    score: float
    box: Box
    scores: tuple[float, ...] = ()
    places: tuple[float, ...] = ()
    others: tuple[Chances, ...] = ()


class Reader:
    """One engine. Not to be shared between threads."""

    def __init__(self) -> None:
        """Load the package; the models follow at the first use.

        Raises:
            ReaderMissingError: the extra `ocr` is not installed, or came without its models.
        """
        self._engine = _engine()

    def lines(self, image: Image) -> tuple[Line, ...]:
        """Return every line of print on a picture, from top to bottom, then left to right.

        Args:
            image: blue, green, red; best a page made flat, with red ink lifted out.
        """
        small, scale = _at_most(image, _SOUGHT_PX)
        found = self._engine(small, use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None or not len(found.boxes):
            return ()
        boxes = [_from_side(box) for box in np.asarray(found.boxes, np.float32) / scale]
        strips, said = self._engine.cls_and_rotate([cut(image, box) for box in boxes])
        boxes = [
            np.roll(box, 2, axis=0) if _is_flipped(*one) else box
            for box, one in zip(boxes, said.cls_res, strict=True)
        ]
        return tuple(
            Line(text=text, score=_mean(scores), box=_corners(box), scores=scores)
            for (text, scores, _), box in zip(self._read(strips), boxes, strict=True)
            if text.strip()
        )

    def strip(self, image: Image) -> Line:
        """Return what one straight line of print says; its text is empty where nothing is read."""
        return self.strips([image])[0]

    def strips(self, images: Sequence[Image]) -> tuple[Line, ...]:
        """Return what each of several strips says; quicker than one by one."""
        read = self._read(list(images)) if images else []
        return tuple(
            Line(
                text=text,
                score=_mean(scores),
                box=_corners(_frame(image)),
                scores=scores,
                places=_places(text, word),
                others=tuple(getattr(word, "others", ()))[: len(text)],
            )
            for (text, scores, word), image in zip(read, images, strict=True)
        )

    def _read(self, strips: list[Image]) -> list[tuple[str, tuple[float, ...], Any]]:
        """Recognise alone, in batches; does not touch the engine's flags."""
        recogniser = self._engine._load_rec_model()
        if not isinstance(recogniser.postprocess_op, _Decoder):
            recogniser.postprocess_op = _Decoder(recogniser.postprocess_op)
        found = self._engine.recognize_txt(strips)
        return [
            (text, tuple(float(one) for one in word.confs[: len(text)]) if text else (), word)
            for text, word in zip(found.txts, found.word_results, strict=True)
        ]


class _Decoder:
    """The engine's own decoder, which also tells what each character may be besides."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)

    def __call__(self, chances: Any, *words: Any, **named: Any) -> Any:
        lines, details = self._decoder(chances, *words, **named)
        for one, word in zip(chances, details, strict=False):
            word.others = self._others(np.asarray(one, np.float32))
        return lines, details

    def _others(self, chances: NDArray[np.float32]) -> list[Chances]:
        """For each character that is decoded, what else has a chance while it is the best."""
        best = chances.argmax(axis=1)
        turns = np.flatnonzero(np.r_[True, best[1:] != best[:-1]])
        found = []
        for start, end in zip(turns, [*turns[1:], len(best)], strict=True):
            if best[start] == 0:  # the blank between characters
                continue
            most = chances[start:end].max(axis=0)
            others = [i for i in np.flatnonzero(most > _MAYBE) if i not in (0, best[start])]
            found.append(tuple((str(self._decoder.character[i]), float(most[i])) for i in others))
        return found


def cut(image: Image, box: NDArray[np.float32]) -> Image:
    """Return the strip inside of four corners, which begin where the line does, laid straight."""
    sides = np.linalg.norm(box - np.roll(box, -1, axis=0), axis=1)
    width, height = (max(round(float(max(sides[i], sides[i + 2]))), 1) for i in (0, 1))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(box, np.float32), target)
    strip = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(strip, np.uint8)


def _places(text: str, word: Any) -> tuple[float, ...]:
    """How far along its strip each character stands; a blank stands where the last one did."""
    columns = iter([column for part in word.word_cols for column in part] if text else ())
    places: list[float] = []
    for one in text:
        before = places[-1] if places else 0.0
        column = None if one.isspace() else next(columns, None)
        places.append(before if column is None else (column + 0.5) / max(word.line_txt_len, 1.0))
    return tuple(places)


def _from_side(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners in the order of reading: what is much higher than wide runs downwards."""
    across, down = (float(np.linalg.norm(box[i] - box[i - 1])) for i in (1, 2))
    return np.asarray(np.roll(box, -1, axis=0) if down >= _UPRIGHT * across else box, np.float32)


def _is_flipped(label: str, score: float) -> bool:
    """Whether the engine turned a strip around; it does so under the same condition."""
    return "180" in label and score > _FLIPPED


def bundled_models() -> dict[str, str]:
    """Return the settings that name the models inside of the wheel, so that none is fetched.

    Raises:
        ReaderMissingError: the extra `ocr` is not installed, or came without its models.
    """
    models = Path(_package().__file__).parent / "models"
    return {f"{task.title()}.model_path": _model(models, task) for task in ("det", "cls", "rec")}


def _package() -> Any:
    try:
        import rapidocr  # an extra, and slow to import
    except ImportError as error:
        raise ReaderMissingError("the package rapidocr", str(error)) from error
    return rapidocr


def _engine() -> Any:
    threads = ("intra_op_num_threads", "inter_op_num_threads")
    return _package().RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.return_word_box": True,  # brings how sure each character is
            "Global.max_side_len": 4096,  # what is too large was made smaller here
            "Det.limit_type": "max",  # "min" blows a narrow picture up to gigabytes
            "Det.limit_side_len": _SOUGHT_PX,
            **{f"EngineConfig.onnxruntime.{name}": 1 for name in threads},
            "Cls.cls_thresh": _FLIPPED,
            **bundled_models(),
        }
    )


def _model(models: Path, task: str) -> str:
    found = sorted(models.glob(f"*_{task}_*.onnx"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ReaderMissingError(f"one {task} model inside of the wheel of rapidocr", names)
    return str(found[0])


def _at_most(image: Image, longest_px: int) -> tuple[Image, float]:
    scale = min(1.0, longest_px / max(image.shape[:2]))
    if scale == 1.0:
        return image, 1.0
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _frame(image: Image) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def _corners(box: NDArray[np.float32]) -> Box:
    return tuple((float(x), float(y)) for x, y in box)


def _mean(scores: tuple[float, ...]) -> float:
    return sum(scores) / len(scores) if scores else 0.0
