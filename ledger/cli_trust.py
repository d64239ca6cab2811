"""What the options of `seal-verify` say is to be believed; and how it prints."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from ledger import algorithms, codec, notes, policy, sm2, texts
from ledger.auditing import Trust, read_key_records
from ledger.errors import LedgerError, PolicyError, UnknownKeyError
from ledger.findings import Findings
from ledger.messages import KeyRecord
from ledger.mirror import Mirror
from ledger.notes import NoteKey
from ledger.policy import Policy
from ledger.signers import keyfile
from ledger.texts import Language, say
from ledger.verify import Progress
from ledger.verify_heads import LogKey, LogKeys, other_lines, township_of

FINDINGS = 4


class Options(Struct, frozen=True, kw_only=True):
    """What every command may be given."""

    language: Language
    key: str | None
    keys: Path | None
    policy: Path | None
    trust_published: bool = False


def load_trust(options: Options, root: Mirror | None = None) -> Trust:
    """Return what the options say is to be believed.

    Args:
        root: whose published keys serve where the options say so.

    Raises:
        UnknownKeyError: no key of the log, or one that cannot be read.
        PolicyError: the policy file is not one.
    """
    records = _folder(options.keys)
    if options.trust_published and root is not None:
        records += read_key_records(root)
    rules = _policy(options.policy)
    keys = _log_keys(options.key, records, rules)
    return Trust(log_keys=keys, records=records, policy=rules)


def trusted_records(options: Options) -> tuple[bytes, ...]:
    """Return the key records of the trusted folder.

    Raises:
        UnknownKeyError: a record that cannot be read.
    """
    return _folder(options.keys)


def simulated(records: tuple[bytes, ...]) -> bool:
    """Return whether one of the keys belongs to a simulated machine."""
    return any(_record(data).domain == "sim" for data in records)


def tell_unchecked(language: Language, records: tuple[bytes, ...]) -> None:
    """Say so if one of these keys signs with a second one that can not be verified here."""
    if not sm2.available() and any(_record(data).second is not None for data in records):
        click.echo(say(language, "notice.sm2-missing"))


def tell_other_lines(language: Language, trust: Trust, note: bytes) -> None:
    """Say how many signature lines of a head were not checked, for want of their keys."""
    witnesses = () if trust.policy is None else trust.policy.witness_keys
    count = other_lines(note, trust.log_keys, witnesses)
    if count:
        click.echo(say(language, "notice.other-lines", count=count))


def told(language: Language, findings: Findings) -> None:
    """Print the findings; end the program with 4 if there are any."""
    for line in texts.tell(language, findings):
        click.echo(line)
    if len(findings):
        click.echo(say(language, "bad", count=len(findings)))
        sys.exit(FINDINGS)


def fail(error: LedgerError, code: int) -> None:
    """Print an error in one line, who must act in a second, and end the program."""
    click.echo(f"{error.code}: {error}", err=True)
    click.echo(error.hint, err=True)
    sys.exit(code)


@contextmanager
def progress_bar(language: Language) -> Iterator[Progress | None]:
    """Show a bar while entries are verified, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    bar: Any = None

    def show(done: int, everything: int) -> None:
        nonlocal bar
        if bar is None:
            label = say(language, "progress")
            bar = click.progressbar(length=everything, label=label, file=sys.stderr)
            bar.__enter__()
        bar.update(done - bar.pos)

    try:
        yield show
    finally:
        if bar is not None:
            bar.__exit__(None, None, None)


def cores() -> int:
    """Return how many processes this program may keep busy."""
    return len(os.sched_getaffinity(0))


def this_year() -> int:
    """Return the year that it is in China."""
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.now(zone).year


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--key`, `--keys`, `--policy` and `--lang`."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    options = (
        click.option("--key", help="The log's key: a vkey, a file with one, or its key record."),
        click.option("--keys", type=folder, help="Folder of the key records that you trust."),
        click.option("--policy", type=file, help="Whose witnesses must have signed (C2SP)."),
        click.option(
            "--lang",
            "language",
            type=click.Choice(["zh", "en"]),
            default="zh",
            show_default=True,
            help="Language of what is found.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _folder(folder: Path | None) -> tuple[bytes, ...]:
    if folder is None:
        return ()
    found = []
    for path in sorted(folder.glob("*.json")):
        found.append(codec.encode_message(keyfile.read_record(path)))
    return tuple(found)


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return policy.parse(path.read_bytes())
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}") from error


def _log_keys(given: str | None, records: tuple[bytes, ...], rules: Policy | None) -> LogKeys:
    """Return the key that was given, else those of the trusted folder, else of the policy."""
    if given is not None:
        return LogKeys((_read_key(given),))
    found = [_of_record(record) for record in map(_record, records) if record.role == "log"]
    if not found and rules is not None:
        found = [_of_note(log.key) for log in rules.logs]
    if not found:
        raise UnknownKeyError(
            "expected the log's key, found none: give it with --key, or put its key record into "
            "the folder of --keys"
        )
    return LogKeys(tuple(found))


def _read_key(given: str) -> LogKey:
    path = Path(given)
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace").strip()
        if text.startswith("{"):
            return _of_record(keyfile.read_record(path))
        given = text
    return _of_note(notes.parse_vkey(given))


def _of_record(record: KeyRecord) -> LogKey:
    key = algorithms.read(record)
    return LogKey(key.raw, record.township, key.second.raw if key.second else b"")


def _of_note(key: NoteKey) -> LogKey:
    return LogKey(key.public_key, township_of(key.name))


def _record(data: bytes) -> KeyRecord:
    record = codec.decode_message(codec.payload_type(KeyRecord.kind), data)
    assert isinstance(record, KeyRecord)
    return record
