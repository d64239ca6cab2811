"""Paper: an entry's sheet and label, and the sheet on a village's door, as pages to print.

A paper binds who publishes the log: its QR code carries, beside the address, a code of the log's
key and one of the entry itself (`ledger.locator`). Only public fields are printed.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import segno
from markupsafe import Markup

from gateway.errors import NotFoundError
from gateway.stores import Reader
from gateway.stores.views import MachineView, StoredEntry
from gateway.verifier.page import NAME
from gateway.web.answers import MatterNames
from gateway.web.port import ConsoleSettings
from gateway.web.render import STATIC
from ledger import locator
from ledger.keys import KeyRing, public_bytes

Form = Literal["sheet", "label", "door"]
STYLES: dict[Form, tuple[str, ...]] = {
    "sheet": ("paper.css", "paper-a4.css"),
    "label": ("paper.css", "paper-label.css"),
    "door": ("paper.css", "paper-a4.css"),
}


def of_entry(
    reader: Reader, config: ConsoleSettings, ring: KeyRing, entry: StoredEntry, now_ms: int
) -> dict[str, Any]:
    """Return what the templates of an entry's papers name.

    Raises:
        NotFoundError: no public log has this entry.
    """
    log = reader.log_of(entry.index)
    if log is None:
        raise NotFoundError(f"expected entry {entry.index} in the public log, found it in none")
    place = locator.locate(
        log.origin, entry.index - log.first, _log_key(config, ring), entry.envelope
    )
    machine = reader.machine(entry.machine) if entry.machine else None
    matter = getattr(entry.body, "matter", None)
    return {
        **_common(config, ring, str(place), place.key_code),
        "entry": entry,
        "body": msgspec.to_builtins(entry.body),
        "number": f"{place.year} / {place.index}",
        "locator": str(place),
        "entry_code": locator.grouped(place.entry_code),
        "machine": machine,
        "village_name": _village_name(machine),
        "matter": MatterNames(reader, now_ms).of(entry.machine, matter) if matter else "",
    }


def of_village(config: ConsoleSettings, ring: KeyRing, village: str) -> dict[str, Any]:
    """Return what the template of a village's door sheet names.

    Raises:
        NotFoundError: no such village.
    """
    names = {one.code: one.name for one in config.villages}
    if village not in names:
        raise NotFoundError(f"expected a village of this township, found none named {village[:64]}")
    code = locator.key_code(_log_key(config, ring))
    return {**_common(config, ring, code, code), "village_name": names[village]}


def inline_styles(form: Form) -> Markup:
    """Return the styles of a paper as one element, for a file that stands alone."""
    text = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in STYLES[form])
    return Markup("<style>\n{}</style>").format(Markup(text))


def _common(config: ConsoleSettings, ring: KeyRing, fragment: str, key_code: str) -> dict[str, Any]:
    url = config.log.url
    address = None if url is None else f"{url.rstrip('/')}/{NAME}"
    return {
        "township_name": config.township_name,
        "window": config.window,
        "window_phone": config.window_phone,
        "simulated": ring.domain == "sim",
        "address": address,
        "page_name": NAME,
        "key_code": locator.grouped(key_code),
        "qr": qr(fragment if address is None else f"{address}#{fragment}"),
    }


def qr(text: str) -> Markup:
    """Return a QR code as an SVG element, with the quiet zone that its standard asks for."""
    drawn = segno.make(text, error="m", micro=False)
    svg = drawn.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None, light="#fff")
    return Markup(svg)


def _log_key(config: ConsoleSettings, ring: KeyRing) -> bytes:
    record = ring.of(config.id, "log")
    if record is None:
        raise NotFoundError(f"expected a log key record of {config.id}, found none that is trusted")
    return public_bytes(record)


def _village_name(machine: MachineView | None) -> str:
    return "" if machine is None else machine.village_name
