"""The register of seals as a folder that others read: `registered.json` and specimens. Pure.

It is the form that `./seal bench eyes --register` takes: a list of id, name, ring_text, line,
shape, size_mm and specimen (a PNG beside it).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.stores.registrations import RegisteredSeal

INDEX = "registered.json"
_STILL = (1980, 1, 1, 0, 0, 0)  # no clock in the file: the same register gives the same bytes


def to_zip(seals: Sequence[RegisteredSeal], pictures: Mapping[str, bytes]) -> bytes:
    """Return the register as a ZIP file.

    Args:
        pictures: specimens by the hash of their encrypted file; a seal without one is listed.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as folder:
        index = [_listed(one, pictures) for one in seals]
        _add(folder, INDEX, msgspec.json.format(msgspec.json.encode(index)))
        for one in seals:
            picture = pictures.get(one.specimen.sealed_sha256)
            if picture is not None:
                _add(folder, _path(one), picture)
    return made.getvalue()


def _listed(one: RegisteredSeal, pictures: Mapping[str, bytes]) -> dict[str, Any]:
    known = {"specimen": _path(one)} if one.specimen.sealed_sha256 in pictures else {}
    return {
        "id": _id(one),
        "name": one.name,
        "ring_text": one.ring_text,
        "line": one.line,
        "shape": one.shape,
        "size_mm": [one.width / 10, one.height / 10],
        "number": one.number,
        **known,
    }


def _id(one: RegisteredSeal) -> str:
    return f"{one.machine}.{one.seal}"


def _path(one: RegisteredSeal) -> str:
    return f"specimens/{_id(one)}.png"


def _add(folder: zipfile.ZipFile, name: str, data: bytes) -> None:
    folder.writestr(zipfile.ZipInfo(name, _STILL), data)
