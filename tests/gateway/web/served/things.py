"""What a village leaves behind at the gateway, by what routes name and answers may tell."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from gateway.commands import AddAccount, Delegate, DraftEmergency
from gateway.commands_custody import AskHatch
from ledger.records_confirms import ImpressionAsk
from tests.gateway.web.served.scene import keep, minimal

OFFICES = ("administrator", "approver", "auditor", "station")
DEADLINE_S = 20.0
DAY_MS = 24 * 3600 * 1000


class Things(Struct, frozen=True):
    """Names of what one village (or another township) has, by the routes' parameter.

    Args:
        marks: what is nowhere in an answer to somebody who may not see this village.
    """

    names: dict[str, str]
    marks: tuple[str, ...]

    def address(self, path: str) -> str:
        """Fill a route's parameters in; what these things do not include is named `nothing`."""
        given = {"version": "999", "number": "999", "form": "sheet", "month": "2020-01"}

        def name(found: re.Match[str]) -> str:
            return self.names.get(found[1]) or given.get(found[1], "nothing")

        return re.sub(r"\{([a-z_0-9]+)\}", name, path)


NOTHING = Things({}, ())


def admit_everybody(world: Any, password_hash: str) -> None:
    """Give the account `all`, of one person, every office: it may do nearly everything."""
    command = AddAccount(
        by="root",
        account="all",
        person="p-all",
        name="全能",
        offices=OFFICES,
        keeps=(),
        password_hash=password_hash,
    )
    world.app.submit_operator(command).result(DEADLINE_S)


def things(world: Any, name: str, pages: Any, applicant: str, password_hash: str = "") -> Things:
    """Let a machine live a day and return what it left behind."""
    machine = world.machines[name]
    machine.start()
    permit = world.approved(machine, world.photo(pages[0][0]), applicant=applicant)
    before, after = world.photo(pages[0][0]), world.photo(pages[0][1])
    use = machine.use(permit, before, after)
    request = world.waiting(machine, world.photo(pages[1][0]), applicant=applicant)
    hold = machine.incident()
    ask = asked(world, machine, permit, request, before)
    world.until(
        lambda reader: (
            reader.hold(hold)
            and reader.entry(use)
            and reader.impression_ask(ask)
            and not reader.pending_photos(name)
        )
    )
    keep(world, minimal(name, use))
    with world.app.reader() as reader:
        photo = reader.request(request).pages[0].sealed_sha256
        village = reader.machine(name).village
        alert = next((one.alert for one in reader.alerts(machine=name)), "")
    names = {
        "request_id": request, "permit_id": permit, "entry_id": use, "hold_id": hold,
        "sealed_sha256": photo, "machine_id": name, "village": village, "alert_id": alert,
        "place": village, "ask": ask, "machine": name, "seal": "committee",
        **kept(world, name, village, password_hash),
    }  # fmt: skip
    marks = ("request_id", "permit_id", "entry_id", "hold_id", "sealed_sha256", "ask", "permit")
    hidden = (*marks, "terms", "delegation")
    return Things(names, (*(names[one] for one in hidden), applicant, person_of(name)))


def asked(world: Any, machine: Any, permit: str, request: str, before: Any) -> str:
    """Let a machine wait for the release of one impression; return the entry's hash."""
    ask = ImpressionAsk(
        permit=permit, request=request, n=2, seal="committee", before=before.reference,
        operator="li", until_ms=world.now_ms() + DAY_MS,
    )  # fmt: skip
    return str(machine.say(ask))


def person_of(machine: str) -> str:
    """Return the name of the secretary of a machine's village."""
    return f"{machine}的书记"


def kept(world: Any, machine: str, village: str, password_hash: str) -> dict[str, str]:
    """Order what only people can, and return its names: hatch, terms, account, delegation."""
    account, substitute = f"a-{machine}", f"s-{machine}"
    for name, called, offices in (
        (account, person_of(machine), ("secretary",)),
        (substitute, f"{machine}的副主任", ()),
    ):
        added = AddAccount(
            by="root", account=name, person=f"p-{name}", name=called, offices=offices, keeps=(),
            password_hash=password_hash, village=village,
        )  # fmt: skip
        world.app.submit_operator(added).result(DEADLINE_S)
    now_ms = world.now_ms()

    def ordered(command: Any) -> Any:
        return world.app.submit(command).result(DEADLINE_S)

    delegated = ordered(
        Delegate(by=account, substitute=substitute, offices=("secretary",), from_ms=now_ms,
                 until_ms=now_ms + DAY_MS)
    )  # fmt: skip
    with world.app.reader() as reader:
        delegation = reader.entry(delegated).sha256
    return {
        "account": account,
        "delegation": delegation,
        "permit": ordered(
            AskHatch(by="sun", machine=machine, seal="committee", purpose="service", days=3,
                     reason="检修")
        ),
        "terms": ordered(
            DraftEmergency(by="sun", machine=machine, seal="committee", matters=("T-01",), uses=2,
                           impressions=2, not_after_ms=now_ms + 9 * DAY_MS)
        ),
    }  # fmt: skip
