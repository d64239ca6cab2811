"""Releases at the desk: who approved answers one live photo, once, while the machine waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from gateway import policy_lines
from gateway.audit import alerts
from gateway.commands import ConfirmImpression, DraftStanding
from gateway.desk import policy_file
from gateway.desk.policy import Facts, required
from gateway.desk.policy_table import PolicyFileError
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from ledger.records import SEAM, Intent, Permit, SealUse
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm
from tests.gateway.desk.acts import decide, filed, refused

Town = Any
DAY_MS = 24 * 3600 * 1000
POLICY = """name = "办法"
source = "示例"
lapse_days = 10

[[rules]]
name = "高风险"
matters = ["A-1"]
confirm = "each-impression"

[[rules.tiers]]
from_fen = 0
stages = [{ approvals = [{ offices = ["director"] }] }]

[[otherwise]]
approvals = [{ offices = ["director"] }]
"""


@pytest.fixture
def risky(people: Town, release_policy: Callable[..., int]) -> Town:
    """A township whose policy wants each impression released."""
    people.judge = alerts.judge
    release_policy(people, POLICY)
    return people


def permitted(town: Town) -> tuple[str, Permit]:
    request = filed(town, copies=2)
    decide(town, request, "dong")
    permit = town.entries()[-1].body
    assert isinstance(permit, Permit)
    return request, permit


def ask(town: Town, n: int = 1, *, stored: bool = True, **changes: Any) -> tuple[str, Any]:
    """Have m-1 ask for an impression; return the entry's hash and its live photo."""
    request, permit = permitted(town)
    machine = town.machines["m-1"]
    photo = town.photo(f"live {machine.head.seq}".encode()).ref
    body: dict[str, Any] = {
        "permit": permit.permit,
        "request": request,
        "n": n,
        "seal": "committee",
        "before": photo,
        "operator": "clerk-1",
        "until_ms": town.now_ms + 120_000,
        **changes,
    }
    town.take(machine.message(machine.sign(ImpressionAsk(**body), town.now_ms)))
    if stored:
        with town.store.transaction() as transaction:
            transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, town.now_ms)
    return machine.head.sha256, photo


def answer(town: Town, name: str, by: str = "dong", decision: Any = "release") -> Any:
    return town.order(ConfirmImpression(by=by, ask=name, decision=decision))


def reserve(town: Town, photo: Any, n: int = 1, flags: tuple[str, ...] = ()) -> None:
    """Have m-1 reserve an impression for a live photo."""
    machine = town.machines["m-1"]
    permit = [one.body for one in town.entries() if isinstance(one.body, Permit)][-1]
    body = Intent(
        permit=permit.permit, n=n, of=2, seal="committee", page=photo.sha256,
        operator="clerk-1", counter_before=machine.head.seq, controller="A", flags=flags,
    )  # fmt: skip
    town.take(machine.message(machine.sign(body, town.now_ms)))


def pressed(
    town: Town, photo: Any, flags: tuple[str, ...] = (), by_entry: str | None = None
) -> None:
    """Have m-1 record what it reserved last as a use; it may name another entry as its intent."""
    machine = town.machines["m-1"]
    reserved = next(one for one in reversed(town.entries()) if isinstance(one.body, Intent))
    intent = reserved.body
    body = SealUse(
        permit=intent.permit, intent=by_entry or reserved.sha256, n=intent.n, of=intent.of, seal=intent.seal,
        matter="A-1", before=photo, after=town.photo(b"after").ref,
        counter_before=intent.counter_before, counter_after=intent.counter_before + 1,
        findings=("page-same", "impression-seen"), operator=intent.operator, flags=flags,
        controller="A",
    )  # fmt: skip
    town.take(machine.message(machine.sign(body, town.now_ms)))


def raised(town: Town) -> set[str]:
    with town.store.reader() as reader:
        return {one.finding.key for one in reader.alerts() if one.finding is not None}


def test_the_permit_says_that_each_impression_is_released(risky: Town) -> None:
    assert permitted(risky)[1].confirm == "each-impression"


def test_a_release_is_bound_to_photo_and_number_and_ends_with_the_wait(risky: Town) -> None:
    name, photo = ask(risky)

    done = answer(risky, name)

    said = risky.entries()[-1].body
    assert isinstance(said, ImpressionConfirm)
    assert (said.n, said.photo, said.decision, said.by) == (1, photo.sha256, "release", "dong")
    assert risky.now_ms < said.not_after_ms <= risky.now_ms + 60_000
    assert done.letters[0].topic.endswith(f"/m-1/answer/{name}")
    reserve(risky, photo)
    assert raised(risky) == set()


def test_an_answer_is_given_once_and_not_too_late(risky: Town) -> None:
    name, _ = ask(risky)
    answer(risky, name, decision="refuse")
    refused(risky, "confirm-over", lambda: answer(risky, name))
    late, _ = ask(risky)
    risky.now_ms += 120_001

    refused(risky, "confirm-over", lambda: answer(risky, late))


