"""A seal as the kiosk is told of it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from device.kiosk import port_custody as keeping


def seal(**changes: Any) -> keeping.SealView:
    """Return a seal in its machine, with one order for a take-out."""
    order = keeping.OrderView(permit="h-1", purpose="takeout", not_after_ms=2**50, fits=True)
    usual = keeping.SealView(
        seal="committee",
        name="前进村村民委员会",
        place="in",
        trouble="",
        permit="",
        purpose=None,
        since_ms=0,
        until_ms=None,
        shut=True,
        present=True,
        made=0,
        orders=(order,),
    )
    return structs.replace(usual, **changes)
