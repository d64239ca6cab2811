"""seal-verify: check a public log with its public files and public keys alone.

Exit codes: 0 everything holds, 2 usage, 4 with findings, 5 the files cannot be reached.
What was found goes to stdout, Chinese first; `--lang en` switches.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ledger import auditing, cli_watch, device_folder, receipts, texts, trusted_heads, verify_device
from ledger.auditing import Report
from ledger.checkpoint import Checkpoint
from ledger.cli_trust import (
    Options,
    common,
    cores,
    fail,
    load_trust,
    progress_bar,
    simulated,
    tell_other_lines,
    tell_unchecked,
    told,
    trusted_records,
)
from ledger.errors import LedgerError
from ledger.findings import Findings, Place
from ledger.mirror import Mirror, UnreachableError, open_mirror, this_year, year_logs
from ledger.monitor import Monitor
from ledger.texts import Language, beijing, say
from ledger.trusted_heads import Trust
from ledger.verify import growth
from ledger.verify_chains import Authority, Folder, History, read_record
from ledger.verify_device import Export
from ledger.verify_heads import believe
from ledger.verify_spans import Keyring

USAGE, FINDINGS, UNREACHABLE = 2, 4, 5
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
CACHE = click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keeps what a web address need not be asked again.",
)
PUBLISHED = click.option(
    "--trust-published", is_flag=True, help="Believe the keys that lie beside the log."
)


def exits(command: Callable[..., None]) -> Callable[..., None]:
    """Collect the common options, and turn errors into a line on stderr and an exit code."""

    @functools.wraps(command)
    def guarded(
        *args: Any, key: str | None, keys: Path | None, policy: Path | None, founding: str,
        language: Language, trust_published: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        options = Options(
            language=language,
            key=key,
            keys=keys,
            policy=policy,
            founding=founding,
            trust_published=trust_published,
        )
        try:
            command(options, *args, **kwargs)
        except UnreachableError as error:
            fail(error, UNREACHABLE)
        except LedgerError as error:
            fail(error, USAGE)

    return guarded


@click.group()
@click.version_option(package_name="sealkeeper")
def main() -> None:
    """Check a public log: nobody needs to be believed but the holders of the keys."""


@main.command()
@click.argument("source")
@click.option("--since", type=FILE, multiple=True, help="An older checkpoint of this log.")
@CACHE
@PUBLISHED
@common
@exits
def log(options: Options, source: str, since: tuple[Path, ...], cache: Path | None) -> None:
    """Check everything at SOURCE: the logs of all years, or of one."""
    root, logs = year_logs(open_mirror(source, cache), this_year())
    _ask_for_keys(options)
    trust = load_trust(options, root)
    wrong = Findings()
    older = [_believe(wrong, path.read_bytes(), path.name, trust) for path in since]
    told(options.language, wrong)
    with progress_bar(options.language) as progress:
        known = [head for head in older if head is not None]
        report = auditing.audit(root, logs, trust, known, processes=cores(), progress=progress)
    _show_report(options, trust, report)
    told(options.language, report.findings)
    said = say(options.language, "good.log", entries=report.entries, logs=len(report.heads))
    click.echo(said)


@main.command()
@click.argument("file", type=FILE)
@common
@exits
def entry(options: Options, file: Path) -> None:
    """Check the signature of one entry, the FILE with its envelope."""
    findings = Findings()
    language, trusted = options.language, Keyring(trusted_records(options))
    try:
        found = verify_device.verify_entry(file.read_bytes(), trusted)
    except LedgerError as error:
        findings.add(f"entry-{error.code}", Place(log=file.name), str(error))
        told(language, findings)
        return
    position = found.position
    tell_unchecked(language, trusted_records(options))
    click.echo(
        say(
            language,
            "good.entry",
            author=position.author[1],
            seq=position.seq,
            kind=found.body.kind,
            time=beijing(position.at_ms),
        )
    )


@main.command()
@click.argument("file", type=FILE)
@click.option("--entry", "entry_file", type=FILE, required=True, help="The entry's envelope.")
@click.option("--source", help="The log as it is now: has it kept this entry?")
@common
@exits
def receipt(options: Options, file: Path, entry_file: Path, source: str | None) -> None:
    """Check that a receipt FILE proves an entry to stand in the public log."""
    trust, findings, language = load_trust(options), Findings(), options.language
    try:
        raw, leaf = file.read_bytes(), entry_file.read_bytes()
        proved = verify_device.verify_receipt(raw, leaf, trust.log_keys, trust.policy)
    except LedgerError as error:
        findings.add(f"receipt-{error.code}", Place(log=file.name), str(error))
        told(language, findings)
        return
    if source is not None:
        mirror = _log_of(source, proved.head.origin)
        now = _believe(findings, trusted_heads.read_note(mirror), mirror.location, trust)
        if now is not None:
            findings.extend(growth(proved.head, now, mirror.read))
    told(language, findings)
    tell_unchecked(language, trust.records)
    tell_other_lines(language, trust, receipts.parse(raw).checkpoint)
    click.echo(
        say(
            language,
            "good.receipt",
            log=proved.head.origin,
            number=proved.index + 1,
            size=proved.head.size,
        )
    )


@main.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.argument("source")
@common
@exits
def consistency(options: Options, old: Path, new: Path, source: str) -> None:
    """Check that a log only grew from checkpoint OLD to NEW, with the tiles at SOURCE."""
    trust, findings, language = load_trust(options), Findings(), options.language
    before, after = (_believe(findings, one.read_bytes(), one.name, trust) for one in (old, new))
    told(language, findings)
    assert before is not None and after is not None, "else there was a finding"
    if before.origin != after.origin:
        raise click.UsageError(f"two logs: {before.origin} and {after.origin}")
    findings.extend(growth(before, after, _log_of(source, after.origin).read))
    told(language, findings)
    tell_unchecked(language, trust.records)
    said = say(language, "good.consistency", log=after.origin, old=before.size, new=after.size)
    click.echo(said)


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--source", help="The public log: its founding says whose the machine's keys are.")
@CACHE
@common
@exits
def device(options: Options, folder: Path, source: str | None, cache: Path | None) -> None:
    """Check FOLDER, which `seal-device export` wrote: chain, signatures, receipts."""
    language = options.language
    _ask_for_keys(options)
    export = device_folder.read(folder)
    authority: Authority = Folder(trusted_records(options))
    log_keys, kept = None, Findings()
    if source is not None:
        trust = load_trust(options)
        report, kept = _check_source(options, source, cache, trust, export)
        log_keys = trust.log_keys
        if report.history is not None:
            authority = History(report.history)
    else:
        try:
            log_keys = load_trust(options).log_keys
        except LedgerError:
            click.echo(say(language, "notice.no-log-key"))
    findings = verify_device.verify_export(folder.name, export, authority, log_keys)
    findings.extend(kept)
    told(language, findings)
    missing = verify_device.unproved(export)
    if missing:
        said = say(language, "notice.unproved", count=len(missing), first=missing[0])
        click.echo(said)
    tell_unchecked(language, authority.records())
    proved = len(export.entries) - len(missing)
    click.echo(say(language, "good.device", entries=len(export.entries), proved=proved))


@main.command()
@click.argument("source")
@PUBLISHED
@common
@exits
def keys(options: Options, source: str) -> None:
    """List the keys of the log at SOURCE, with the authority of each; check the whole log."""
    root, logs = year_logs(open_mirror(source), this_year())
    _ask_for_keys(options)
    trust = load_trust(options, root)
    report = auditing.audit(root, logs, trust, processes=cores())
    count = _show_keys(options.language, trust, report)
    told(options.language, report.findings)
    tell_unchecked(options.language, trust.records)
    click.echo(say(options.language, "good.keys", keys=count))
    if options.trust_published:
        click.echo(say(options.language, "notice.published-keys"))


@main.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder for the last good checkpoints and for evidence.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option("--every", default=600, show_default=True, help="Seconds from look to look.")
@click.option(
    "--silent", default=24, show_default=True, help="Hours without a new entry that are a finding."
)
@CACHE
@common
@exits
def watch(
    options: Options,
    sources: tuple[str, ...],
    state: Path,
    once: bool,
    every: int,
    silent: int,
    cache: Path | None,
) -> None:
    """Follow the logs at SOURCES; end with 4 when one of them was rewritten."""
    _ask_for_keys(options)
    trust = load_trust(options)
    tell_unchecked(options.language, trust.records)
    watchers = {
        source: Monitor(state, open_mirror(source, cache), trust, processes=cores())
        for source in sources
    }
    if not once:
        cli_watch.follow(options.language, watchers, state, silent * 3600, every)
    elif not cli_watch.look(options.language, watchers, state, silent * 3600):
        sys.exit(UNREACHABLE)


def _check_source(
    options: Options, source: str, cache: Path | None, trust: Trust, export: Export
) -> tuple[Report, Findings]:
    """Return the audit of the public log, and what it has not kept of the machine's receipts."""
    root, logs = year_logs(open_mirror(source, cache), this_year())
    with progress_bar(options.language) as progress:
        report = auditing.audit(root, logs, trust, processes=cores(), progress=progress)
    findings = Findings()
    findings.extend(report.findings)
    heads = {head.checkpoint.origin: head.checkpoint for head in report.heads}
    read = {
        origin: functools.lru_cache(maxsize=256)(_log_of(source, origin).read) for origin in heads
    }
    for old in verify_device.promised(export, trust.log_keys):
        if old.origin in heads:
            findings.extend(growth(old, heads[old.origin], read[old.origin]))
        else:
            place = Place(log=old.origin, index=old.size)
            findings.add("log-shrunk", place, f"expected {old.size} entries, found no such log")
    return report, findings


