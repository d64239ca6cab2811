"""What the store tells: frozen views of entries and of everything that lies beside them.

Hashes are lowercase hex SHA-256; an entry is named by its payload's hash and by its index in
the township's log. Times are UTC milliseconds: `at_ms` is the author's claim, `received_ms`
the gateway's own clock. `None` means "not known" or "not yet".
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from gateway.stores.answered import Answered
from gateway.stores.searching import Acts, Search
from ledger.codec import Payload
from ledger.matters import Layer
from ledger.records import Heartbeat, Party, Position, Record

Severity = Literal["yellow", "red"]
PhotoRole = Literal["page", "before", "after", "incident", "asked", "sample", "specimen"]
RequestState = Literal["filed", "open", "refused", "permitted"]
TroubleCode = Literal[
    "malformed",  # not one of our records, or on the wrong topic
    "unknown-key",  # signed by a key that is not trusted here, or not for this record
    "revoked-key",  # an enrolled key signed what it may not sign any more
    "bad-signature",  # the signature does not hold
    "foreign",  # a good signature, but of another device than the topic's, or another epoch
    "fork",  # a good signature, but another past or another entry at a seq that is taken
    "bad-opening",  # cannot be decrypted, or opens something else than was committed to
    "bad-photo",  # the file is not the one that its entry names
]


class Signed(Struct, frozen=True, kw_only=True, gc=False):
    """A verified entry that is to be appended; `envelope` are the bytes as they came."""

    payload: Payload
    keyid: str
    envelope: bytes
    received_ms: int


class StoredEntry(Struct, frozen=True, kw_only=True, gc=False):
    """An entry of the log, decoded; `envelope` are the bytes as they came.

    Args:
        index: place in the township's log, from 0.
        received_ms: when the gateway took it.
        connected_ms: how long its author had been connected in all by then.
        machine: the machine that it is about, "" where it is about none.
    """

    index: int
    sha256: str
    kind: str
    party: Party
    author: str
    machine: str
    position: Position
    body: Record
    keyid: str
    envelope: bytes
    received_ms: int
    connected_ms: int


class Opening(Struct, frozen=True, kw_only=True):
    """The withheld values of an entry by name; `values` is None once they were erased."""

    payload_sha256: str
    values: dict[str, Any] | None
    received_ms: int
    erased_ms: int | None = None


class PhotoView(Struct, frozen=True, kw_only=True):
    """A photo that an entry or its opening names; `stored_ms` None: still under way.

    With `erased_ms` its file is no longer kept. `n` counts the photos of one role in one entry
    from 1; `waited_ms` is the machine's connected time since it was named and did not come.
    """

    sealed_sha256: str
    sealed_size: int
    sha256: str
    size: int
    role: PhotoRole
    n: int
    machine: str
    entry_sha256: str
    named_ms: int
    stored_ms: int | None
    waited_ms: int
    erased_ms: int | None = None

    @property
    def is_kept(self) -> bool:
        """Whether its file lies here."""
        return self.stored_ms is not None and self.erased_ms is None


class RelatedEntry(Struct, frozen=True, kw_only=True):
    """Another entry that belongs to one; `role` is its kind as seen from there.

    Roles: `request`, `approval`, `permit`, `revocation`, `intent`, `use`, `void`, `incident`,
    `count`, `hold-release`, `refusal`, `correction`, `alert`, `previous`, `next`.
    """

    role: str
    index: int
    sha256: str
    kind: str


class Finding(Struct, frozen=True, kw_only=True):
    """What a rule found: a key of the web's texts and the values for its sentence."""

    key: str
    values: dict[str, str | int]


class AlertView(Answered, frozen=True, kw_only=True):
    """An alert; `index` is that of its own AlertRecord, `entry` what it is about."""

    alert: str
    index: int
    code: str
    severity: Severity
    machine: str
    entry: str | None
    entry_index: int | None
    raised_ms: int
    finding: Finding | None
    case: str | None


class EntryDetail(Struct, frozen=True, kw_only=True):
    """One entry with everything beside it."""

    entry: StoredEntry
    opening: Opening | None
    photos: tuple[PhotoView, ...]
    related: tuple[RelatedEntry, ...]
    alerts: tuple[AlertView, ...]


class LogFilter(Struct, frozen=True, kw_only=True):
    """Which entries to list; every given field must match.

    Args:
        kinds, matters (codes): any of them; empty: all. machines: any of them, and delegations
        that name the account `delegations_of`; None: all. flag: of a use. alert: any, or of this
        severity. from_ms, to_ms: received in [from, to). search: words. acts: what one person did.
    """

    machine: str | None = None
    machines: tuple[str, ...] | None = None
    delegations_of: str = ""
    kinds: tuple[str, ...] = ()
    seal: str | None = None
    matters: tuple[str, ...] = ()
    permit: str | None = None
    flag: str | None = None
    alert: Literal["any", "yellow", "red"] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    search: Search | None = None
    acts: Acts | None = None


class ApprovalView(Struct, frozen=True, kw_only=True):
    """One person's decision; `note` None: erased. `documents`: kinds of evidence that it names."""

    sha256: str
    index: int
    request: str
    approver: str
    office: str
    decision: Literal["approve", "refuse"]
    at_ms: int
    note: str | None
    documents: tuple[str, ...] = ()
    delegation: str | None = None


