"""Errors of looking at pictures.

VisionError
 +- ImageRefusedError  the bytes are not a picture that we decode
 +- TrayError          the tray's scale cannot be told from this photo or file

ReaderMissingError  print cannot be read here: whoever installed the program must act
"""

from __future__ import annotations

from typing import ClassVar


class VisionError(ValueError):
    """A picture cannot be used; the message says expected, found and who must act."""

    code: ClassVar[str] = "vision"
    hint: ClassVar[str] = "Take the picture again."


class ImageRefusedError(VisionError):
    """The bytes were refused before or while decoding; nothing large was allocated."""

    code = "image-refused"
    hint = "Send a JPEG or PNG of at most 24 megapixels and 25 MB."

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}; whoever sent it must act")
        self.expected = expected
        self.found = found


class TrayError(VisionError):
    """The tray is not calibrated by this: nothing of it may be used as a scale."""

    code = "tray"
    hint = "Print the sheet anew if need be, lay it flat, and calibrate again."


class ReaderMissingError(RuntimeError):
    """The package that reads print is not installed; nothing is wrong with any picture."""

    code: ClassVar[str] = "reader-missing"
    hint: ClassVar[str] = "Install the extra: pip install 'sealkeeper[ocr]'."

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}: install sealkeeper[ocr]")
