"""Book: how an order writes an entry of the gateway, and what an order leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from gateway.errors import NotAllowedError, NotFoundError
from gateway.register import words
from gateway.register.intake import Intake
from gateway.register.log import GatewayLog, Letter
from gateway.stores import DeskReader, Transaction
from gateway.stores.views import Account, StoredEntry
from ledger.disclosure import Opened
from ledger.records import Record
from ledger.records_people import AccountAct, Act


class Done(Struct, frozen=True, kw_only=True):
    """What a command led to: its answer, messages to send, and whether the lists changed.

    `troubled`: something came that a rule should look at before the commit. `erased`: photo
    files must go after the commit.
    """

    answer: object
    letters: tuple[Letter, ...] = ()
    lists_changed: bool = False
    troubled: bool = False
    erased: bool = False


class Book:
    """Appends entries of our own and has them judged like all others."""

    def __init__(self, log: GatewayLog, intake: Intake, township: str) -> None:
        self._log, self._township = log, township
        self._intake = intake

    def words(
        self, transaction: Transaction, entry: StoredEntry, now_ms: int
    ) -> tuple[Letter, ...]:
        """Return what brings the words of an answer that was just appended to its machine."""
        found = words.letter(transaction, self._log, self._township, entry, now_ms)
        return () if found is None else (found,)

    def words_erased(
        self, transaction: Transaction, targets: Iterable[str], now_ms: int
    ) -> tuple[Letter, ...]:
        """Return what takes words that were erased away from the broker and the machines."""
        entries = (transaction.entry(target) for target in targets)
        found = (
            words.taken_back(self._township, one, now_ms) for one in entries if one is not None
        )
        return tuple(one for one in found if one is not None)

    def append(
        self,
        transaction: Transaction,
        body: Record,
        now_ms: int,
        opened: Mapping[str, Opened] | None = None,
    ) -> StoredEntry:
        """Append an entry with what opens its commitments; raise the alerts that it causes."""
        entry = self._log.append(transaction, body, now_ms, opened)
        self._intake.judged(transaction, entry, now_ms)
        return entry

    def note(
        self,
        transaction: Transaction,
        account: Account,
        act: Act,
        by: str,
        released_by: str | None,
        now_ms: int,
    ) -> int:
        """Write down what became of an account, as it is now; return the entry's index."""
        body = AccountAct(
            account=account.account,
            act=act,
            offices=account.offices,
            village=account.village,
            by=by,
            released_by=released_by,
        )
        return self.append(transaction, body, now_ms).index


def named_account(reader: DeskReader, name: str) -> Account:
    """Return the account that an order is about.

    Raises:
        NotFoundError: there is none.
    """
    account = reader.account(name)
    if account is None:
        raise NotFoundError(f"expected an account, found none named {name[:40]}")
    return account


def known_account(reader: DeskReader, name: str) -> Account:
    account = reader.account(name)
    if account is None:
        raise NotAllowedError(f"expected an account, found none named {name}")
    return account
