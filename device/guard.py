"""Guard: what a reading of the controller says when nothing is granted. Pure."""

from __future__ import annotations

from hardware.interfaces import Report, Settlement

HOLDING = ("tamper", "press-without-grant", "second-press")  # latched alarms that need a person
NEVER_EXPLAINED = ("tamper", "mode-was-set")  # latched alarms that no opened hatch explains
NOTED = {"door": "door-opened", "mode-was-set": "mode-was-set"}  # latched, and only written down


def obstacle(report: Report) -> str:
    """Return why no impression may be begun now, as a stable word, or ""."""
    inputs = report.inputs
    obstacles = (
        (not inputs.door_closed, "door-open"),
        (not inputs.mains_ok, "mains-lost"),
        (not inputs.seal_present, "no-seal"),
        (not inputs.press_top, "press-not-up"),
    )
    return next((word for found, word in obstacles if found), "")


def intrusion(report: Report, stray_presses: int) -> str:
    """Return what only tampering explains while nothing is granted, as a stable word, or ""."""
    signs = (
        (not report.inputs.tamper_ok, "tamper"),
        (stray_presses > 0, "press-without-grant"),
        (not report.inputs.bolt_out and not report.unlocked, "bolt-not-out"),
    )
    return next((word for found, word in signs if found), latched(report))


def latched(report: Report) -> str:
    """Return a latched alarm that needs a person, as a stable word, or ""."""
    return next((word for word in HOLDING if word in report.alarms), "")


def noted(report: Report) -> tuple[str, ...]:
    """Return the codes of incidents that latched alarms tell of and that hold nothing up."""
    return tuple(code for word, code in NOTED.items() if word in report.alarms)


def difference(report: Report, known: int | None) -> tuple[str, Settlement] | None:
    """Compare the controller's counter with the journal's; None while they agree.

    Returns the incident's code and the impressions that nobody has accounted for.
    """
    if report.strokes is None or known is None or report.strokes == known:
        return None
    more = report.strokes - known
    code = "strokes-unaccounted" if more > 0 else "counter-went-back"
    return code, Settlement(minimum=max(0, more), maximum=max(0, more), evidence="counter")
