"""Registrations: what the store tells of how seals look: registered seals, samples, comparisons."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.stores.custody import CustodyReader
from gateway.stores.views import PhotoView
from ledger.records import PhotoRef
from ledger.records_seals import SampleCheck, SealShape

MOST_TRIES = 3  # looks at a sample that broke off, after which it is given up


class SealWords(Struct, frozen=True):
    """What a seal says; `line` stands below the star, `number` is its filing number."""

    name: str
    ring_text: str
    line: str = ""
    number: str = ""


class RegistrationView(Struct, frozen=True, kw_only=True):
    """One version of a seal's registration; `released` None: a draft.

    Times are when the gateway took the entry; `draft` and `index` are the draft's.

    Args:
        draft, released: hashes of the entries that draft and release it.
        words: None: their opening is not here, or was erased.
        width, height: tenths of a millimetre.
        sample: hash of the entry whose photo shows the imprint.
        from_ms: since when it holds; None: it does not.
    """

    machine: str
    seal: str
    version: int
    draft: str
    index: int
    by: str
    drafted_ms: int
    words: SealWords | None
    shape: SealShape
    width: int
    height: int
    specimen: PhotoRef
    sample: str
    released: str | None
    released_index: int | None
    released_by: str | None
    from_ms: int | None


class RegisteredSeal(Struct, frozen=True, kw_only=True):
    """A seal as its registration in force describes it.

    Args:
        registration: hash of the release; `index`: its place in the log.
        line: what stands below the star, empty for nothing.
        width, height: tenths of a millimetre.
        specimen: its ink on white paper, a PNG that is kept like photos are.
        from_ms: since when this registration holds.
    """

    machine: str
    seal: str
    registration: str
    index: int
    version: int
    name: str
    ring_text: str
    line: str
    number: str
    shape: SealShape
    width: int
    height: int
    specimen: PhotoRef
    from_ms: int


class SampleView(Struct, frozen=True, kw_only=True):
    """An imprint that two persons photographed at the machine; `check` None: not compared.

    Args:
        entry: hash of the entry that names the photo; `kind`, `index` and `at_ms` are its.
        persons: accounts that stood there.
    """

    entry: str
    kind: str
    index: int
    machine: str
    seal: str
    at_ms: int
    received_ms: int
    persons: tuple[str, ...]
    photo: PhotoView
    check: SampleCheck | None


class SampleWriter(Protocol):
    """How often looks at a sample's photo were begun and did not end: such a photo may be what
    ends the whole process."""

    def begin_sample(self, entry: str) -> int:
        """Count a look that begins now; return how many began since one ended, from 1."""
        ...

    def end_sample(self, entry: str) -> None:
        """Forget the looks that began: one has ended, whatever it found."""
        ...


class RegistrationReader(CustodyReader, Protocol):
    """How seals look. Lists come newest first."""

    def registered_seals(
        self, machine: str, at_ms: int | None = None
    ) -> tuple[RegisteredSeal, ...]:
        """Return the seals of a machine that are registered, by name of the seal.

        A seal that is void is not, nor one whose words were erased.

        Args:
            at_ms: as of that moment; None: as far as the log tells.
        """
        ...

    def registrations(self, machine: str, seal: str) -> tuple[RegistrationView, ...]:
        """Return every draft and release of one seal."""
        ...

    def registration(self, draft: str) -> RegistrationView | None:
        """Return a version by the hash of its draft."""
        ...

    def samples(self, machine: str, seal: str, limit: int = 20) -> tuple[SampleView, ...]:
        """Return the newest imprint samples of one seal."""
        ...

    def sample(self, entry: str) -> SampleView | None:
        """Return the sample that an entry (its hash) names."""
        ...

    def missing_specimens(self) -> tuple[PhotoView, ...]:
        """Return the specimens that are named and not stored; no machine can send them."""
        ...

    def samples_to_check(self) -> tuple[SampleView, ...]:
        """Return samples whose photo is here and that nobody compared, oldest first.

        Only those that came after the registration that held when they came.
        """
        ...
