"""Alerts: run every rule over an entry, or over the state of things; drop what is known.

A rule is a module of `gateway.audit.rules`, found by its file name; the township's settings
stand under `[rules.<name>]`. Each rule has CODE, TITLE, BASIS, SEVERITY, KINDS, `class Options`
and `check(entry, history, options)`; `entry` is None for the look at what time alone brings
(silence, gaps, overdue photos, quarantine). A rule is asked about entries of its KINDS only (None
or not said: of all), and always at that look. Rules are pure; nothing here writes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, cast

import msgspec
import structlog
from msgspec import Struct

from gateway.audit import rules as folder
from gateway.errors import ConfigError, StoreError
from gateway.stores import History
from gateway.stores.calendar import local_date
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

SILENT_KINDS = frozenset({"alert", "case", "alert-answer"})  # the gateway's own words about alerts

log = structlog.get_logger()


class RuleModule(Protocol):
    """What a file in `gateway/audit/rules` offers."""

    CODE: str
    TITLE: str
    BASIS: str
    SEVERITY: Severity
    Options: type[Struct]

    def check(self, entry: StoredEntry | None, history: History, options: Any) -> Iterator[Alert]:
        """Yield what is wrong; `entry` None: look at the state of things."""
        ...


class Rule(Struct, frozen=True):
    """A rule with the township's options; `kinds` of entries that it looks at, None: all."""

    name: str
    module: RuleModule
    options: Struct
    kinds: frozenset[str] | None = None


def find() -> dict[str, RuleModule]:
    """Return every rule by file name."""
    names = sorted(one.name for one in pkgutil.iter_modules(folder.__path__))
    modules = {name: importlib.import_module(f"{folder.__name__}.{name}") for name in names}
    return {name: cast(RuleModule, module) for name, module in modules.items()}


def load(settings: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return all rules with their settings.

    Args:
        settings: the tables under `[rules]`, by file name.

    Raises:
        ConfigError: a table for no rule, an unknown key in it, or a value of another type.
    """
    modules = find()
    for name in settings:
        if name not in modules:
            raise ConfigError(
                f"expected one of {', '.join(modules)} under [rules], found [rules.{name}]"
            )
    loaded = []
    for name, module in modules.items():
        try:
            options = msgspec.convert(dict(settings.get(name, {})), module.Options)
        except msgspec.ValidationError as error:
            raise ConfigError(f"[rules.{name}]: {error}") from error
        loaded.append(Rule(name, module, options, getattr(module, "KINDS", None)))
    return tuple(loaded)


def judge(
    entry: StoredEntry, history: History, rules: Iterable[Rule] | None = None
) -> Iterator[Alert]:
    """Yield what the rules newly find about an entry.

    Args:
        history: the log up to and with `entry`.
        rules: from `load`; None stands for all rules as they come.
    """
    if entry.kind not in SILENT_KINDS:
        yield from _new(entry, history, rules)


def judge_time(
    history: History, now_ms: int, rules: Iterable[Rule] | None = None
) -> Iterator[Alert]:
    """Yield what the rules newly find in the state of things.

    Args:
        now_ms: the gateway's time; must be `history.now_ms`.
    """
    if now_ms != history.now_ms:
        raise ValueError(f"expected the history of {now_ms}, found one of {history.now_ms}")
    yield from _new(None, history, rules)


def _new(
    entry: StoredEntry | None, history: History, rules: Iterable[Rule] | None
) -> Iterator[Alert]:
    seen: set[str] = set()
    for rule in load({}) if rules is None else rules:
        if entry is not None and rule.kinds is not None and entry.kind not in rule.kinds:
            continue
        for alert in _found(rule, entry, history):
            if alert.key in seen or history.alert_keyed(alert.key) is not None:
                continue
            seen.add(alert.key)
            yield alert


def _found(rule: Rule, entry: StoredEntry | None, history: History) -> tuple[Alert, ...]:
    """Return what one rule finds. One that fails takes no other's findings with it, and says so:
    who can make a rule fail must not silence it."""
    try:
        return tuple(rule.module.check(entry, history, rule.options))
    except StoreError:
        raise
    except Exception:
        log.exception("alert_rule_failed", rule=rule.name)
    about = local_date(history.now_ms) if entry is None else entry.sha256
    return (
        Alert(
            code=rule.module.CODE,
            severity=rule.module.SEVERITY,
            machine=None if entry is None else entry.machine,
            entry=None if entry is None else entry.sha256,
            finding=Finding(key="finding.rule-failed", values={}),
            key=f"{rule.module.CODE}/failed/{about}",
        ),
    )
