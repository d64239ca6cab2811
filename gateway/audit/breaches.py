"""Breaches: the alert of a rule that can be broken in several ways by one entry. Pure."""

from __future__ import annotations

from gateway.stores.views import Alert, Finding, Severity, StoredEntry


def breach(
    entry: StoredEntry,
    code: str,
    what: str,
    *,
    severity: Severity = "red",
    follow_up: str = "",
    **values: str | int,
) -> Alert:
    """Return the alert of the rule `code` about an entry; each way of breaking it is raised once.

    Args:
        what: how it is broken; the text is `finding.<code>.<what>`, whose blanks are `values`.
        follow_up: see `Alert`.
    """
    return Alert(
        code=code,
        severity=severity,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key=f"finding.{code}.{what}", values=values),
        key=f"{code}/{what}/{entry.sha256}",
        follow_up=follow_up,
    )
