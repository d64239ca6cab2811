"""Papers: what the command line writes for the printer, from the store and public keys alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from gateway.config import GatewayConfig, trusted_keys
from gateway.errors import NotFoundError, StoreError
from gateway.stores import sqlite
from gateway.web import paper
from gateway.web.paper import Form
from gateway.web.render import Renderer
from gateway.web.texts import Language


def of_entry(config: GatewayConfig, index: int, form: Form, language: Language, out: Path) -> None:
    """Write an entry's sheet or label.

    Args:
        index: as the console counts, over all years.

    Raises:
        NotFoundError: there is no such entry.
        StoreError: no store yet; or the file is there already or cannot be written.
    """
    ring = trusted_keys(config)
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            entry = reader.entry(index)
            if entry is None:
                raise NotFoundError(
                    f"expected an entry below {reader.size()}, found none at {index}"
                )
            now_ms = time.time_ns() // 1_000_000
            values = paper.of_entry(reader, config, ring, entry, now_ms)
    finally:
        store.close()
    _write(form, language, values, out)


def of_village(config: GatewayConfig, village: str, language: Language, out: Path) -> None:
    """Write the sheet for a village's door.

    Raises:
        NotFoundError: there is no such village.
        StoreError: the file is there already or cannot be written.
    """
    _write("door", language, paper.of_village(config, trusted_keys(config), village), out)


def _write(form: Form, language: Language, values: dict[str, Any], out: Path) -> None:
    found = {**values, "styles": paper.inline_styles(form), "names": ()}
    page = Renderer().page(f"paper_{form}.html", language, found)
    try:
        with out.open("xb") as file:
            file.write(bytes(page.body))
    except OSError as error:
        raise StoreError(f"expected to create {out}: {error}") from error
