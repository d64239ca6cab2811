"""Numbers that come in addresses, searches and forms: bounded before they reach the store."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Interval

Number = Annotated[int, Interval(ge=0, le=2**53)]
"""An index, a version or a time in ms: as large as a page's script tells exactly."""
