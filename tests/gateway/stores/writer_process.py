"""A process that takes heartbeats into a store and says what was acknowledged, until killed."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from gateway.config import directory, load, trusted_keys
from gateway.register.intake import Batch, Intake
from gateway.register.log import GatewayLog
from gateway.stores import sqlite
from ledger.bus import Message
from ledger.signers import keyfile


def main(config_path: Path) -> None:
    """Take `topic base64` lines from stdin; after each commit print `device seq head`."""
    config = load(config_path)
    ring = trusted_keys(config)
    signer = keyfile.load(config.signer, config.signer_record)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    with store.transaction() as transaction:
        transaction.set_directory(*directory(config, lambda name: ring.of(name, "device")))
        log = GatewayLog(signer, transaction.start_boot())
    intake = Intake(config.township, ring, log, lambda entry, history: (), lambda data: data)
    for line in sys.stdin:
        batch = Batch()
        with store.transaction() as transaction:
            for item in line.split():
                topic, raw = item.split("=", 1)
                message = Message(topic, base64.b64decode(raw))
                intake.take(transaction, message, 1_790_000_000_000, batch)
        for (device, _), head in batch.heads.items():
            print(device, head.seq, head.sha256, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
