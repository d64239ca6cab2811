"""The register as the eyes need it: what each registered seal says, and the ink of its specimen.

Importing this loads OpenCV, so only the thread that looks does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from msgspec import Struct

from gateway.errors import StoreError
from gateway.stores.registrations import RegisteredSeal
from ledger.records import PhotoRef
from vision.decoding import decode_drawing
from vision.errors import ImageRefusedError
from vision.lifting import Lifted, specimen
from vision.seals import Shape
from vision.verification import Registered

log = structlog.get_logger()


class Register(Struct, frozen=True):
    """The registered seals of one machine, and what they are called by id; often there are none."""

    seals: tuple[Registered, ...] = ()
    names: dict[str, str] = {}


class Specimens:
    """Makes registers; it keeps the ink of each specimen, which takes a third of a second."""

    def __init__(self) -> None:
        self._known: dict[str, Lifted | None] = {}

    def register(
        self, seals: Iterable[RegisteredSeal], open_picture: Callable[[PhotoRef], bytes]
    ) -> Register:
        """Return the register of these seals; one without a usable specimen has its words alone.

        Args:
            open_picture: gives a specimen; raises StoreError.
        """
        listed = tuple(seals)
        return Register(
            seals=tuple(
                Registered(
                    id=one.seal,
                    ring_text=one.ring_text,
                    line=one.line,
                    shape=Shape(one.shape),
                    specimen=self._ink(one, open_picture),
                    size_mm=(one.width / 10, one.height / 10),
                )
                for one in listed
            ),
            names={one.seal: one.name for one in listed},
        )

    def _ink(self, one: RegisteredSeal, open_picture: Callable[[PhotoRef], bytes]) -> Lifted | None:
        name = one.specimen.sealed_sha256
        if name not in self._known:
            try:
                self._known[name] = specimen(
                    decode_drawing(open_picture(one.specimen)), Shape(one.shape)
                )
            except (StoreError, ImageRefusedError) as error:
                log.warning("specimen_not_usable", seal=one.seal, reason=str(error))
                return None
        return self._known[name]
