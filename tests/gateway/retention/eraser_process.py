"""A process that confirms erasures, one after the other, as the writer does, until it is killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gateway.commands import ConfirmErasure
from gateway.config import load
from gateway.register.erasing import Eraser
from gateway.register.vault import Vault
from gateway.stores import sqlite
from gateway.wiring import load_keys, open_desk
from ledger import logs


def main(config_path: Path, asked: list[str]) -> None:
    """Confirm each of these; print its hash once its files are gone."""
    logs.configure()
    config = load(config_path)
    keys = load_keys(config)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    desk = open_desk(config, keys, store)
    eraser = Eraser(store, Vault(config.state / "photos", keys.open), config.state / "incoming")
    for name in asked:
        now_ms = time.time_ns() // 1_000_000
        with desk.public.transaction(store, now_ms) as transaction:
            command = ConfirmErasure(by="audit-2", asked=name)
            desk.orders.carry_out(transaction, command, now_ms)
        eraser.finish()
        print(name, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
