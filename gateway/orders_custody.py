"""Orders on the keeping of seals: one person asks, another one permits; stopping takes one."""

from __future__ import annotations

import secrets

from gateway.book import Book, Done, known_account
from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal, WithdrawHatch
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register import post_custody
from gateway.register.log import Letter
from gateway.stores import Transaction
from gateway.stores.custody import HatchView
from gateway.stores.views import StoredEntry
from ledger import custody, disclosure
from ledger.records_custody import Hatch, Purpose, SealState

DAY_MS = 24 * 3600 * 1000
LONGEST_DAYS = 30
LONGEST_REASON = 200


class CustodyOrders:
    """Carries out orders on the keeping of seals in one township."""

    def __init__(self, township: str, book: Book) -> None:
        self._township = township
        self._book = book

    def ask(self, transaction: Transaction, command: AskHatch, now_ms: int) -> Done:
        """Ask for one opening of a hatch; another person permits it."""
        _check_seal(transaction, command.machine, command.seal)
        _check_reason(command.reason)
        if not 1 <= command.days <= LONGEST_DAYS:
            raise RequestRefusedError(
                "hatch-days", f"expected 1 to {LONGEST_DAYS} days, found {command.days}"
            )
        _check_place(transaction, command.machine, command.seal, command.purpose)
        fields, opened = disclosure.withhold({"reason": command.reason.strip()})
        body = Hatch(
            step="asked",
            permit=f"h-{secrets.token_hex(8)}",
            machine=command.machine,
            seal=command.seal,
            purpose=command.purpose,
            by=command.by,
            not_after_ms=now_ms + command.days * DAY_MS,
            reason_commitment=fields["reason_commitment"],
        )
        self._book.append(transaction, body, now_ms, opened)
        return Done(answer=body.permit)

    def permit(self, transaction: Transaction, command: PermitHatch, now_ms: int) -> Done:
        """Permit what another person asks for; the machine is told."""
        hatch = _known(transaction, command.permit)
        if not hatch.waits(now_ms):
            raise RequestRefusedError("hatch-over", "expected an asking that waits, found none")
        _other_person(transaction, hatch.asked_by, command.by)
        _check_place(transaction, hatch.machine, hatch.seal, hatch.purpose)
        return self._told(transaction, _step(hatch, "permitted", command.by), hatch, now_ms)

    def withdraw(self, transaction: Transaction, command: WithdrawHatch, now_ms: int) -> Done:
        """Take a permit or its asking back; a hatch that is open is not shut by that."""
        hatch = _known(transaction, command.permit)
        if not (hatch.waits(now_ms) or hatch.in_force(now_ms)) or hatch.opened_index is not None:
            raise RequestRefusedError("hatch-over", "expected a permit to take back, found none")
        return self._told(transaction, _step(hatch, "withdrawn", command.by), hatch, now_ms)

    def state(self, transaction: Transaction, command: StateSeal, now_ms: int) -> Done:
        """Stop a lost seal at once; `found` and `void` wait for another person."""
        _check_seal(transaction, command.machine, command.seal)
        _check_reason(command.reason)
        place = transaction.seal_standing(command.machine, command.seal).place
        fits = {"lost": place not in ("lost", "void"), "found": place == "lost"}
        if not fits.get(command.state, place != "void"):
            raise RequestRefusedError(
                "seal-elsewhere", f"expected a seal that can be {command.state}, found it {place}"
            )
        fields, opened = disclosure.withhold({"reason": command.reason.strip()})
        body = SealState(
            seal=command.seal,
            state=command.state,
            machine=command.machine,
            by=command.by,
            reason_commitment=fields["reason_commitment"],
        )
        entry = self._book.append(transaction, body, now_ms, opened)
        letters = () if command.state != "lost" else (self._letter(entry, command.seal),)
        return Done(answer=entry.sha256, letters=letters)

    def confirm(self, transaction: Transaction, command: ConfirmSeal, now_ms: int) -> Done:
        """Confirm what another person asks for: the seal is found, or void."""
        asked = transaction.entry(command.asked)
        if asked is None or asked.party != "gateway" or not isinstance(asked.body, SealState):
            raise NotFoundError("expected an asking about a seal, found none")
        said, machine = asked.body, asked.machine
        place = transaction.seal_standing(machine, said.seal).place
        waits = said.second is None and said.state != "lost" and said.asked is None
        if not waits or (place != "lost" if said.state == "found" else place == "void"):
            raise RequestRefusedError("hatch-over", "expected an asking that waits, found none")
        _other_person(transaction, said.by, command.by)
        body = SealState(
            seal=said.seal,
            state=said.state,
            machine=machine,
            by=said.by,
            second=command.by,
            asked=asked.sha256,
        )
        entry = self._book.append(transaction, body, now_ms)
        return Done(answer=entry.index, letters=(self._letter(entry, said.seal),))

    def _told(self, transaction: Transaction, body: Hatch, hatch: HatchView, now_ms: int) -> Done:
        entry = self._book.append(transaction, body, now_ms)
        letter = post_custody.hatch_letter(self._township, hatch, entry)
        return Done(answer=entry.index, letters=(letter,))

    def _letter(self, entry: StoredEntry, seal: str) -> Letter:
        return post_custody.state_letter(self._township, entry, seal)


def _step(hatch: HatchView, step: str, by: str) -> Hatch:
    permitted = step == "permitted"
    return Hatch(
        step="permitted" if permitted else "withdrawn",
        permit=hatch.permit,
        machine=hatch.machine,
        seal=hatch.seal,
        purpose=hatch.purpose,
        by=by,
        asked=hatch.asked,
        not_after_ms=hatch.not_after_ms if permitted else None,
    )


def _known(transaction: Transaction, permit: str) -> HatchView:
    hatch = transaction.hatch(permit)
    if hatch is None:
        raise NotFoundError(f"expected a permit for a hatch, found none named {permit[:40]}")
    return hatch


def _check_seal(transaction: Transaction, machine: str, seal: str) -> None:
    known = transaction.machine(machine)
    if known is None or seal not in known.seals:
        raise NotFoundError(f"expected a seal of a machine, found {machine[:40]}, {seal[:40]}")


def _check_place(transaction: Transaction, machine: str, seal: str, purpose: Purpose) -> None:
    standing = transaction.seal_standing(machine, seal)
    if not custody.fits(standing, purpose):
        raise RequestRefusedError(
            "seal-elsewhere",
            f"expected the seal where {purpose} begins, found it {standing.place}",
        )


def _check_reason(reason: str) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise RequestRefusedError(
            "reason-missing", f"expected a reason of at most {LONGEST_REASON} characters"
        )


def _other_person(transaction: Transaction, first: str, second: str) -> None:
    one, other = transaction.account(first), known_account(transaction, second)
    if one is None or one.person == other.person:
        raise RequestRefusedError("custody-same", f"expected another person than {first}")