def _believe(findings: Findings, note: bytes, name: str, trust: Trust) -> Checkpoint | None:
    """Return what a signed note says, or note a finding."""
    try:
        return believe(note, trust.log_keys).checkpoint
    except LedgerError as error:
        findings.add(f"checkpoint-{error.code}", Place(log=name), str(error))
        return None


def _ask_for_keys(options: Options) -> None:
    if options.keys is None and not options.trust_published:
        raise click.UsageError(
            "name a folder of key records that you trust (--keys DIR); keys that come with the "
            "log itself prove nothing until somebody has compared them"
        )


def _log_of(source: str, origin: str) -> Mirror:
    """Return the mirror of one year's log, given that or the root of a township's files."""
    mirror = open_mirror(source)
    if mirror.read(trusted_heads.CHECKPOINT) is not None:
        return mirror
    return mirror.below(origin.rsplit("/", 1)[1])


def _show_report(options: Options, trust: Trust, report: Report) -> None:
    language = options.language
    for head in report.heads:
        root = head.checkpoint.root.hex()
        said = say(
            language, "good.head", log=head.checkpoint.origin, size=head.checkpoint.size, root=root
        )
        click.echo(said)
    if report.heads:
        tell_other_lines(language, trust, report.heads[-1].note)
    for notice in report.notices:
        values: dict[str, str | int] = {"log": notice.place.log, "count": notice.count}
        click.echo(say(language, f"notice.{notice.code}", **values))
    tell_unchecked(language, trust.records)
    if simulated(trust.records):
        click.echo(say(language, "notice.simulated"))
    if options.trust_published:
        _show_keys(language, trust, report)
        click.echo(say(language, "notice.published-keys"))


def _show_keys(language: Language, trust: Trust, report: Report) -> int:
    """Print every key with its whole id; return how many there are."""
    if report.history is None:
        lines = texts.record_lines(language, trust.records)
    else:
        lines = texts.history_lines(language, report.history)
        own = [data for data in trust.records if read_record(data).role == "log"]
        lines += texts.record_lines(language, own)
        click.echo(say(language, "founding", sha256=report.history.log))
    for line in lines:
        click.echo(line)
    return sum(not line.startswith(" ") for line in lines)
