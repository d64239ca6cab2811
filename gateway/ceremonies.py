"""Ceremonies: what is kept of each machine's enrolment between its one-time code and the log.

One file for each machine. A code is kept as its hash alone; the first key that is presented with
it binds it, so that a run that was cut can be repeated with the same code, and nobody else can.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from gateway import files
from gateway.errors import ConfigError, NotFoundError, RequestRefusedError
from ledger import keyacts
from ledger.enrolcodes import Code
from ledger.keyacts import EnrolmentDraft

HOUR_MS = 3600 * 1000


class Ceremony(Struct, frozen=True, kw_only=True):
    """How far a machine's enrolment is.

    Args:
        expires_ms: until when the code may be used for the first time.
        issued_by: the account that issued it.
        epoch, closes: what the machine's key record and enrolment have to say.
        draft: the wish to enter, once it was presented; it waits for the county.
    """

    machine: str
    code_sha256: str
    expires_ms: int
    issued_by: str
    epoch: int
    closes: int | None
    draft: EnrolmentDraft | None = None


class Ceremonies:
    """Keeps them in a folder; each change is durable on return.

    Args:
        folder: for the gateway's own user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, ceremony: Ceremony) -> None:
        """Begin or go on; an earlier ceremony of the same machine is forgotten.

        Raises:
            OSError: the disk does not take it.
        """
        files.make_folder(self._folder, 0o700)
        files.replace(self._path(ceremony.machine), msgspec.json.encode(ceremony), 0o600)

    def of(self, machine: str) -> Ceremony:
        """Return a machine's ceremony.

        Raises:
            NotFoundError: none was begun.
            ConfigError: its file is damaged.
        """
        path = self._path(machine)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Ceremony)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"expected an enrolment of {machine}, found none: issue a code"
            ) from error
        except (OSError, ValueError) as error:
            raise ConfigError(f"expected an enrolment in {path}: {error}; issue a code") from error

    def by_code(self, code: Code, now_ms: int) -> Ceremony:
        """Return the ceremony that a code opens.

        Raises:
            RequestRefusedError: `code-unknown` or `code-expired`.
        """
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            found = self.of(path.stem)
            if not hmac.compare_digest(found.code_sha256, code.sha256):
                continue
            if found.draft is None and now_ms > found.expires_ms:
                raise RequestRefusedError(
                    "code-expired", f"expected a code that still holds for {found.machine}"
                )
            return found
        raise RequestRefusedError("code-unknown", "expected a code that was issued, found another")

    def bind(self, ceremony: Ceremony, draft: EnrolmentDraft) -> Ceremony:
        """Bind the code to the first draft that came with it, durably.

        Raises:
            RequestRefusedError: `code-used`: it is bound to another key.
        """
        if ceremony.draft is not None:
            if keyacts.statement(ceremony.draft) != keyacts.statement(draft):
                raise RequestRefusedError(
                    "code-used",
                    f"expected the key of {ceremony.machine} that this code was used with, found "
                    "another: issue a new code, and find out who used this one",
                )
            return ceremony
        bound = structs.replace(ceremony, draft=draft)
        self.put(bound)
        return bound

    def _path(self, machine: str) -> Path:
        return self._folder / f"{machine}.json"
