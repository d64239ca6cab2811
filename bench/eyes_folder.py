"""A labelled folder of pictures: what lies in it, and what people say is on them.

`manifest.csv`, `registered.json` and `cases.json` are all optional; a column or key that is
missing only means that nobody labelled it. Nothing here opens a picture.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

Box = tuple[float, float, float, float]  # x, y, width, height
Quad = tuple[tuple[float, float], ...]  # four corners (x, y), clockwise from top left

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


class LabelledSeal(Struct, frozen=True):
    """One seal that people see in a picture, in the manifest's words.

    Args:
        registered: id of its entry, None for a foreign seal; where it is not said, every entry
            with the same ring text is right.
    """

    bbox: Box
    shape: str | None = "circle"
    color: str | None = "red"
    text: str | None = ""
    partial: int | bool = 0
    state: str | None = None
    registered: str | UnsetType | None = UNSET


class Registered(Struct, frozen=True):
    """A seal of the village's register."""

    id: str
    name: str = ""
    ring_text: str = ""
    line: str = ""
    shape: str = "round"
    size_mm: tuple[float, ...] = ()
    specimen: str = ""


class Application(Struct, frozen=True):
    """What was applied for, as `cases.json` says it."""

    title: str | None = None
    org: str | None = None
    party: tuple[str, ...] = ()
    amount_fen: int | None = None
    date: str | None = None


class Case(Struct, frozen=True):
    """One question about one or more pictures of the folder."""

    id: str
    question: str
    images: tuple[str, ...]
    application: Application | None = None
    answer: str | int | None = None


class Folder(Struct, frozen=True):
    """What there is to look at.

    Args:
        names: pictures, as file names relative to `root`, in a stable order.
        labels: seals by picture; a picture that nobody labelled is not in it.
        quads: true corners of the page, by picture.
        unread: what is wrong with a picture's labels, by picture.
        register_root: where the register lies, unless it is the folder's own.
    """

    root: Path
    names: tuple[str, ...]
    labels: dict[str, tuple[LabelledSeal, ...]]
    quads: dict[str, Quad]
    unread: dict[str, str]
    registered: tuple[Registered, ...]
    cases: tuple[Case, ...]
    register_root: Path | None = None

    def bytes_of(self, name: str) -> bytes:
        """Return a picture's bytes.

        Raises:
            OSError: it cannot be read.
            ValueError: the name leads out of the folder.
        """
        return _inside(self.root, name)

    def specimen_bytes(self, name: str) -> bytes:
        """Return a specimen's bytes; it lies beside the register that names it.

        Raises:
            OSError, ValueError: as `bytes_of`.
        """
        return _inside(self.root if self.register_root is None else self.register_root, name)


def read_folder(root: Path, register: Path | None = None) -> Folder:
    """Return what `root` holds.

    Args:
        register: a file like `registered.json` to be used in place of the folder's own.

    Raises:
        OSError: the folder cannot be read.
        ValueError: a register or list of cases that cannot be understood.
    """
    rows = _rows(root / "manifest.csv")
    labels: dict[str, tuple[LabelledSeal, ...]] = {}
    quads: dict[str, Quad] = {}
    unread: dict[str, str] = {}
    for row in rows:
        try:
            seals, quad = _seals(row), _quad(row)
        except msgspec.DecodeError as error:
            unread[row["file"]] = f"seals_json, quad_json: {error}"
        else:
            labels |= {row["file"]: seals} if seals is not None else {}
            quads |= {row["file"]: quad} if quad is not None else {}
    present = {
        str(path.relative_to(root))
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in _PICTURES and "specimens" not in path.relative_to(root).parts
    }
    return Folder(
        root=root,
        names=tuple(sorted(present | {row["file"] for row in rows})),
        labels=labels,
        quads=quads,
        unread=unread,
        registered=_listed(register or root / "registered.json", tuple[Registered, ...]),
        cases=_listed(root / "cases.json", tuple[Case, ...]),
        register_root=register.parent if register is not None else None,
    )


def _inside(root: Path, name: str) -> bytes:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError(f"expected a picture inside of the folder, found {name!r}")
    return path.read_bytes()


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("file")]


def _seals(row: dict[str, str]) -> tuple[LabelledSeal, ...] | None:
    """The seals of a row; None where the manifest says nothing of them."""
    written, count = row.get("seals_json") or "", row.get("n_seals") or ""
    if written.strip():
        return msgspec.json.decode(written, type=tuple[LabelledSeal, ...], strict=False)
    return () if count.strip() == "0" else None


def _quad(row: dict[str, str]) -> Quad | None:
    written = row.get("quad_json") or ""
    return msgspec.json.decode(written, type=Quad) if written.strip() else None


def _listed(path: Path, kind: Any) -> Any:
    if not path.is_file():
        return ()
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise ValueError(f"expected {path.name} in the documented form: {error}") from error
