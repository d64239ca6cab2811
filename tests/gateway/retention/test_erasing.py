"""What an entry says is erased is gone: from the store, from its files, after any crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.commands import AskErasure, ConfirmErasure
from gateway.register.erasing import Eraser
from gateway.register.vault import Vault
from ledger.topics import Leaf

Town = Any


def asked(town: Town, entry: str, what: Any = "both", by: str = "audit-1") -> str:
    """Ask for an erasure and return the hash of the entry that asks."""
    assert town.order(AskErasure(by=by, entry=entry, what=what, cause="request")).answer == 1
    return str(town.entries()[-1].sha256)


def values(town: Town, sha256: str) -> dict[str, Any] | None:
    with town.store.reader() as reader:
        opening = reader.opening(sha256)
    assert opening is not None
    found: dict[str, Any] | None = opening.values
    return found


def files(town: Town) -> bytes:
    """Return every byte of the store's files."""
    return b"".join(
        path.read_bytes() for path in (town.folder / "state").rglob("*") if path.is_file()
    )


def test_opening_that_never_came_is_not_kept_when_it_comes(staffed: Town) -> None:
    machine = staffed.machines["m-1"]
    filed = staffed.file("F-1")  # refused by the list at once
    staffed.take(machine.message(filed.raw))
    name = asked_by_force(staffed, filed.sha256)

    staffed.take(machine.message(filed.opening, Leaf.OPENING, filed.sha256))

    assert name
    assert values(staffed, filed.sha256) is None


def asked_by_force(town: Town, sha256: str) -> bool:
    """Erase what is not here yet, as a `done` entry of a rebuilt store does."""
    with town.store.transaction() as transaction:
        return not transaction.erase_opening(sha256, town.now_ms)


class Photos:
    """A vault with the page of a request in it, and what removes files."""

    def __init__(self, town: Town, request: str) -> None:
        self.town = town
        self.vault = Vault(town.folder / "photos", town.open_sealed)
        self.eraser = Eraser(town.store, self.vault, town.folder / "incoming")
        with town.store.reader() as reader:
            (self.page,) = reader.photos(request)
        self.put_back()

    @property
    def file(self) -> Path:
        return self.vault.path(self.page.sealed_sha256)

    def put_back(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(b"a sealed page")

    def restart(self) -> Eraser:
        """Start again on the same folder; nothing of the old process is left."""
        self.town.restart()
        return Eraser(self.town.store, self.vault, self.town.folder / "incoming")


@pytest.mark.parametrize("what", ["opening", "photos", "both"])
def test_page_photos_go_with_the_opening_that_names_them(
    staffed: Town, decided: str, what: str
) -> None:
    photos = Photos(staffed, decided)
    part = staffed.folder / "incoming" / "m-1" / f"{photos.page.sealed_sha256}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half a page")

    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided, what)))
    kept = photos.file.exists()
    photos.eraser.finish()

    assert kept  # files go after the commit, never before
    assert not photos.file.exists() and not part.exists()
    assert (values(staffed, decided) is None) == (what != "photos")


def test_file_left_by_a_crash_after_the_commit_goes_at_the_next_start(
    staffed: Town, decided: str
) -> None:
    photos = Photos(staffed, decided)
    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided)))

    photos.restart().again(staffed.now_ms)

    assert not photos.file.exists()
    with staffed.store.reader() as reader:
        assert reader.erased_files() == ()


def test_file_put_back_from_a_backup_goes_at_the_next_start(staffed: Town, decided: str) -> None:
    photos = Photos(staffed, decided)
    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided)))
    photos.eraser.finish()
    photos.put_back()

    photos.restart().again(staffed.now_ms)

    assert not photos.file.exists()


def test_values_that_a_restored_store_brings_back_are_erased_at_the_start(
    staffed: Town, decided: str
) -> None:
    photos = Photos(staffed, decided)
    with staffed.store.reader() as reader:
        data = reader.opening_bytes(decided)
    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided)))
    with staffed.store.transaction() as transaction:  # as an older copy of the table does
        transaction._tables.run(
            "UPDATE openings SET data = ?, erased_ms = NULL WHERE payload_sha256 = ?", data, decided
        )
        transaction._tables.run("DELETE FROM photos")
        transaction.rebuild()

    photos.restart().again(staffed.now_ms)

    assert values(staffed, decided) is None
    assert "张三".encode() not in files(staffed)
    assert not photos.file.exists()


def test_derived_rows_of_erasures_are_rebuilt_alike(staffed: Town, decided: str) -> None:
    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided)))
    before = staffed.store.derived()

    staffed.store.rebuild()

    assert before["erasures"]
    assert staffed.store.derived() == before
