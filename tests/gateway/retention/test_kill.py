"""Killed while it erases, the gateway has erased all or nothing of each entry once it is back."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.commands import AskErasure, Decide
from gateway.config import load
from gateway.register.erasing import Eraser
from gateway.register.vault import Vault
from gateway.stores import sqlite

Town = Any
ROOT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).with_name("eraser_process.py")
COUNT = 24
DEADLINE_S = 60


def wished(town: Town, vault: Vault, n: int) -> tuple[str, str, str]:
    """File and refuse a request with its page photo; return it, the file, and who asks."""
    filed = town.file()
    town.submit(filed)
    town.order(Decide(by="chair", request=filed.sha256, decision="refuse", note="不符"))
    page = filed.page.ref.sealed_sha256
    vault.path(page).parent.mkdir(parents=True, exist_ok=True)
    vault.path(page).write_bytes(filed.page.sealed)
    wish = AskErasure(by="audit-1", entry=filed.sha256, what="both", cause="request")
    town.order(wish)
    return filed.sha256, page, town.entries()[-1].sha256


@pytest.mark.slow
@pytest.mark.parametrize("run", range(4))
def test_killed_while_erasing_leaves_no_half(
    staffed: Town, write_config: Callable[..., Path], run: int
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    config = write_config(staffed.folder)
    folder = load(config).state
    vault = Vault(folder / "photos", staffed.open_sealed)
    staffed.now_ms = time.time_ns() // 1_000_000
    wishes = [wished(staffed, vault, n) for n in range(COUNT)]
    staffed.store.close()

    told = _killed(config, [asked for _, _, asked in wishes], random.Random(seed))
    left = [page for _, page, _ in wishes if vault.has(page)]
    staffed.store = sqlite.connect(sqlite.Options(folder=folder))
    Eraser(staffed.store, vault, folder / "incoming").again(staffed.now_ms)

    done = 0
    with staffed.store.reader() as reader:
        for request, page, asked in wishes:
            erased = reader.erasure(asked).done_index is not None
            done += erased
            assert (reader.opening(request).values is None) == erased
            assert vault.has(page) != erased
            assert erased or asked not in told
        assert reader.erased_files() == ()
    print(f"{done} of {COUNT} erased, {len(told)} told, {len(left)} files after the kill")
    data = b"".join(path.read_bytes() for path in folder.rglob("*.sqlite*"))
    assert data.count("张三".encode()) == COUNT - done


def _killed(config: Path, asked: list[str], chance: random.Random) -> set[str]:
    """Run the process, kill it at a random moment, and return what it said was gone."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(config), *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        text=True,
    )
    assert process.stdout is not None
    told = set()
    try:
        for _ in range(chance.randrange(1, COUNT)):
            told.add(process.stdout.readline().strip())
        deadline_s = time.monotonic() + chance.random() * 0.02  # somewhere within the next one
        while time.monotonic() < deadline_s:
            pass
    finally:
        process.kill()
        rest, _ = process.communicate(timeout=DEADLINE_S)
    return told | set(rest.split())
