"""A desk with people who may erase, and a request that nobody needs any longer."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands import Decide

Town = Any


@pytest.fixture
def staffed(desk: Town) -> Town:
    """Return a desk with two auditors, and a second account of one of them."""
    desk.account("audit-1", "auditor", person="zhao")
    desk.account("audit-2", "auditor", person="qian")
    desk.account("zhao-too", "administrator", person="zhao")
    return desk


@pytest.fixture
def decided(staffed: Town) -> str:
    """Return a request that was approved, used up and whose permit has run out."""
    filed = staffed.file()
    staffed.submit(filed)
    staffed.order(Decide(by="chair", request=filed.sha256, decision="approve", note="同意"))
    staffed.now_ms += 10 * 24 * 3600 * 1000
    return str(filed.sha256)
