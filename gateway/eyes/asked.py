"""What the document of a use should say, as far as its request and its opening tell.

Only what stands on such a paper letter by letter is asked for. Numbers of persons and accounts are
left out, and so is every value that is more than a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import StoredEntry
from ledger.records import SealRequest, SealUse

_LEAST_ORG = 4  # characters: shorter names of villages are like too many others
_LONGEST_NAME = 40
# A name of a person or a body and nothing else: no digits, no sentence, no list.
_NAME = re.compile(r"[\u3400-\u9fffA-Za-z][\u3400-\u9fffA-Za-z·•.()（） ]*")


class Asked(Struct, frozen=True, kw_only=True):
    """What to look for on the page; None or empty where nothing is known.

    Args:
        several: the request has more pages than the one that was stamped.
    """

    title: str | None = None
    org: str | None = None
    parties: tuple[str, ...] = ()
    amount_fen: int | None = None
    several: bool = False


def asked_of(reader: Reader, use: StoredEntry, request: str | None) -> Asked:
    """Return what the document of a use should say.

    Args:
        request: hash of the request that it was made for, if any.
    """
    body = use.body
    assert isinstance(body, SealUse)
    machine = reader.machine(use.machine)
    village = "" if machine is None else machine.village_name
    filed = None if request is None else reader.entry(request)
    version = filed.body.list_version if filed and isinstance(filed.body, SealRequest) else None
    opening = None if request is None else reader.opening(request)
    values: Mapping[str, Any] = {} if opening is None else opening.values or {}
    amount = values.get("amount")
    return Asked(
        title=None if machine is None else _title(reader, machine.village, use, version),
        org=village if len(village) >= _LEAST_ORG else None,
        parties=_names(values),
        amount_fen=amount if isinstance(amount, int) and amount > 0 else None,
        several=bool(filed and isinstance(filed.body, SealRequest) and filed.body.pages_count > 1),
    )


def _title(reader: Reader, village: str, use: StoredEntry, version: int | None) -> str | None:
    """The item's name, as the list called it when the use was made."""
    assert isinstance(use.body, SealUse)
    matter = use.body.matter
    found = reader.matters(village, local_date(use.position.at_ms), version)
    return next((one.name for one in found if one.code == matter), None)


def _names(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Applicant and payee, each once, where they are a plain name."""
    found = (str(values.get(name) or "").strip() for name in ("applicant", "payee"))
    plain = (one for one in found if 1 < len(one) <= _LONGEST_NAME and _NAME.fullmatch(one))
    return tuple(dict.fromkeys(plain))
