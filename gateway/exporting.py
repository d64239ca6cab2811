"""Export: the township's log as plain files, so that anybody can check it without us.

`entries/%012d.dsse` by index, `photos/` encrypted as they lie here, `acks/` what was acknowledged
last for each machine, `receipts/%012d.tlog-proof` by index: the proof that an entry stands in the
public log as its newest checkpoint has it, `keys/` the key records.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from gateway.config import GatewayConfig, trusted_keys
from gateway.errors import NotFoundError, StoreError
from gateway.register.keybook import KeyBook
from gateway.register.log import GatewayLog
from gateway.stores import Reader, Store, trees
from gateway.stores.views import HoldView
from ledger import codec, proofs, receipts
from ledger.messages import Acknowledgement
from ledger.receipts import Receipt
from ledger.signers import Signer

FOLDERS = ("entries", "photos", "acks", "receipts", "keys")


def export(config: GatewayConfig, store: Store, signer: Signer, target: Path) -> int:
    """Write the log into an empty or new folder and return the number of entries.

    The gateway may run meanwhile: what is exported is the state at one moment.

    Raises:
        StoreError: there are files in the folder already, or it cannot be written.
    """
    if target.exists() and any(target.iterdir()):
        raise StoreError(f"expected an empty folder at {target}, found files in it")
    try:
        for folder in FOLDERS:
            (target / folder).mkdir(parents=True, exist_ok=True)
        for record in sorted(config.keys.glob("*.json")):
            shutil.copy(record, target / "keys")
        with store.reader() as reader:
            _acknowledgements(reader, signer, target / "acks")
            _photos(reader, config.state / "photos", target / "photos")
            count = 0
            _keys(reader, config, target / "keys")
            _receipts(reader, target / "receipts")
            for entry in reader.all_entries():
                (target / "entries" / f"{entry.index:012d}.dsse").write_bytes(entry.envelope)
                count += 1
            return count
    except OSError as error:
        raise StoreError(f"expected to write {target}, found: {error}") from error


def _keys(reader: Reader, config: GatewayConfig, target: Path) -> None:
    """Write the records of the keys that entered with the log; the folder's are there."""
    folder = trusted_keys(config)
    for record in KeyBook(folder).at(reader).ring.records():
        if record not in folder.records():
            data = codec.encode_message(record)
            name = f"{record.role}-{record.holder}-{record.epoch}-{codec.sha256(data)[:12]}.json"
            (target / name).write_bytes(data)


def export_release(store: Store, hold: str, target: Path) -> None:
    """Write the signed release of a held incident into a file, for a machine without network.

    Raises:
        NotFoundError: no such hold, or nobody has released it yet.
        StoreError: the file is there already or cannot be written.
    """
    with store.reader() as reader:
        found = reader.hold(hold)
        entry = None if found is None else _release(reader, found)
    if entry is None:
        raise NotFoundError(f"expected a released hold {hold}: release it at the console first")
    try:
        with target.open("xb") as file:
            file.write(entry)
    except OSError as error:
        raise StoreError(f"expected to create {target}: {error}") from error


def _release(reader: Reader, hold: HoldView) -> bytes | None:
    if hold.released_index is None:
        return None
    entry = reader.entry(hold.released_index)
    return None if entry is None else entry.envelope


def _acknowledgements(reader: Reader, signer: Signer, folder: Path) -> None:
    log = GatewayLog(signer, 0)
    for machine in reader.machines():
        said = Acknowledgement(
            gateway=log.gateway,
            device=machine.machine,
            epoch=machine.epoch,
            seq=machine.seq,
            head=machine.head,
            at_ms=time.time_ns() // 1_000_000,
        )
        path = folder / f"{machine.machine}-{machine.epoch}-{machine.seq:012d}.dsse"
        path.write_bytes(log.seal(said))


def _receipts(reader: Reader, target: Path) -> None:
    """Prove every entry under the newest checkpoint of its year's log."""
    for view in reader.logs():
        read = trees.hashes(reader, view)
        for place in range(view.size):
            path = proofs.prove_inclusion(place, view.size, read)
            receipt = receipts.encode(Receipt(place, path, view.note))
            (target / f"{view.first + place:012d}{receipts.SUFFIX}").write_bytes(receipt)


def _photos(reader: Reader, source: Path, target: Path) -> None:
    """Copy every stored photo that an entry of this moment names."""
    for entry in reader.all_entries():
        for photo in reader.photos(entry.sha256):
            name = f"{photo.sealed_sha256}.age"
            if photo.is_kept and not (target / name).exists():
                shutil.copy(source / photo.sealed_sha256[:2] / name, target / name)
