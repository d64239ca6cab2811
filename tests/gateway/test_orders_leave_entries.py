"""Every privileged act is an entry: each command of the type is carried out, and the log grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pyrage
import pytest

from gateway.commands import (
    AddAccount,
    AskDue,
    AskErasure,
    AskPolicy,
    AssignCase,
    CloseCase,
    Command,
    ConfirmErasure,
    ConfirmImpression,
    ConfirmPolicy,
    Decide,
    Delegate,
    Deliver,
    DraftCalendar,
    DraftEmergency,
    DraftList,
    DraftPolicy,
    DraftStanding,
    EndDelegation,
    ImportList,
    KeepCosignatures,
    NoteCase,
    NoteExport,
    OpenCase,
    PrintCodes,
    ReleaseCalendar,
    ReleaseEmergency,
    ReleaseHold,
    ReleaseList,
    ReleasePolicy,
    ReleaseStanding,
    RevokePermit,
    StopEmergency,
    Withdraw,
)
from gateway.commands_audit import AnswerAlert
from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal, WithdrawHatch
from gateway.commands_keys import AgreeKey, IssueCode, RevokeKey
from gateway.commands_people import DraftPeople, ReleasePeople, StopAccount
from gateway.commands_seals import DraftRegistration, KeepSampleCheck, ReleaseRegistration
from gateway.commands_signin import OWN, AskReset, ConfirmReset, EndSessions
from gateway.desk import lists
from gateway.desk.people import Row
from gateway.orders import Orders
from gateway.register.vault import Vault
from gateway.stores.calendar import local_date
from gateway.stores.registrations import SealWords
from gateway.stores.views import Alert, Finding
from ledger.records import Permit, Start
from ledger.records_confirms import ImpressionAsk
from ledger.records_office import LedgerExport
from ledger.records_seals import SealSample
from tests.gateway.conftest import VILLAGE
from tests.gateway.desk.acts import filed
from tests.gateway.key_acts import Keys
from tests.gateway.machine import TOWNSHIP

Town = Any
DAY_MS = 24 * 3600 * 1000
MACHINE = {"machine": "m-1", "seal": "committee"}
POLICY = """name = "办法"
source = "示例"
lapse_days = 10
[[rules]]
name = "日常"
matters = ["A-1"]
[[rules.tiers]]
from_fen = 0
stages = [{ approvals = [{ offices = ["director"] }] }]
[[otherwise]]
approvals = [{ offices = ["director"] }, { offices = ["secretary"] }]
"""
NO_ACT_OF_STAFF = OWN | {Deliver, KeepCosignatures}
"""What is no privileged act: one's own sign-in; what machines and witnesses have signed."""


class Watched:
    """A town that notes which commands were carried out, and demands an entry of each."""

    def __init__(self, town: Town) -> None:
        self.town, self.seen = town, set[type]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.town, name)

    def order(self, command: Command, *, operator: bool = False) -> Any:
        """Carry a command out; return its answer."""
        before = len(self.town.entries())
        answer = self.town.order(command, operator=operator).answer
        new = self.town.entries()[before:]
        assert new, f"expected an entry of {type(command).__name__}, found none"
        assert all(one.party == "gateway" for one in new)
        self.seen.add(type(command))
        return answer

    @property
    def last(self) -> Any:
        """Return the newest entry."""
        return self.town.entries()[-1]


@pytest.fixture
def watched(town: Town) -> Watched:
    """Return a town with people of every office, that keeps pictures."""
    one = Watched(town)
    town.vault = Vault(town.folder / "photos", town.open_sealed)
    town.orders = Orders(TOWNSHIP, town.log, town.intake, 7, keep_picture=town.vault.put)
    file = "code,name,verdict,max_copies\nA-1,建房,可以,5\n".encode()
    content = lists.read_csv(file, "township", "示例镇", "2020-01-01")
    one.order(ImportList(by="cli-x", list=content, file=file), operator=True)
    for name, office in (
        ("chief", "administrator"), ("checker", "auditor"), ("dong", "director"),
        ("shu", "secretary"), ("zhan", "station"), ("clerk-1", "clerk"), ("chair", "approver"),
    ):  # fmt: skip
        account = AddAccount(
            by="cli-root", account=name, person=name, name=name, offices=(office,), keeps=(),
            password_hash="-", village=VILLAGE if name in ("dong", "shu", "clerk-1") else "",
        )  # fmt: skip
        one.order(account, operator=True)
    return one


