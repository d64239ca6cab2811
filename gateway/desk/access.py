"""Access: the one place that says which office may do what, and for which villages.

Pages and the JSON API name an `Action` for each endpoint, and the writer asks again for each
order, because an account can change between the page and the write. An office of a village
reaches what belongs to that village; every other office the whole township, and nothing reaches
further: one gateway keeps one township. Whether this person may decide this very request
(applicant, keeper, earlier approver) is said in `approvals`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from msgspec import Struct

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
    READ_CUSTODY = "read-custody"
    ASK_CUSTODY = "ask-custody"  # an opening of a hatch, or take one back
    RELEASE_CUSTODY = "release-custody"  # what another person asks for
    DRAFT_REGISTRATION = "draft-registration"  # of what a seal looks like
    RELEASE_REGISTRATION = "release-registration"  # another person's draft
    EXPORT_REGISTER = "export-register"  # with the specimens of all seals
    STOP_SEAL = "stop-seal"  # one that is lost, at once; or ask that it is found or void
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
    IMPORT_LIST = "import-list"  # draft a new version
    READ_LEDGER = "read-ledger"  # the register of uses and its figures
    EXPORT_LEDGER = "export-ledger"
    READ_CALENDAR = "read-calendar"
    DRAFT_CALENDAR = "draft-calendar"
    RELEASE_CALENDAR = "release-calendar"  # another person's draft
    RELEASE_LIST = "release-list"  # another person's draft
    READ_RETENTION = "read-retention"
    ERASE = "erase"  # ask or confirm; never both by one person, see `retention`
    READ_PEOPLE = "read-people"
    DRAFT_PEOPLE = "draft-people"
    RELEASE_PEOPLE = "release-people"  # another person's draft
    STOP_ACCOUNT = "stop-account"  # or a card, or sessions: at once, by one person
    RESET_ACCESS = "reset-access"  # somebody's password and second factor; by two persons
    OWN_SIGN_IN = "own-sign-in"  # one's own password, second factor and sessions


class Post(Struct, frozen=True):
    """An office as somebody holds it now: in one village, or ("") in the whole township."""

    office: str
    village: str = ""


_ALL = frozenset(OFFICES)
_TOWNSHIP = frozenset({"approver", "auditor", "administrator", "station"})
_OVERSIGHT = frozenset({"auditor", "administrator", "county"})  # the county reads, and only that
_OF_VILLAGE = frozenset({"keeper", "secretary", "director", "supervisor"})  # watch over their seal
ALLOWED: dict[Action, frozenset[str]] = {
    Action.READ_HOME: _ALL,
    Action.READ_REQUESTS: frozenset({*APPROVING, "auditor"}),
    Action.DECIDE: frozenset(APPROVING),
    Action.READ_FILED: _ALL - {"county"},
    Action.WITHDRAW: _ALL - {"county"},
    Action.READ_POLICY: _ALL,
    Action.DRAFT_POLICY: _TOWNSHIP,
    Action.RELEASE_POLICY: _TOWNSHIP,
    Action.DELEGATE: frozenset({*APPROVING, "auditor", "administrator"}),
    Action.END_DELEGATION: frozenset({"auditor", "administrator"}),
    Action.READ_CUSTODY: _ALL,
    Action.ASK_CUSTODY: _TOWNSHIP,
    Action.RELEASE_CUSTODY: _TOWNSHIP,
    Action.DRAFT_REGISTRATION: _TOWNSHIP,
    Action.RELEASE_REGISTRATION: _TOWNSHIP,
    Action.EXPORT_REGISTER: _TOWNSHIP,
    Action.STOP_SEAL: _TOWNSHIP,
    Action.READ_LOG: frozenset({"approver", "station", *_OVERSIGHT, *_OF_VILLAGE}),
    Action.READ_PHOTOS: frozenset({*APPROVING, "auditor", "administrator"}),
    Action.READ_PERSONAL: frozenset({*APPROVING, "auditor"}),
    Action.READ_ALERTS: _OVERSIGHT,
    Action.HANDLE_CASES: frozenset({"auditor"}),
    Action.READ_MACHINES: frozenset({*_OVERSIGHT, "technician", *_OF_VILLAGE}),
    Action.READ_HOLDS: _OVERSIGHT | {"technician"},
    Action.RELEASE_HOLD: frozenset({"auditor", "administrator"}),
    Action.READ_PERMITS: frozenset({"approver", "station", *_OVERSIGHT}),
    Action.REVOKE_PERMIT: frozenset({"administrator", "auditor"}),
    Action.READ_STANDING: _TOWNSHIP | {"county"},
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
    Action.READ_LISTS: _ALL,
    Action.IMPORT_LIST: frozenset({"administrator"}),
    Action.RELEASE_LIST: _TOWNSHIP,
    Action.READ_CALENDAR: _ALL,
    Action.DRAFT_CALENDAR: _TOWNSHIP,
    Action.RELEASE_CALENDAR: _TOWNSHIP,
    Action.READ_LEDGER: frozenset({*APPROVING, *_OVERSIGHT}),
    Action.EXPORT_LEDGER: frozenset({*APPROVING, "auditor", "administrator"}),
    Action.READ_RETENTION: _OVERSIGHT,
    Action.ERASE: frozenset({"auditor", "administrator"}),
    Action.READ_PEOPLE: frozenset({*_TOWNSHIP, "county", *_OF_VILLAGE}),
    Action.DRAFT_PEOPLE: _TOWNSHIP,
    Action.RELEASE_PEOPLE: _TOWNSHIP,
    Action.STOP_ACCOUNT: _TOWNSHIP,
    Action.RESET_ACCESS: frozenset({"administrator", "auditor"}),
    Action.OWN_SIGN_IN: _ALL,
}


def may(offices: Iterable[str], action: Action) -> bool:
    """Return whether one of these offices allows `action`; an unknown office allows nothing."""
    return not ALLOWED[action].isdisjoint(offices)


def reach(posts: Iterable[Post], action: Action) -> frozenset[str] | None:
    """Return the villages in which these posts allow `action`; None: in all of the township."""
    allowed = [one for one in posts if one.office in ALLOWED[action]]
    if any(one.office not in VILLAGE_OFFICES for one in allowed):
        return None
    return frozenset(one.village for one in allowed if one.village)


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
