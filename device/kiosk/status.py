"""What the status strip says: network, township, deliveries, machine; in this order. Pure."""

from __future__ import annotations

from datetime import tzinfo
from typing import Literal

from msgspec import Struct

from device.kiosk.moments import clock_text
from device.kiosk.port import View
from device.texts import Language, Phrase, code_phrase

Level = Literal["ok", "wait", "bad"]


class Sign(Struct, frozen=True, kw_only=True):
    """One field of the strip: an icon and words, never a colour alone."""

    level: Level
    icon: str
    text: Phrase


class Strip(Struct, frozen=True, kw_only=True):
    """The whole strip; `todo` is what is done about a fault, `leaving` the idle warning."""

    signs: tuple[Sign, ...]
    todo: Phrase | None
    leaving: bool


def strip(view: View, zone: tzinfo, language: Language, leaving: bool) -> Strip:
    """Say how things stand; only moments depend on the language already here."""
    signs = (
        _network(view),
        _township(view, zone, language),
        _deliveries(view, zone, language),
        _machine(view),
    )
    return Strip(signs=signs, todo=_todo(view), leaving=leaving)


def _network(view: View) -> Sign:
    if view.online:
        return Sign(level="ok", icon="net", text=Phrase("strip.online"))
    return Sign(level="bad", icon="netoff", text=Phrase("strip.offline"))


def _township(view: View, zone: tzinfo, language: Language) -> Sign:
    if view.shut:
        return Sign(level="bad", icon="office", text=Phrase("strip.shut"))
    if view.answered_ms is None:
        return Sign(level="wait", icon="office", text=Phrase("strip.never-answered"))
    at = clock_text(view.answered_ms, view.now_ms, zone, language)
    level: Level = "ok" if view.online else "wait"
    return Sign(level=level, icon="office", text=Phrase("strip.answered", {"at": at}))


def _deliveries(view: View, zone: tzinfo, language: Language) -> Sign:
    if view.undelivered and view.undelivered_since_ms is not None:
        since = clock_text(view.undelivered_since_ms, view.now_ms, zone, language)
        if view.unanswered:
            text = Phrase("strip.unanswered", {"n": view.undelivered, "since": since})
            return Sign(level="bad", icon="send", text=text)
        text = Phrase("strip.undelivered", {"n": view.undelivered, "since": since})
        return Sign(level="wait", icon="send", text=text)
    if view.unproved:
        missing = "strip.unwitnessed" if view.witnessed_only else "strip.unproved"
        return Sign(level="bad", icon="send", text=Phrase(missing))
    if view.photos_waiting:
        text = Phrase("strip.photos", {"n": view.photos_waiting})
        return Sign(level="wait", icon="send", text=text)
    return Sign(level="ok", icon="send", text=Phrase("strip.delivered"))


def _machine(view: View) -> Sign:
    if view.hold is not None:
        return Sign(level="bad", icon="lock", text=Phrase("strip.held"))
    if view.fault:
        return Sign(level="bad", icon="warn", text=code_phrase("fault", view.fault))
    if not view.clock_proved:
        return Sign(level="wait", icon="wait", text=Phrase("strip.clock"))
    return Sign(level="ok", icon="ok", text=Phrase("strip.machine"))


def _todo(view: View) -> Phrase | None:
    if view.fault and view.hold is None:
        return code_phrase("todo", view.fault)
    missing = view.unproved and view.witnessed_only
    return Phrase("strip.witness-todo") if missing else None