def requests(town: Watched) -> None:
    town.order(Withdraw(by="clerk-1", request=filed(town.town)))
    request = filed(town.town)
    town.order(Decide(by="chair", request=request, decision="approve", note="同意"))
    permit = town.last.body
    assert isinstance(permit, Permit)
    town.order(RevokePermit(by="checker", permit=permit.permit, reason="mistake"))


def papers(town: Watched) -> None:
    file = "code,name,verdict,max_copies\nA-1,建房,可以,4\n".encode()
    content = lists.read_csv(file, "township", "示例镇", "2020-01-01")
    town.order(DraftList(by="chief", list=content, file=file))
    town.order(ReleaseList(by="checker", draft=town.last.sha256))
    version = town.order(DraftPolicy(by="chief", file=POLICY.encode(), from_date="2020-01-01"))
    town.order(ReleasePolicy(by="checker", version=version))
    year = DraftCalendar(by="chief", year=2027, opens_minute=510, closes_minute=1050, days=())
    town.order(ReleaseCalendar(by="checker", version=town.order(year)))
    body = LedgerExport(
        what="ledger", form="pdf", from_date="2026-11-01", to_date="2026-11-30", village=None,
        rows=3, file_sha256="a" * 64, by="checker",
    )  # fmt: skip
    town.order(NoteExport(by="checker", body=body))


def delegations(town: Watched) -> None:
    until_ms = town.now_ms + DAY_MS
    town.order(Delegate(by="dong", substitute="shu", offices=("director",), from_ms=town.now_ms,
                        until_ms=until_ms))  # fmt: skip
    town.order(EndDelegation(by="dong", delegation=town.last.sha256))


def permits(town: Watched) -> None:
    until_ms = town.now_ms + 30 * DAY_MS
    standing = town.order(DraftStanding(by="chief", **MACHINE, matter="A-1", per_day=2, total=3,
                                        not_after_ms=until_ms))  # fmt: skip
    town.order(ReleaseStanding(by="checker", permit=standing))
    terms = town.order(DraftEmergency(by="chief", **MACHINE, matters=("A-1",), uses=2,
                                      impressions=2, not_after_ms=until_ms))  # fmt: skip
    town.order(ReleaseEmergency(by="checker", terms=terms))
    town.order(PrintCodes(by="dong", terms=terms))
    town.order(StopEmergency(by="checker", terms=terms))


def impressions(town: Watched) -> None:
    risky = POLICY.replace('["A-1"]', '["A-1"]\nconfirm = "each-impression"')
    draft = DraftPolicy(by="chief", file=risky.encode(), from_date="2020-01-01")
    town.order(ReleasePolicy(by="checker", version=town.order(draft)))
    request = filed(town.town)
    town.order(Decide(by="dong", request=request, decision="approve", note=""))
    permit, machine = town.last.body, town.machines["m-1"]
    photo = town.photo(b"live").ref
    asking = ImpressionAsk(
        permit=permit.permit, request=request, n=1, seal="committee", before=photo,
        operator="clerk-1", until_ms=town.now_ms + 120_000,
    )  # fmt: skip
    town.take(machine.message(machine.sign(asking, town.now_ms)))
    with town.store.transaction() as transaction:
        transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, town.now_ms)
    town.order(ConfirmImpression(by="dong", ask=machine.head.sha256, decision="release"))


def custody(town: Watched) -> None:
    asking = AskHatch(by="chief", **MACHINE, purpose="takeout", days=3, reason="年检")
    town.order(PermitHatch(by="checker", permit=town.order(asking)))
    town.order(WithdrawHatch(by="chief", permit=town.order(asking)))
    town.order(StateSeal(by="chief", **MACHINE, state="lost", reason="丢失"))
    found = town.order(StateSeal(by="chief", **MACHINE, state="found", reason="找到"))
    town.order(ConfirmSeal(by="checker", asked=found))


