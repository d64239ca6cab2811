"""Policy lines: a policy, and what a request would need, as lines of text for the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator

from msgspec import Struct

from gateway.config import GatewayConfig
from gateway.desk.accounts import password_holds
from gateway.desk.policy import ApprovalPolicy, Required, Seat, Stage
from gateway.desk.standing import content_of, in_force
from gateway.desk.trial import attempt
from gateway.errors import NotAllowedError
from gateway.orders_policy import is_waiting
from gateway.stores import Reader, sqlite
from gateway.stores.calendar import local_date
from gateway.stores.policies import PolicyView
from gateway.web.render import yuan
from gateway.web.texts import Language, text, word


class Question(Struct, frozen=True, kw_only=True):
    """What somebody wants to know: the amount in yuan as typed."""

    matter: str
    amount: str = ""
    payee: str = ""
    village: str = ""


def show(config: GatewayConfig, language: Language, question: Question | None) -> Iterator[str]:
    """Yield what is in force and what waits, or the answer to a question.

    Raises:
        GatewayError: there is no store, no such village, or the amount cannot be read.
    """
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            now_ms = time.time_ns() // 1_000_000
            if question is None:
                lines = list(_standing(reader, language, now_ms))
            else:
                lines = list(_answer(reader, language, question, now_ms))
    finally:
        store.close()
    yield from lines


def check_password(config: GatewayConfig, account: str, password: str) -> None:
    """Return if a password is an account's.

    Raises:
        NotAllowedError: it is not, or there is no such account.
    """
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            known = reader.account(account)
    finally:
        store.close()
    if not password_holds(known, password):
        raise NotAllowedError(f"expected the password of {account}, found another: ask this person")


def table(policy: ApprovalPolicy, language: Language) -> Iterator[str]:
    """Yield a policy, rule by rule and tier by tier."""
    yield f"{policy.name} ({policy.source})"
    yield text(language, "policy.lapse", n=policy.lapse_days)
    splitting = policy.splitting
    if splitting is None:
        yield text(language, "policy.splitting.none")
    else:
        yield text(language, f"policy.splitting.{splitting.across}", n=splitting.days)
    for rule in policy.rules:
        yield f"[{rule.name}] {', '.join((*rule.matters, *rule.categories))}"
        if rule.confirm:
            yield f"  {text(language, 'policy.confirm')}"
        for tier in rule.tiers:
            yield f"  {text(language, 'policy.from', amount=yuan(tier.from_fen))}"
            yield from _stages(tier.stages, language)
    yield f"[{text(language, 'policy.otherwise')}]"
    yield from _stages(policy.otherwise, language)
    if policy.seams:
        yield f"[{text(language, 'policy.seams')}]"
        yield from _stages(policy.seams, language)


def _standing(reader: Reader, language: Language, now_ms: int) -> Iterator[str]:
    policies = reader.approval_policies()
    current = in_force(policies, local_date(now_ms))
    content = content_of(reader, current)
    if current is None or content is None:
        yield f"{text(language, 'policy.none')} {text(language, 'policy.why.no-policy')}"
    else:
        yield _version(current, language)
        yield from table(content, language)
    for one in policies:
        if is_waiting(one, policies, now_ms):
            yield f"{text(language, 'policy.waiting')}: {_version(one, language)}"


def _answer(reader: Reader, language: Language, question: Question, now_ms: int) -> Iterator[str]:
    tried = attempt(
        reader, question.village, question.matter, question.amount, question.payee, now_ms
    )
    yield tried.code if tried.matter is None else f"{tried.code} {tried.matter.name}"
    yield why(tried.required, language)
    if tried.required.confirm:
        yield text(language, "policy.confirm")
    if tried.beside.requests:
        added = yuan(tried.beside.amount_fen)
        yield text(language, "policy.beside", n=len(tried.beside.requests), sum=added)
    yield from _stages(tried.required.stages, language)


def why(required: Required, language: Language) -> str:
    """Return the sentence that says which rule decided."""
    values = {
        "rule": required.rule,
        "bound": yuan(required.from_fen),
        "total": yuan(required.total_fen),
    }
    return text(language, f"policy.why.{required.reason}", **values)


def _version(one: PolicyView, language: Language) -> str:
    parts = [
        text(language, "policy.version", n=one.version),
        text(language, "policy.since", date=one.from_date),
        text(language, "policy.drafted", name=one.by),
    ]
    if one.released_by is not None:
        parts.append(text(language, "policy.released", name=one.released_by))
    return ", ".join(parts)


def _stages(stages: tuple[Stage, ...], language: Language) -> Iterator[str]:
    for number, stage in enumerate(stages, start=1):
        seats = ", ".join(_seat(one, language) for one in stage.approvals)
        evidence = ", ".join(word(language, "document", kind) for kind in stage.evidence)
        with_it = f"; {text(language, 'policy.with')}{evidence}" if evidence else ""
        yield f"    {number}. {seats}{with_it}"


def _seat(seat: Seat, language: Language) -> str:
    offices = f" {text(language, 'policy.or')} ".join(
        word(language, "office", one) for one in seat.offices
    )
    many = f" {text(language, 'policy.persons', n=seat.persons)}" if seat.persons > 1 else ""
    return f"{offices}{many}"
