"""Access: the one place that says which office may do what.

Pages and the JSON API name an `Action` for each endpoint, and the writer asks again for each
order, because an account can change between the page and the write. Whether this person may
decide this very request (applicant, keeper, earlier approver) is said in `approvals`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES
from gateway.desk.policy import APPROVING
from gateway.errors import NotAllowedError


class Action(enum.Enum):
    """What an endpoint does, in the words of the house."""

    READ_HOME = "read-home"
    READ_REQUESTS = "read-requests"
    DECIDE = "decide"  # whose turn it is says the policy, see `standing`
    READ_FILED = "read-filed"  # one's own requests
    WITHDRAW = "withdraw"  # one's own request
    READ_POLICY = "read-policy"
    DRAFT_POLICY = "draft-policy"
    RELEASE_POLICY = "release-policy"  # another person's draft
    DELEGATE = "delegate"  # one's own offices, or end what one gave or holds
    END_DELEGATION = "end-delegation"  # anybody's, at once
    READ_LOG = "read-log"
    READ_PHOTOS = "read-photos"  # of pages and impressions: they show personal data
    READ_PERSONAL = "read-personal"  # names, purposes and amounts behind the commitments
    READ_ALERTS = "read-alerts"
    HANDLE_CASES = "handle-cases"
    READ_MACHINES = "read-machines"
    READ_HOLDS = "read-holds"
    RELEASE_HOLD = "release-hold"
    READ_PERMITS = "read-permits"
    REVOKE_PERMIT = "revoke-permit"
    READ_STANDING = "read-standing"
    DRAFT_STANDING = "draft-standing"
    RELEASE_STANDING = "release-standing"  # another person's draft
    READ_EMERGENCY = "read-emergency"
    DRAFT_EMERGENCY = "draft-emergency"
    RELEASE_EMERGENCY = "release-emergency"  # another person's draft
    PRINT_CODES = "print-codes"  # one's own, once
    STOP_EMERGENCY = "stop-emergency"
    CONFIRM = "confirm"  # look at a live photo and release its one impression
    READ_CHANNELS = "read-channels"  # how the messages to approvers do
    ENROL = "enrol"  # one-time codes, and what the county agreed to
    REVOKE_KEY = "revoke-key"
    READ_LISTS = "read-lists"
    IMPORT_LIST = "import-list"
    READ_RETENTION = "read-retention"
    ERASE = "erase"  # ask or confirm; never both by one person, see `retention`


_TOWNSHIP = frozenset({"approver", "auditor", "administrator", "station"})
ALLOWED: dict[Action, frozenset[str]] = {
    Action.READ_HOME: frozenset(OFFICES),
    Action.READ_REQUESTS: frozenset({*APPROVING, "auditor"}),
    Action.DECIDE: frozenset(APPROVING),
    Action.READ_FILED: frozenset(OFFICES),
    Action.WITHDRAW: frozenset(OFFICES),
    Action.READ_POLICY: frozenset(OFFICES),
    Action.DRAFT_POLICY: _TOWNSHIP,
    Action.RELEASE_POLICY: _TOWNSHIP,
    Action.DELEGATE: frozenset(OFFICES),
    Action.END_DELEGATION: frozenset({"auditor", "administrator"}),
    Action.READ_LOG: frozenset({"approver", "auditor", "administrator", "keeper"}),
    Action.READ_PHOTOS: frozenset({*APPROVING, "auditor", "administrator"}),
    Action.READ_PERSONAL: frozenset({*APPROVING, "auditor"}),
    Action.READ_ALERTS: frozenset({"auditor", "administrator"}),
    Action.HANDLE_CASES: frozenset({"auditor"}),
    Action.READ_MACHINES: frozenset({"auditor", "administrator", "keeper"}),
    Action.READ_HOLDS: frozenset({"auditor", "administrator"}),
    Action.RELEASE_HOLD: frozenset({"auditor", "administrator"}),
    Action.READ_PERMITS: frozenset({"approver", "auditor", "administrator"}),
    Action.REVOKE_PERMIT: frozenset({"administrator", "auditor"}),
    Action.READ_STANDING: _TOWNSHIP,
    Action.DRAFT_STANDING: _TOWNSHIP,
    Action.RELEASE_STANDING: _TOWNSHIP,
    Action.READ_EMERGENCY: _TOWNSHIP | frozenset(APPROVING),
    Action.DRAFT_EMERGENCY: _TOWNSHIP,
    Action.RELEASE_EMERGENCY: _TOWNSHIP,
    Action.PRINT_CODES: frozenset(APPROVING),
    Action.STOP_EMERGENCY: frozenset({"administrator", "auditor"}),
    Action.CONFIRM: frozenset(APPROVING),
    Action.READ_CHANNELS: frozenset({"auditor", "administrator"}),
    Action.ENROL: frozenset({"administrator"}),
    Action.REVOKE_KEY: frozenset({"administrator", "auditor"}),
    Action.READ_LISTS: frozenset(OFFICES),
    Action.IMPORT_LIST: frozenset({"administrator"}),
    Action.READ_RETENTION: frozenset({"auditor", "administrator"}),
    Action.ERASE: frozenset({"auditor", "administrator"}),
}


def may(offices: Iterable[str], action: Action) -> bool:
    """Return whether one of these offices allows `action`; an unknown office allows nothing."""
    return not ALLOWED[action].isdisjoint(offices)


def everywhere(offices: Iterable[str], action: Action) -> bool:
    """Return whether `action` is allowed for all villages; a village's office gives its own."""
    return not (ALLOWED[action] - VILLAGE_OFFICES).isdisjoint(offices)


def require(offices: Iterable[str], action: Action) -> None:
    """Return if one of these offices allows `action`.

    Raises:
        NotAllowedError: none does.
    """
    held = sorted(offices)
    if not may(held, action):
        needed = ", ".join(sorted(ALLOWED[action]))
        raise NotAllowedError(
            f"expected the office {needed} for {action.value}, found {', '.join(held) or 'none'}"
        )
