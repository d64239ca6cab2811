"""Texts of people: offices, lists, accounts and sign-in."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("office.county", "县纪委", "county commission"),
    ("office.technician", "技术员", "technician"),
)
