"""seal-gateway retention: the overview on the command line, which changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gateway.cli import main
from gateway.commands import AskErasure


def test_overview_names_periods_what_is_due_and_what_waits(
    staffed: Any, decided: str, write_config: Callable[..., Path]
) -> None:
    long_ago_ms = staffed.now_ms - 20 * 365 * 24 * 3600 * 1000
    with staffed.store.transaction() as transaction:
        transaction._tables.run(
            "UPDATE entries SET received_ms = ? WHERE sha256 = ?", long_ago_ms, decided
        )
    staffed.now_ms = time.time_ns() // 1_000_000
    staffed.order(AskErasure(by="audit-1", entry=decided, what="both", cause="request"))
    config = write_config(staffed.folder)
    before = staffed.entries()
    env = {"SEAL_CONFIG": str(config)}

    result = CliRunner(env=env).invoke(main, ["retention"])

    assert result.exit_code == 0, result.output
    assert "内容 3 年，照片 3 年" in result.output
    assert "到期 2006-" in result.output and "内容 1，照片 1" in result.output
    assert "audit-1" in result.output
    assert staffed.entries() == before
