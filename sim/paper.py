"""Which picture lies on the tray: names that people use, resolved to what the camera draws.

`rendered` is another copy of the seed's first paper and `rendered:N` of its N-th; `blank` is an
empty sheet, `markers` the one that a tray is calibrated with; a path names a photo, or a folder
whose pictures are laid one after another.
"""

from __future__ import annotations

import re
from pathlib import Path

from sim.errors import PaperError

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
BLANK = "blank"
MARKERS = "markers"
_RENDERED = re.compile(r"rendered(?::(\d{1,6}))?")


class PaperStack:
    """The clerk's stack of papers; remembers what was laid last and where a folder stands."""

    def __init__(self, seed: int, first: str | None) -> None:
        self._seed = seed
        self._last = first or "rendered"
        self._copies = 0
        self._places: dict[Path, int] = {}

    def next(self, name: str | None = None) -> str:
        """Return the page for one new sheet.

        Args:
            name: None for another sheet of what was laid last.

        Raises:
            PaperError: no such picture, or a folder without pictures.
        """
        wanted = self._last if name is None else name
        page = self._resolve(wanted, again=name is None)
        self._last = wanted
        self._copies += 1
        return page

    def _resolve(self, name: str, *, again: bool) -> str:
        if name in (BLANK, MARKERS):
            return name
        rendered = _RENDERED.fullmatch(name)
        if rendered:
            return f"rendered:{self._seed}:{int(rendered[1] or 1)}:{self._copies}"
        path = Path(name)
        if path.is_dir():
            return self._from_folder(path, again=again)
        if not path.is_file():
            raise PaperError(
                "a picture, a folder, rendered, rendered:N, blank or markers", repr(name)
            )
        if path.suffix.lower() not in PICTURES:
            raise PaperError(f"a picture ({', '.join(sorted(PICTURES))})", repr(name))
        return str(path.resolve())

    def _from_folder(self, folder: Path, *, again: bool) -> str:
        pictures = sorted(
            path for path in folder.iterdir() if path.suffix.lower() in PICTURES and path.is_file()
        )
        if not pictures:
            raise PaperError("at least one picture in the folder", f"none in {folder}")
        step = 0 if again and folder in self._places else 1
        place = self._places.get(folder, -1) + step
        self._places[folder] = place
        return str(pictures[place % len(pictures)].resolve())
