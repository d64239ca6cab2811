"""Standing: what the policy asks of one request, how far it is, and who may decide it now.

Reads a snapshot and decides nothing itself: `policy`, `policy_sums`, `policy_progress`,
`approvals` and `delegations` do. The policy is the one that stood when the request came, so that
a release in between changes nothing that is under way.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from gateway.desk import delegations, policy_file, policy_sums
from gateway.desk.approvals import barred
from gateway.desk.delegations import Held
from gateway.desk.policy import ApprovalPolicy, Facts, Required, required
from gateway.desk.policy_progress import Candidate, Decision, Progress, office_for, progress
from gateway.desk.policy_sums import Asked, Sum
from gateway.desk.policy_table import PolicyFileError
from gateway.errors import RequestRefusedError
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.policies import PaymentView, PolicyView
from gateway.stores.views import Account, RequestView
from ledger import codec
from ledger.matters import Matter, look_up


class Standing(Struct, frozen=True, kw_only=True):
    """One request under its policy.

    Args:
        version: of the policy; None: the township has none, and one approval is enough.
        people: every account that may decide this request, with its offices for the village.
        barred: persons who may not, because they ask for it, file it, or keep the seal.
    """

    version: int | None
    policy: ApprovalPolicy | None
    required: Required
    beside: Sum
    decisions: tuple[Decision, ...]
    progress: Progress
    people: tuple[tuple[Account, tuple[Held, ...]], ...]
    barred: frozenset[str]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The same people, each person once with the offices of all accounts."""
        offices: dict[str, list[str]] = {}
        for account, held in self.people:
            offices.setdefault(account.person, []).extend(one.office for one in held)
        return tuple(
            Candidate(person=person, offices=tuple(dict.fromkeys(names)))
            for person, names in offices.items()
        )

    def office_of(self, account: str) -> Held | None:
        """Return the office in which an account decides now; None: it is not its turn."""
        for one, held in self.people:
            if one.account == account:
                who = Candidate(person=one.person, offices=tuple(each.office for each in held))
                office = office_for(self.required, self.decisions, who, self.candidates)
                return next((each for each in held if each.office == office), None)
        return None

    def next_people(self) -> tuple[Account, ...]:
        """Return the accounts whose turn it is."""
        return tuple(one for one, _ in self.people if self.office_of(one.account) is not None)


def in_force(
    policies: Iterable[PolicyView], day: str, index: int | None = None
) -> PolicyView | None:
    """Return the policy of a day (ISO date, local), as of an index of the log; None: none yet."""
    released = [
        (one.from_date, one.released_index, one)
        for one in policies
        if one.released_index is not None
        and one.from_date <= day
        and (index is None or one.released_index < index)
    ]
    return max(released, key=lambda row: row[:2])[2] if released else None


def content_of(reader: Reader, view: PolicyView | None) -> ApprovalPolicy | None:
    """Return what a version says: the very bytes whose hash its entry in the log names.

    Raises:
        RequestRefusedError: `policy-missing`, `policy-changed`: its file is not here, or another
            one stands in its place, so nothing may be decided.
    """
    if view is None:
        return None
    content = reader.policy_content(view.file_sha256)
    if content is None:
        raise RequestRefusedError(
            "policy-missing",
            f"expected the file of policy version {view.version}, found none: the administrator "
            "restores it from a backup",
        )
    if (found := codec.sha256(content)) != view.file_sha256:
        raise RequestRefusedError(
            "policy-changed",
            f"expected the released file of policy version {view.version}, {view.file_sha256}, "
            f"found {found}: somebody changed the store; the administrator restores it from a "
            "backup and tells the auditor",
        )
    return policy_file.decoded(content)


def written(reader: Reader, view: PolicyView) -> bytes:
    """Return a version as a person wrote it, b"" where that does not say what was released."""
    file = reader.policy_file(view.file_sha256) or b""
    try:
        content = policy_file.encoded(policy_file.read(file))
    except PolicyFileError:
        return b""
    return file if codec.sha256(content) == view.file_sha256 else b""


def policy_of(reader: Reader, request: RequestView) -> PolicyView | None:
    """Return the policy that stood when a request came."""
    day = local_date(request.received_ms)
    return in_force(reader.approval_policies(), day, request.index)


def standing(reader: Reader, request: RequestView, now_ms: int) -> Standing:
    """Return what is asked of a request, how far it is and who may decide it.

    Raises:
        RequestRefusedError: `policy-missing`.
    """
    view = policy_of(reader, request)
    policy = content_of(reader, view)
    asked, beside = _summed(reader, policy, request, now_ms)
    accounts = reader.accounts()
    facts = structs.replace(asked.facts, seams=request.seams > 0)
    wanted = required(policy, facts, beside.amount_fen)
    made = decisions_of(request, accounts)
    closed = barred(request, reader.machine(request.machine), accounts)
    now = tuple(one for one in reader.delegations(now_ms) if one.holds(now_ms))
    people = [
        (one, delegations.held(one, asked.village, accounts, now, closed))
        for one in accounts
        if one.person not in closed
    ]
    return Standing(
        version=None if view is None else view.version,
        policy=policy,
        required=wanted,
        beside=beside,
        decisions=made,
        progress=progress(wanted, made),
        people=tuple((one, held) for one, held in people if held),
        barred=closed,
    )


def decisions_of(request: RequestView, accounts: Iterable[Account]) -> tuple[Decision, ...]:
    """Return what was decided on a request, by persons."""
    persons = {one.account: one.person for one in accounts}
    return tuple(
        Decision(
            person=persons.get(one.approver, one.approver),
            office=one.office,
            decision=one.decision,
            evidence=one.documents,
        )
        for one in request.approvals
    )


def facts_of(matters: Iterable[Matter], matter: str, amount_fen: int | None) -> Facts:
    """Return what a policy looks at, with the item's category as a village's list says it."""
    found = look_up(matters, matter).matter
    category = "" if found is None else found.category
    return Facts(matter=matter, category=category, amount_fen=amount_fen)


def _summed(
    reader: Reader, policy: ApprovalPolicy | None, request: RequestView, now_ms: int
) -> tuple[Asked, Sum]:
    """Return a request as it is added up, and what others add to it."""
    machine = reader.machine(request.machine)
    village = "" if machine is None else machine.village
    matters = reader.matters(village, local_date(now_ms))
    own = PaymentView(
        request=request.request,
        matter=request.matter,
        filed_ms=request.received_ms,
        values=None if request.opening is None else request.opening.values,
    )
    one = summable(own, village, matters)
    around = policy_sums.window_ms(policy)
    place = reader.village(village)
    if not around or place is None:
        return one, Sum()
    filed_ms = request.received_ms
    others = reader.payments_between(place.machines, filed_ms - around, filed_ms + around)
    beside = policy_sums.sum_beside(
        policy, one, [summable(other, village, matters) for other in others]
    )
    return one, beside


def summable(payment: PaymentView, village: str, matters: tuple[Matter, ...]) -> Asked:
    """Return a request as a policy adds it up; what was erased counts as not stated."""
    values = payment.values or {}
    amount, payee = values.get("amount"), values.get("payee")
    return Asked(
        request=payment.request,
        village=village,
        facts=facts_of(matters, payment.matter, amount if isinstance(amount, int) else None),
        payee=payee if isinstance(payee, str) else "",
        filed_ms=payment.filed_ms,
    )