def seals(town: Watched) -> None:
    machine, photo = town.machines["m-1"], town.photo(b"sample").ref
    body = SealSample(permit="h-1", seal="committee", hatch="a" * 64, by="clerk-1", second="chief",
                      sample=photo)  # fmt: skip
    town.take(machine.message(machine.sign(body, town.now_ms)))
    sampled = machine.head.sha256
    with town.store.transaction() as transaction:
        transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, town.now_ms)
    picture = town.photo(b"specimen")
    drafting = DraftRegistration(
        by="chief", **MACHINE, sample=sampled, words=SealWords("村委会", "甲村村民委员会", "", "1"),
        shape="round", width=420, height=420, specimen=picture.ref, sealed=picture.sealed,
    )  # fmt: skip
    town.order(ReleaseRegistration(by="checker", draft=town.order(drafting)))
    check = KeepSampleCheck(
        by="gw-1", sample=sampled, registration=town.last.sha256, result="same", reason="strokes"
    )
    town.order(check, operator=True)


def holds(town: Watched) -> None:
    machine = town.machines["m-1"]
    town.take(machine.message(town.incident()))
    town.order(ReleaseHold(by="chief", hold=machine.head.sha256, impressions=0))


def cases(town: Watched) -> None:
    finding = Finding(key="finding.gap", values={"first": 1})
    alert = Alert(
        code="gap", severity="red", machine="m-1", entry=None, finding=finding, key="gap"
    )  # fmt: skip
    with town.store.transaction() as transaction:
        town.log.raise_alert(transaction, alert, town.now_ms)
        name = transaction.alerts()[0].alert
    town.order(AnswerAlert(by="checker", alert=name, answer="right"))
    case = town.order(OpenCase(by="checker", alert=name, note="核查"))
    town.order(AssignCase(by="checker", case=case, to="checker"))
    town.order(NoteCase(by="checker", case=case, note="已核实"))
    town.order(CloseCase(by="checker", case=case, note="结束"))


def people(town: Watched) -> None:
    for machine in town.machines.values():
        opener = str(pyrage.x25519.Identity.generate().to_public())
        start = Start(version="1", controller="A", strokes={}, reason="started", opener=opener)
        town.take(machine.message(machine.sign(start, town.now_ms)))
    rows = (Row(account="clerk-1", person="clerk-1", name="clerk-1", offices=("clerk",)),)
    drafting = DraftPeople(by="chief", place=VILLAGE, days=90, rows=rows)
    town.order(ReleasePeople(by="checker", version=town.order(drafting)))
    town.order(EndSessions(by="chief", account="clerk-1"))
    town.order(AskReset(by="chief", account="clerk-1", password_hash="$a2"))
    town.order(ConfirmReset(by="checker", account="clerk-1"))
    town.order(StopAccount(by="chief", account="clerk-1"))


def erasures(town: Watched) -> None:
    request = filed(town.town)
    town.order(Withdraw(by="clerk-1", request=request))
    month = local_date(town.now_ms)[:7]
    town.order(AskErasure(by="checker", entry=request, what="both", cause="request"))
    town.order(ConfirmErasure(by="chief", asked=town.last.sha256))
    town.order(AskPolicy(by="checker", openings_years=10, photos_years=3))
    town.order(ConfirmPolicy(by="chief", asked=town.last.sha256))
    town.town.now_ms += 12 * 366 * DAY_MS
    town.order(AskDue(by="checker", month=month))


def keys(town: Watched, other: Town) -> None:
    """The same in a log that began with its keys."""
    acting = Keys(other).found()
    other.account("chief", "administrator")
    there = Watched(other)
    there.order(IssueCode(by="chief", machine="m-1", hours=24))
    acting.enter(acting.enrolment(acting.make("m-1", "device", epoch=2)))
    assert there.last.kind == "enrolment"
    there.order(RevokeKey(by="chief", machine="m-1", last_seq=None, reason="machine-lost"))
    town.seen |= {*there.seen, AgreeKey}


def test_every_command_that_succeeds_leaves_an_entry_of_the_gateway(
    watched: Watched, make_town: Callable[..., Town], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = make_town(tmp_path / "other")
    (other.folder / "keys").mkdir()

    requests(watched)
    papers(watched)
    delegations(watched)
    permits(watched)
    impressions(watched)
    seals(watched)
    custody(watched)
    holds(watched)
    cases(watched)
    keys(watched, other)
    erasures(watched)
    people(watched)
    other.store.close()

    assert watched.seen == set(get_args(Command)) - NO_ACT_OF_STAFF
