"""Before it signs anything, the gateway hears of its witnesses whether its store is true."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import witness_start
from gateway.config import load
from gateway.errors import RollbackError, WitnessError
from ledger import checkpoint

Town = Any
ORIGIN = "seal.xiaoshan.example/330109000000/330109110000/2026"


def test_witness_that_knows_nothing_or_less_agrees(
    beats: Callable[[int], None], agree: Callable[[], None]
) -> None:
    agree()
    beats(3)
    agree()
    beats(300)
    agree()
    agree()


def test_edited_row_is_told_by_the_witness(
    town: Town, beats: Callable[[int], None], agree: Callable[[], None], regrow: Any, config: Any
) -> None:
    beats(5)
    agree()
    regrow("UPDATE entries SET envelope = x'7b7d' WHERE idx = 2")

    with pytest.raises(RollbackError) as caught:
        agree()

    assert str(caught.value) == (
        f"expected the log {ORIGIN} to begin with the 5 entries that the witness county has "
        "cosigned, found a store of 5 in which they are others"
    )
    assert "seal-gateway restore" in caught.value.hint
    (file,) = (config.state / "evidence").iterdir()
    kept = json.loads(file.read_text())
    theirs, ours = kept["theirs"], kept["ours"]
    assert theirs.partition("\n\n")[0] != ours.partition("\n\n")[0]
    assert "witness.example/county" in theirs


def test_edited_row_is_told_also_when_the_log_grew(
    beats: Callable[[int], None], agree: Callable[[], None], regrow: Any
) -> None:
    beats(5)
    agree()
    beats(3)
    regrow("UPDATE entries SET envelope = x'7b7d' WHERE idx = 2")

    with pytest.raises(RollbackError, match=r"the 5 entries .* a store of 8 in which they are oth"):
        agree()


def test_cut_tail_is_told_by_the_witness(
    beats: Callable[[int], None], agree: Callable[[], None], regrow: Any
) -> None:
    beats(5)
    agree()
    regrow("DELETE FROM entries WHERE idx >= 3")

    with pytest.raises(RollbackError) as caught:
        agree()

    assert str(caught.value) == (
        f"expected the log {ORIGIN} with the 5 entries that the witness county has cosigned, "
        "found a store of 3"
    )


def test_yesterdays_backup_is_told_by_the_witness(
    town: Town, beats: Callable[[int], None], agree: Callable[[], None], tmp_path: Path
) -> None:
    beats(3)
    agree()
    town.store.close()
    shutil.copytree(town.folder / "state", tmp_path / "yesterday")
    town.restart()
    beats(4)
    agree()
    town.store.close()
    shutil.rmtree(town.folder / "state")
    shutil.copytree(tmp_path / "yesterday", town.folder / "state")
    town.restart()

    with pytest.raises(RollbackError, match=r"with the 7 entries .* county has cosigned, .* of 3"):
        agree()


def test_empty_disk_under_the_old_key_is_told_by_the_witness(
    town: Town, beats: Callable[[int], None], agree: Callable[[], None]
) -> None:
    beats(5)
    agree()
    town.store.close()
    shutil.rmtree(town.folder / "state")
    town.restart()

    with pytest.raises(RollbackError, match=r"with the 5 entries .* found a store of 0"):
        agree()


def test_store_that_was_given_up_does_not_come_back(
    town: Town, county: Any, beats: Callable[[int], None], agree: Callable[[], None], config: Any
) -> None:
    beats(5)
    agree()
    empty = checkpoint.Checkpoint(f"{ORIGIN}-2", 0, checkpoint.EMPTY)
    successor = b"old 0\n\n" + checkpoint.sign(empty, town.log_signer)
    asker = witness_start.Asker(config.state / "evidence")
    (witness,) = witness_start.witnesses.configured(config.log)
    assert asker._call(witness, "add-checkpoint", successor).status == 200

    with pytest.raises(RollbackError, match=f"knows its successor {ORIGIN}-2: this store was give"):
        agree()


def test_witness_that_cannot_be_reached_is_waited_for_only_if_required(
    town: Town,
    county: Any,
    beats: Callable[[int], None],
    agree: Callable[[], None],
    witnessed_config: Callable[..., Path],
) -> None:
    beats(5)
    county.stop()

    agree()
    required = load(witnessed_config(town.folder, "require_witness = true"))
    with pytest.raises(WitnessError, match="one of the witnesses"):
        witness_start.agree(required, town.log_signer, town.store, town.now_ms)


def test_witness_that_refuses_this_log_has_not_agreed_and_stops_nobody(
    town: Town, witnessed_config: Callable[..., Path]
) -> None:
    path = witnessed_config(town.folder, "require_witness = true")
    text = path.read_text().replace('domain = "seal.xiaoshan.example"', 'domain = "new.example"')
    path.write_text(text)
    required = load(path)
    path.write_text(text.replace("require_witness = true", ""))

    witness_start.agree(load(path), town.log_signer, town.store, town.now_ms)
    with pytest.raises(WitnessError, match="found none"):
        witness_start.agree(required, town.log_signer, town.store, town.now_ms)
