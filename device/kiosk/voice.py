"""Voice prompts: whether this machine speaks, kept over a restart, and the page that says so.

The machine ships no voice and asks no network for one: the screen's browser speaks, and only with
a voice that is installed beside it. Where there is none the page says so, and all stays silent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
import structlog
from fastapi import APIRouter, Depends, Form, Request, Response

from device.kiosk.rendering import local_path
from device.kiosk.screen import Screen
from device.texts import Phrase
from ledger.signers.keyfile import write_durable

log = structlog.get_logger()


class VoiceSetting:
    """On or off, in a file; None as its path keeps it in memory alone. Off until switched on."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.on = self._load()

    def switch(self, on: bool) -> None:
        """Take a new setting, durable on return.

        Raises:
            OSError: the disk refused; nothing is changed.
        """
        if self._path is not None:
            write_durable(self._path, msgspec.json.encode(on), 0o600, replace=True)
        self.on = on

    def _load(self) -> bool:
        if self._path is None:
            return False
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=bool)
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            log.warning("voice_setting_unreadable", path=str(self._path), why=str(error))
            return False


class VoicePage:
    """The page on which anybody at the screen switches the voice on or off."""

    def __init__(self, screen: Screen, setting: VoiceSetting) -> None:
        """Serve `screen`; `setting` is this machine's."""
        self._screen, self._setting = screen, setting

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        router.add_api_route("/voice", self.page)
        router.add_api_route("/voice", self.switch, methods=["POST"], dependencies=forms)
        return router

    def page(self, request: Request, back: str = "/") -> Response:
        """Say whether the voice is on, and whether this screen has one."""
        visit = self._screen.visit(request)
        title = self._screen.renderer.words(visit.session)("voice.title")
        back, on = local_path(back), self._setting.on
        return self._screen.page(visit, "voice.html", title, on=on, back=back)

    def switch(
        self,
        request: Request,
        wanted: Annotated[str, Form(max_length=3)] = "",
        back: Annotated[str, Form(max_length=200)] = "/",
        stay: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        """Switch it and show the page that the form names; with `stay` this one, leading there."""
        visit = self._screen.visit(request)
        try:
            self._setting.switch(wanted == "on")
        except OSError as error:
            log.error("voice_setting_not_kept", why=str(error))
            self._screen.change(visit.session, notice=Phrase("voice.not-kept"))
        url = local_path(back)
        return self._screen.go(visit, f"/voice?back={quote(url)}" if stay else url)
