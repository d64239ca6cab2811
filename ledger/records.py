"""Every record, field by field: what a signed payload says and who may say it.

An entry's payload is one flat JSON object: the chain fields (`Position`), `kind`, and the
fields of one body struct below. A hash is lowercase hex SHA-256; a reference to another entry
is the hash of its payload. Fields that end in `_commitment` hold the hash of a salted value
(`ledger.disclosure`); the opened values travel and rest beside the log. Money is in fen,
times are UTC milliseconds. Fields are only ever added, with a default; old bytes verify for
ever. Source: the table of record kinds in docs/records.md.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ledger.errors import MalformedError

Identifier = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
Word = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}\Z")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
DivisionCode = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
MatterCode = Annotated[str, Meta(min_length=1, max_length=60)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Milliseconds = Count
Copies = Annotated[int, Meta(ge=1, le=200)]
SEAM = "seam"  # flag of an impression that rides the edges of several sheets
Party = Literal["device", "gateway"]


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """What one entry says; subclasses name their kind and who may sign it."""

    kind: ClassVar[str]
    authors: ClassVar[tuple[Party, ...]]


class Position(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where an entry stands in its author's chain.

    Args:
        device, gateway: the author; exactly one of the two is given.
        epoch: changes only at re-enrolment.
        seq: 1, 2, 3 ... without a gap per (author, epoch), also across restarts.
        prev: hash of the previous payload; for seq 1 that of the author's key record.
        boot: counts the author's starts; information only.
        at_ms: the author's clock, a claim.
        mark: the last time mark of the gateway that the author had seen, or null.
    """

    device: Identifier | None = None
    gateway: Identifier | None = None
    epoch: Positive
    seq: Positive
    prev: Hash
    boot: Count
    at_ms: Milliseconds
    mark: Milliseconds | None

    @property
    def author(self) -> tuple[Party, str]:
        """The author's party and identifier."""
        if self.device is not None and self.gateway is None:
            return "device", self.device
        if self.gateway is not None and self.device is None:
            return "gateway", self.gateway
        raise MalformedError("expected one of device and gateway, found both or neither")


class PhotoRef(Struct, frozen=True, kw_only=True):
    """A photo by the hash of its JPEG and of its encrypted file; sizes in bytes."""

    sha256: Hash
    size: Positive
    sealed_sha256: Hash
    sealed_size: Positive