class RequestView(Struct, frozen=True, kw_only=True):
    """A request and how far it is.

    States: `filed` its opening is still under way; `open` somebody may decide; `refused` by
    the list or by a person (`reason`); `permitted` a permit was issued.

    Args:
        opening: applicant, applicant_masked, purpose, payee, amount, pages; None: not here.
        pages: the page photos that the opening names, stored or under way.
    """

    request: str
    index: int
    machine: str
    seal: str
    matter: str
    list_version: int
    copies: int
    pages_count: int
    filed_by: str
    applicant_account: str | None
    at_ms: int
    received_ms: int
    state: RequestState
    reason: str
    permit: str | None
    opening: Opening | None
    pages: tuple[PhotoView, ...]
    approvals: tuple[ApprovalView, ...]
    seams: int = 0  # of the copies


class PermitView(Struct, frozen=True, kw_only=True):
    """A permit and what was spent of it; a standing one (`per_day`) has no request.

    Args:
        spent: impressions of its uses and the upper bounds of its incidents, or their counts.
        reserved: intents whose outcome is not known here yet.
    """

    permit: str
    index: int
    sha256: str
    machine: str
    seal: str
    matter: str
    list_version: int
    impressions: int
    not_before_ms: int | None
    not_after_ms: int
    request: str
    approvals: tuple[str, ...]
    issued_ms: int
    revocation_index: int | None
    revoked_ms: int | None
    revoked_by: str | None
    revoked_reason: str | None
    spent: int
    reserved: int
    per_day: int | None = None
    seams: int = 0  # of the impressions


class HoldView(Struct, frozen=True, kw_only=True):
    """A machine that stays locked until a person has counted; `hold` is the incident's hash."""

    hold: str
    index: int
    machine: str
    seal: str
    code: str
    impressions_min: int
    impressions_max: int
    since_ms: int
    released_index: int | None
    released_by: str | None
    released_ms: int | None
    counted: int | None


class Gap(Struct, frozen=True, kw_only=True):
    """Entries of a machine are missing: `seen_seq` came, all after `head_seq` were not taken."""

    machine: str
    epoch: int
    head_seq: int
    seen_seq: int
    since_ms: int


class MachineView(Struct, frozen=True, kw_only=True):
    """A machine as the gateway knows it.

    Args:
        keyid: of its signing key, "" without a trusted key.
        seq, head: the end of its chain here; seq 0: nothing came yet.
        at_ms, received_ms: of its last entry.
        online: what the broker last said of it (its last will), with when that was.
        connected_ms: how long it was connected in all, while the gateway was, too.
        waiting: entries that it said are not yet acknowledged, in its last heartbeat.
        photos_pending: photos named by its entries and not stored yet.
    """

    machine: str
    village: str
    village_name: str
    seals: tuple[str, ...]
    keepers: tuple[str, ...]
    keyid: str
    epoch: int
    seq: int
    head: str
    at_ms: int | None
    received_ms: int | None
    online: bool
    online_changed_ms: int | None
    connected_ms: int
    heartbeat: Heartbeat | None
    heartbeat_ms: int | None
    waiting: int
    photos_pending: int
    holds: tuple[str, ...]
    gap: Gap | None


class VillageView(Struct, frozen=True, kw_only=True):
    """A village; `places` names the jurisdiction that it lies in, by layer."""

    village: str
    name: str
    places: dict[str, str]
    machines: tuple[str, ...]


class ListView(Struct, frozen=True, kw_only=True):
    """One released version of one authority's items list; versions count over all lists."""

    version: int
    layer: Layer
    place: str
    from_date: str
    file_sha256: str
    file_size: int
    by: str
    released_ms: int
    index: int
    matters_count: int
    released_by: str | None = None


class CaseStepView(Struct, frozen=True, kw_only=True):
    """One step in the handling of an alert; `text` is None when it was erased."""

    step: Literal["opened", "assigned", "noted", "closed"]
    by: str
    at_ms: int
    text: str | None
    index: int


class CaseView(Struct, frozen=True, kw_only=True):
    """A case on one alert, with its steps in order."""

    case: str
    alert: str
    opened_ms: int
    opened_by: str
    assigned_to: str | None
    steps: tuple[CaseStepView, ...]


class Account(Struct, frozen=True, kw_only=True):
    """A person's account; see `gateway.commands.AddAccount`."""

    account: str
    person: str
    name: str
    offices: tuple[str, ...]
    keeps: tuple[str, ...]
    password_hash: str
    village: str = ""


class Trouble(Struct, frozen=True, kw_only=True):
    """Bytes that were not taken, kept in quarantine; `machine` is the one that the topic names, a
    claim. `sha256` and `size` are of the bytes."""

    number: int
    code: TroubleCode
    machine: str
    topic: str
    sha256: str
    size: int
    kept: bool
    detail: str
    received_ms: int


class Alert(Struct, frozen=True, kw_only=True):
    """What a rule wants raised; alerts with one `key` are raised once.

    Args:
        code: the rule's, also the `rule` of what is withheld in the AlertRecord.
        entry: hash of its entry. key: the same for equal findings, such as `gap/<machine>/<seq>`.
        follow_up: what a case is opened with at once; "": people decide whether there is one.
    """

    code: str
    severity: Severity
    machine: str | None
    entry: str | None
    finding: Finding
    key: str
    follow_up: str = ""
