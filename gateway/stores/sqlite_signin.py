"""Tries, second factors and resets in SQLite."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from gateway.stores.signin import Attempts, Factor, Passkey, Reset
from gateway.stores.sqlite_people import PeopleQueries
from gateway.stores.tables import Tables

_PASSKEY = "SELECT credential, account, public_key, sign_count, label, added_ms FROM passkeys"


class SignInQueries(PeopleQueries):
    """See `gateway.stores.signin.SignInReader`."""

    def attempts(self, name: str) -> Attempts | None:
        row = self._tables.row("SELECT name, count, last_ms FROM attempts WHERE name = ?", name)
        return None if row is None else Attempts(name=row[0], count=row[1], last_ms=row[2])

    def factor(self, account: str) -> Factor | None:
        row = self._tables.row(
            "SELECT account, secret, last_step, recovery, enrolled_ms FROM factors"
            " WHERE account = ?",
            account,
        )
        return None if row is None else _factor(row)

    def passkeys(self, account: str) -> tuple[Passkey, ...]:
        rows = self._tables.rows(f"{_PASSKEY} WHERE account = ? ORDER BY added_ms", account)
        return tuple(_passkey(row) for row in rows)

    def passkey(self, credential: str) -> Passkey | None:
        row = self._tables.row(f"{_PASSKEY} WHERE credential = ?", credential)
        return None if row is None else _passkey(row)

    def resets(self) -> tuple[Reset, ...]:
        rows = self._tables.rows(
            "SELECT account, password_hash, asked_by, asked_ms, confirmed_by FROM resets ORDER BY 1"
        )
        return tuple(
            Reset(account=row[0], password_hash=row[1], by=row[2], asked_ms=row[3],
                  confirmed_by=row[4])
            for row in rows
        )  # fmt: skip


class SignInWrites:
    """See `gateway.stores.signin.SignInWriter`; part of the transaction."""

    _tables: Tables

    def put_attempts(self, name: str, attempts: Attempts | None, most: int) -> None:
        self._tables.run("DELETE FROM attempts WHERE name = ?", name)
        if attempts is None:
            return
        self._tables.insert(
            "attempts", name=attempts.name, count=attempts.count, last_ms=attempts.last_ms
        )
        self._tables.run(
            "DELETE FROM attempts WHERE name NOT IN"
            " (SELECT name FROM attempts ORDER BY last_ms DESC, name LIMIT ?)",
            most,
        )

    def put_factor(self, account: str, factor: Factor | None) -> None:
        self._tables.run("DELETE FROM factors WHERE account = ?", account)
        if factor is not None:
            self._tables.insert(
                "factors",
                account=factor.account,
                secret=factor.secret,
                last_step=factor.last_step,
                recovery=msgspec.json.encode(factor.recovery).decode(),
                enrolled_ms=factor.enrolled_ms,
            )

    def put_passkey(self, credential: str, passkey: Passkey | None) -> None:
        self._tables.run("DELETE FROM passkeys WHERE credential = ?", credential)
        if passkey is not None:
            self._tables.insert("passkeys", **structs.asdict(passkey))

    def forget_access(self, account: str) -> bool:
        gone = self._tables.run("DELETE FROM factors WHERE account = ?", account)
        gone += self._tables.run("DELETE FROM passkeys WHERE account = ?", account)
        return gone > 0

    def put_reset(self, account: str, reset: Reset | None) -> None:
        self._tables.run("DELETE FROM resets WHERE account = ?", account)
        if reset is not None:
            self._tables.insert(
                "resets",
                account=reset.account,
                password_hash=reset.password_hash,
                asked_by=reset.by,
                asked_ms=reset.asked_ms,
                confirmed_by=reset.confirmed_by,
            )


def _passkey(row: tuple[Any, ...]) -> Passkey:
    return Passkey(
        credential=row[0],
        account=row[1],
        public_key=row[2],
        sign_count=row[3],
        label=row[4],
        added_ms=row[5],
    )


def _factor(row: tuple[Any, ...]) -> Factor:
    return Factor(
        account=row[0],
        secret=row[1],
        last_step=row[2],
        recovery=msgspec.json.decode(row[3], type=tuple[str, ...]),
        enrolled_ms=row[4],
    )