def test_only_who_approved_this_request_answers(risky: Town) -> None:
    risky.account("dong-2", "approver")
    risky.account("press", "director", person="clerk-1")
    name, _ = ask(risky)

    refused(risky, "not-your-confirm", lambda: answer(risky, name, by="dong-2"))
    refused(risky, "not-your-confirm", lambda: answer(risky, name, by="press"))
    with pytest.raises(NotAllowedError):
        answer(risky, name, by="clerk-1")


def test_who_presses_does_not_release_though_he_approved(risky: Town) -> None:
    name, _ = ask(risky, operator="dong")

    refused(risky, "not-your-confirm", lambda: answer(risky, name))


def test_without_the_photo_here_nobody_releases(risky: Town) -> None:
    name, _ = ask(risky, stored=False)

    refused(risky, "pages-missing", lambda: answer(risky, name))


def test_what_nobody_asked_for_is_not_released(risky: Town) -> None:
    with pytest.raises(NotFoundError):
        answer(risky, "a" * 64)


@pytest.mark.parametrize("wrong", ["none", "photo", "n", "refused"])
def test_an_impression_without_its_release_is_an_alert(risky: Town, wrong: str) -> None:
    name, photo = ask(risky)
    if wrong != "none":
        answer(risky, name, decision="refuse" if wrong == "refused" else "release")
    if wrong == "photo":
        photo = structs.replace(photo, sha256="b" * 64)

    reserve(risky, photo, n=2 if wrong == "n" else 1)

    assert raised(risky) == {"finding.unconfirmed"}


@pytest.mark.parametrize(
    ("form", "flags", "found"),
    [
        ("plain", (SEAM,), "seam"),
        ("seam", (), "plain"),
        ("make-up", (), "plain"),
    ],
)
def test_an_impression_of_another_kind_than_the_released_one_is_an_alert(
    risky: Town, form: str, flags: tuple[str, ...], found: str
) -> None:
    name, photo = ask(risky, form=form)
    answer(risky, name)

    reserve(risky, photo, flags=flags)

    assert raised(risky) == {f"finding.unconfirmed.{found}"}


def test_a_use_of_another_kind_than_its_released_intent_is_an_alert(risky: Town) -> None:
    name, photo = ask(risky)
    answer(risky, name)
    reserve(risky, photo)
    assert raised(risky) == set()

    pressed(risky, photo, flags=(SEAM,))

    assert "finding.unconfirmed.seam" in raised(risky)


@pytest.mark.parametrize("named", ["its-intent", "no-intent", "nothing"])
def test_a_use_with_another_page_than_the_released_one_is_an_alert(risky: Town, named: str) -> None:
    name, photo = ask(risky)
    answer(risky, name)
    reserve(risky, photo)

    by_entry = {"its-intent": None, "no-intent": name, "nothing": 64 * "0"}[named]
    pressed(risky, risky.photo(b"another page").ref, by_entry=by_entry)

    assert "finding.unconfirmed" in raised(risky)


def test_a_use_of_the_released_kind_is_none(risky: Town) -> None:
    name, photo = ask(risky)
    answer(risky, name)
    reserve(risky, photo)

    pressed(risky, photo)

    assert raised(risky) == set()


def test_such_an_item_has_no_standing_permit(risky: Town) -> None:
    with pytest.raises(RequestRefusedError, match="releases one by one"):
        risky.order(
            DraftStanding(
                by="chief", machine="m-1", seal="committee", matter="A-1", per_day=1, total=1,
                not_after_ms=risky.now_ms + DAY_MS,
            )
        )  # fmt: skip


def test_otherwise_asks_for_no_less_than_any_rule() -> None:
    policy = policy_file.read(POLICY.encode())

    assert required(policy, Facts(matter="Z-9")).confirm
    assert policy_file.decoded(policy_file.encoded(policy)) == policy


def test_a_policy_without_it_keeps_its_bytes() -> None:
    plain = POLICY.replace('confirm = "each-impression"\n', "")

    assert b"confirm" not in policy_file.encoded(policy_file.read(plain.encode()))
    with pytest.raises(PolicyFileError, match="confirm"):
        policy_file.read(POLICY.replace("each-impression", "sometimes").encode())


def test_what_is_derived_is_the_same_after_a_rebuild(risky: Town) -> None:
    name, photo = ask(risky)
    answer(risky, name)
    reserve(risky, photo)
    before = risky.store.derived()

    risky.store.rebuild()

    assert risky.store.derived() == before


@pytest.mark.parametrize(("language", "word"), [("zh", "看现场照片放行"), ("en", "live photo")])
def test_a_policy_says_in_words_that_impressions_are_released(language: Any, word: str) -> None:
    policy = policy_file.read(POLICY.encode())

    assert word in "\n".join(policy_lines.table(policy, language))