class Start(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The agent came up. `strokes`: the controller's counter (profile B) or the journal's.
    `opener`: the age recipient to which the township encrypts what this machine alone reads."""

    kind = "start"
    authors = ("device",)
    version: str
    controller: Literal["A", "B"]
    strokes: dict[Identifier, Count]
    reason: Literal["started", "recovered"]
    opener: Annotated[str, Meta(pattern=r"^age1[02-9ac-hj-np-z]{58}\Z")] | None = None


class Heartbeat(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing else happened; `list_*`: the items list that it holds, left out without one."""

    kind = "heartbeat"
    authors = ("device",)
    state: str
    strokes: dict[Identifier, Count]
    impressions: Count
    waiting: Count
    free_mb: Count
    alarms: tuple[str, ...]
    list_version: Count | None = None
    list_at_ms: Milliseconds | None = None


class Config(Record, frozen=True, kw_only=True):
    """The agent works with another configuration from here on."""

    kind = "config"
    authors = ("device",)
    config_sha256: Hash
    version: str


class SealRequest(Record, frozen=True, kw_only=True):
    """Somebody asks for impressions of a seal on the pages photographed.

    `permit`: a standing one that covers it; `makes_up`: hash of a use whose mark is too faint;
    `seams`: how many of the copies ride the edges. Without one it is left out.
    """

    kind = "request"
    authors = ("device", "gateway")
    seal: Identifier
    matter: MatterCode
    list_version: Count
    copies: Copies
    pages_count: Annotated[int, Meta(ge=1, le=60)]
    filed_by: Identifier
    applicant_commitment: Hash
    applicant_masked_commitment: Hash
    purpose_commitment: Hash
    payee_commitment: Hash
    amount_commitment: Hash
    pages_commitment: Hash
    applicant_account: Identifier | None = None
    permit: Identifier | UnsetType = UNSET
    makes_up: Hash | UnsetType = UNSET
    seams: Copies | UnsetType = UNSET


class Refusal(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A request, a permit or a use was refused; `about` is the entry that was refused, if any.

    `by` is the account that withdrew a request or returned it for correction.
    """

    kind = "refusal"
    authors = ("device", "gateway")
    about: Hash | None
    permit: Identifier | None
    matter: MatterCode | None
    seal: Identifier | None
    reason: Identifier
    list_version: Count
    filed_by: Identifier | None
    text_commitment: Hash | None
    by: Identifier | None = None


class Approval(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One person's decision on one request.

    Args:
        documents: kinds of the evidence that the policy asks for and this person names; which
            it is (a number, the hash of a page) is committed to.
        delegation: hash of the entry by which this person holds the office for another one.
    """

    kind = "approval"
    authors = ("gateway",)
    request: Hash
    approver: Identifier
    office: Identifier
    decision: Literal["approve", "refuse"]
    evidence: Literal["password-session"]
    note_commitment: Hash
    documents: Annotated[tuple[Identifier, ...], Meta(max_length=20)] = ()
    documents_commitment: Hash | None = None
    delegation: Hash | None = None


class Permit(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the machine obeys: so many impressions, of this seal, for this request, until then.

    `not_before_ms` null means at once: such a permit can be used without a proven clock.
    `policy` is the version that its approvals meet; without one, one approval is enough.
    """

    kind = "permit"
    authors = ("gateway",)
    permit: Identifier
    scope: Literal["document"]
    machine: Identifier
    seal: Identifier
    matter: MatterCode
    list_version: Count
    impressions: Copies
    not_before_ms: Milliseconds | None
    not_after_ms: Milliseconds
    request: Hash
    approvals: tuple[Hash, ...]
    policy: Positive | None = None
    confirm: Literal["each-impression"] | None = None  # an approver releases each, see the photo
    seams: Count = 0  # of the impressions


class Revocation(Record, frozen=True, kw_only=True):
    """A permit ends now."""

    kind = "revocation"
    authors = ("gateway",)
    permit: Identifier
    machine: Identifier
    by: Identifier
    reason: Identifier


class Intent(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One impression of N is reserved, durably before the grant; `request`: N are its copies."""

    kind = "intent"
    authors = ("device",)
    permit: Identifier
    n: Positive
    of: Positive
    seal: Identifier
    page: Hash
    operator: Identifier
    counter_before: Count
    controller: Literal["A", "B"]
    request: Hash | None = None
    flags: tuple[Word, ...] = ()  # that its use must have, too: `seam`


class SealUse(Record, frozen=True, kw_only=True):
    """One impression was made and photographed."""

    kind = "use"
    authors = ("device",)
    permit: Identifier
    intent: Hash
    n: Positive
    of: Positive
    seal: Identifier
    matter: MatterCode
    before: PhotoRef
    after: PhotoRef
    counter_before: Count
    counter_after: Count
    findings: tuple[Identifier, ...]
    operator: Identifier
    flags: tuple[Word, ...]
    controller: Literal["A", "B"]


class Void(Record, frozen=True, kw_only=True):
    """The intent made no impression, and this is known; the reserved one comes back."""

    kind = "void"
    authors = ("device",)
    intent: Hash
    evidence: Identifier


class Incident(Record, frozen=True, kw_only=True):
    """Something happened that is not a plain use; bounds say how many impressions it may hide.

    With `held` the machine stays locked until a `HoldRelease` names this entry.
    """

    kind = "incident"
    authors = ("device",)
    intent: Hash | None
    seal: Identifier
    code: Identifier
    impressions_min: Count
    impressions_max: Count
    held: bool
    photos: tuple[PhotoRef, ...]
    text_commitment: Hash | None


class CountStatement(Record, frozen=True, kw_only=True):
    """A person counted the impressions of an incident."""

    kind = "count"
    authors = ("device", "gateway")
    incident: Hash
    impressions: Count
    by: Identifier


class HoldRelease(Record, frozen=True, kw_only=True):
    """A named person counted and lets the machine work again; `hold` is the incident's hash."""

    kind = "hold-release"
    authors = ("gateway",)
    machine: Identifier
    hold: Hash
    impressions: Count
    by: Identifier


class ListRelease(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A list is in force; without `draft` one person alone entered it, see docs/records.md."""

    kind = "list"
    authors = ("gateway",)
    version: Positive
    layer: Literal["national", "province", "county", "township"]
    place: str
    from_date: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
    file_sha256: Hash
    file_size: Positive
    by: Identifier
    released_by: Identifier | None = None
    draft: Hash | None = None


class LogStart(Record, frozen=True, kw_only=True):
    """The first entry of a log that continues another one: of a new year, or after a loss.

    Args:
        origin: of the new log.
        previous: the last checkpoint of the log before it, a signed note.
        cause: `lost`: entries after that checkpoint may be missing; machines send theirs again.
    """

    kind = "log-start"
    authors = ("gateway",)
    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    previous: Annotated[str, Meta(min_length=1, max_length=8000)]
    cause: Literal["year", "lost"]


class AlertRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A rule fired. Which rule, about what, and what it found stay beside the log.

    Args:
        alert: random; neither a rule nor an entry can be guessed from it.
        about_commitment: to rule, severity, entry and machine. Only entries from before it was
            there name those four in the open.
    """

    kind = "alert"
    authors = ("gateway",)
    alert: Identifier
    finding_commitment: Hash
    about_commitment: Hash | None = None
    rule: Identifier | None = None
    severity: Literal["yellow", "red"] | None = None
    entry: Hash | None = None
    machine: Identifier | None = None


class CaseStep(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One step in the handling of an alert; persons and texts stay beside the log.

    Args:
        by_commitment: to the account; only entries from before it was there name `by`.
        rule, severity, entry, machine: only with `closed`, if who closes it makes them public.
    """

    kind = "case"
    authors = ("gateway",)
    case: Identifier
    alert: Identifier
    step: Literal["opened", "assigned", "noted", "closed"]
    text_commitment: Hash
    by_commitment: Hash | None = None
    by: Identifier | None = None
    rule: Identifier | None = None
    severity: Literal["yellow", "red"] | None = None
    entry: Hash | None = None
    machine: Identifier | None = None


ENTRY_RECORDS: tuple[type[Record], ...] = (
    Start,
    Heartbeat,
    Config,
    SealRequest,
    Refusal,
    Approval,
    Permit,
    Revocation,
    Intent,
    SealUse,
    Void,
    Incident,
    CountStatement,
    HoldRelease,
    ListRelease,
    LogStart,
    AlertRecord,
    CaseStep,
)
