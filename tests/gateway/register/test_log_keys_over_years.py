"""Each checkpoint is judged by the key that the log had when it was signed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway.errors import StoreError
from gateway.register.keybook import KeyBook
from gateway.register.publish import Publisher
from gateway.register.tree import PublicLog
from ledger import checkpoint, keyacts, notes
from ledger.errors import UnknownKeyError
from ledger.keyacts import Draft
from ledger.notes import SignatureType
from ledger.signers import Signer
from tests.gateway.key_acts import Keys
from tests.gateway.register.test_cosignatures import Two, beats

Town = Any
YEAR_MS = 366 * 24 * 3600 * 1000


class Years:
    """A founded town whose log got another key in its second year."""

    def __init__(self, town: Town) -> None:
        self.town, self.keys = town, Keys(town).found()
        self.old: Signer = town.log_signer
        self.first, self.second = (self.origin(year) for year in (2026, 2027))
        self.enter(self.keys.enrolment(self.old))
        beats(town, 3)
        self.before = self.head(self.first)
        town.now_ms += YEAR_MS
        beats(town, 2)
        self.new = self.keys.make("gw-1", "log", name="log-2")
        town.log_signer = self.new
        town.public = PublicLog(town.log, self.new, town.public._origin)
        self.enter(self.keys.rotation(self.old, self.new, 0))
        beats(town, 1)
        self.after = self.head(self.second)

    def origin(self, year: int) -> str:
        """Return the name of a year's log."""
        name: str = self.town.public._origin(year)
        return name

    def enter(self, draft: Draft) -> None:
        """Append an act that the county agreed to."""
        body = keyacts.body(self.keys.agree(draft))
        with self.town.public.transaction(self.town.store, self.town.now_ms) as transaction:
            self.town.log.append(transaction, body, self.town.now_ms)

    def head(self, origin: str) -> bytes:
        """Return the newest checkpoint of a log."""
        with self.town.store.reader() as reader:
            note: bytes = reader.log(origin).checkpoint
        return note

    def forged(self) -> bytes:
        """Return the newest checkpoint of the second year as the old key would sign it."""
        head = checkpoint.parse(notes.parse(self.after).text)
        return checkpoint.sign(head, self.old)


@pytest.fixture
def years(town: Town) -> Years:
    return Years(town)


def test_files_of_all_years_are_ours_at_a_start_under_the_new_key(
    years: Years, tmp_path: Path
) -> None:
    folder, book = tmp_path / "public", partial(KeyBook, years.town.ring)
    with years.town.store.reader() as reader:
        Publisher(folder, book()).publish(reader)

        Publisher(folder, book()).check(reader)

    for year, signer in (("2026", years.old), ("2027", years.new)):
        name = years.origin(int(year))
        key = notes.key_of(signer.record, name, SignatureType.ED25519)
        assert (folder / year / "log.vkey").read_text() == f"{key.vkey}\n"


def test_a_file_that_the_old_key_signed_after_its_end_is_not_ours(
    years: Years, tmp_path: Path
) -> None:
    folder = tmp_path / "public"
    with years.town.store.reader() as reader:
        Publisher(folder, KeyBook(years.town.ring)).publish(reader)
        (folder / "2027" / "checkpoint").write_bytes(years.forged())

        with pytest.raises(StoreError, match="expected a checkpoint of ours"):
            Publisher(folder, KeyBook(years.town.ring)).check(reader)


def test_cosignatures_of_both_years_are_kept_and_no_others(years: Years, tmp_path: Path) -> None:
    two = Two(years.town, tmp_path)

    kept = [two.keep(two.cosigned("county", note)) for note in (years.before, years.after)]
    with pytest.raises(UnknownKeyError):
        two.keep(two.cosigned("county", years.forged()))

    assert kept == [5, 5]


def test_the_old_key_could_not_have_signed_one_entry_more(years: Years) -> None:
    with years.town.store.reader() as reader:
        terms = KeyBook(years.town.ring).at(reader).log_terms
    head = checkpoint.parse(notes.parse(years.after).text)

    last = structs.replace(head, size=3)  # log-start and two entries: the rotation is the fourth

    assert terms.verify(checkpoint.sign(last, years.old)) == last
    with pytest.raises(UnknownKeyError):
        terms.verify(checkpoint.sign(structs.replace(head, size=4), years.old))
