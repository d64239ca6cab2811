"""The sample policy of a township: small sums, large ones with minutes and the station, the rest.

Tests say what is their own: names, days, the items that have tiers, and who approves small sums.
"""

from __future__ import annotations

_LARGE = """[[{0}]]
approvals = [{{ offices = ["director"] }}, {{ offices = ["secretary"] }}]
evidence = ["minutes-of-two-committees"]

[[{0}]]
approvals = [{{ offices = ["station"] }}]
"""
_DIRECTOR, _SECRETARY = '{ offices = ["director"] }', '{ offices = ["secretary"] }'
TOGETHER = f"[{{ approvals = [{_DIRECTOR}, {_SECRETARY}] }}]"
IN_TURN = f"[\n    {{ approvals = [{_DIRECTOR}] }},\n    {{ approvals = [{_SECRETARY}] }},\n]"


def sample(head: str, lapse_days: int, name: str, matters: str, small: str) -> str:
    """Return the policy's file.

    Args:
        head: its first lines: name and source.
        name, matters: of the only rule.
        small: the stages below 1000 yuan, `TOGETHER` or `IN_TURN`.
    """
    rule = f'[[rules]]\nname = "{name}"\nmatters = ["{matters}"]\n'
    return "\n".join(
        (
            f"{head}\nlapse_days = {lapse_days}\n\n[splitting]\ndays = 30\n",
            f"{rule}\n[[rules.tiers]]\nfrom_fen = 0\nstages = {small}\n",
            "[[rules.tiers]]\nfrom_fen = 100_000\n",
            _LARGE.format("rules.tiers.stages"),
            _LARGE.format("otherwise"),
        )
    )
