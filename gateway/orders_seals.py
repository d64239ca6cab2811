"""Orders on how seals look: one person drafts a registration, another one releases it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway.book import Book, Done, known_account
from gateway.commands_seals import DraftRegistration, KeepSampleCheck, ReleaseRegistration
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Transaction
from gateway.stores.registrations import RegistrationView, SampleView, SealWords
from ledger import codec, disclosure
from ledger.records_seals import SampleCheck, SealRegistration

WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again
DAY_MS = 24 * 3600 * 1000
LONGEST = {"name": 60, "ring_text": 60, "line": 30, "number": 30}
LEAST, MOST = 50, 1500  # tenths of a millimetre

Keep = Callable[[str, bytes], None]


class SealOrders:
    """Carries out orders on how seals look.

    Args:
        keep: stores the encrypted bytes of a picture under their hash, durable on return.
    """

    def __init__(self, book: Book, keep: Keep) -> None:
        self._book, self._keep = book, keep

    def draft(self, transaction: Transaction, command: DraftRegistration, now_ms: int) -> Done:
        """Keep a draft and its specimen; nothing holds until another person releases it."""
        _check_seal(transaction, command.machine, command.seal)
        sample = transaction.sample(command.sample)
        if sample is None or (sample.machine, sample.seal) != (command.machine, command.seal):
            raise NotFoundError("expected an imprint sample of this seal, found none")
        if not sample.photo.is_kept:
            raise RequestRefusedError("sample-not-here", "expected the sample's photo, found none")
        words = _checked(command)
        refs = command.specimen
        if (refs.sealed_sha256, refs.sealed_size) != (
            codec.sha256(command.sealed),
            len(command.sealed),
        ):
            raise RequestRefusedError("specimen-other", "expected the specimen that is named")
        known = transaction.registrations(command.machine, command.seal)
        fields, opened = disclosure.withhold({"words": msgspec.to_builtins(words)})
        body = SealRegistration(
            machine=command.machine,
            seal=command.seal,
            version=1 + max((one.version for one in known), default=0),
            by=command.by,
            sample=command.sample,
            shape=command.shape,
            width=command.width,
            height=command.height,
            specimen=refs,
            words_commitment=fields["words_commitment"],
        )
        self._keep(refs.sealed_sha256, command.sealed)
        entry = self._book.append(transaction, body, now_ms, opened)
        transaction.photo_stored(refs.sealed_sha256, refs.sealed_size, now_ms)
        return Done(answer=entry.sha256)

    def release(self, transaction: Transaction, command: ReleaseRegistration, now_ms: int) -> Done:
        """Have another person's draft hold from now on, in place of what held before."""
        draft = transaction.registration(command.draft)
        if draft is None:
            raise NotFoundError("expected the draft of a registration, found none")
        _check_seal(transaction, draft.machine, draft.seal)
        if not is_waiting(draft, transaction.registrations(draft.machine, draft.seal), now_ms):
            raise RequestRefusedError(
                "registration-stale",
                f"expected the newest draft of this seal, of the last {WAITING_DAYS} days and not "
                f"released, found version {draft.version}: draft it again",
            )
        drafter, releaser = transaction.account(draft.by), known_account(transaction, command.by)
        if drafter is None or drafter.person == releaser.person:
            raise RequestRefusedError("draft-own", f"expected another person than {draft.by}")
        body = SealRegistration(
            machine=draft.machine,
            seal=draft.seal,
            version=draft.version,
            by=draft.by,
            asked=draft.draft,
            released_by=command.by,
            from_ms=now_ms,
        )
        return Done(answer=self._book.append(transaction, body, now_ms).index)

    def keep_check(self, transaction: Transaction, command: KeepSampleCheck, now_ms: int) -> Done:
        """Write down how a sample compares; a rule says whether anybody must look."""
        sample = transaction.sample(command.sample)
        if sample is None:
            raise NotFoundError("expected an imprint sample, found none")
        if sample.check is not None:
            return Done(answer=None)
        if compared_with(transaction, sample) != command.registration:
            raise RequestRefusedError(
                "registration-other", "expected the registration that held when the sample came"
            )
        body = SampleCheck(
            machine=sample.machine,
            seal=sample.seal,
            sample=command.sample,
            registration=command.registration,
            result=command.result,
            reason=command.reason,
            named=command.named,
            agreeing=command.agreeing,
            seen=command.seen,
        )
        return Done(answer=self._book.append(transaction, body, now_ms).index)


def is_waiting(one: RegistrationView, known: tuple[RegistrationView, ...], now_ms: int) -> bool:
    """Return whether a draft can still be released: a newer one takes its place."""
    newest = max((each.version for each in known), default=0)
    fresh = now_ms - one.drafted_ms <= WAITING_DAYS * DAY_MS
    return one.released is None and one.version == newest and fresh


def compared_with(transaction: Transaction, sample: SampleView) -> str | None:
    """Return the release that held for a sample's seal when the sample came."""
    held = transaction.registered_seals(sample.machine, sample.received_ms)
    return next((one.registration for one in held if one.seal == sample.seal), None)


def _check_seal(transaction: Transaction, machine: str, seal: str) -> None:
    known = transaction.machine(machine)
    if known is None or seal not in known.seals:
        raise NotFoundError(f"expected a seal of a machine, found {machine[:40]}, {seal[:40]}")
    if transaction.seal_standing(machine, seal).place == "void":
        raise RequestRefusedError("seal-void", f"expected a seal in use, found {seal} void")


def _checked(command: DraftRegistration) -> SealWords:
    """Return the words without blanks around them, if all that was filled in can be."""
    given = {name: str(value) for name, value in msgspec.structs.asdict(command.words).items()}
    words = {name: value.strip() for name, value in given.items()}
    for name, value in words.items():
        needed = name in ("name", "ring_text")
        if len(value) > LONGEST[name] or not value.isprintable() or (needed and not value):
            raise RequestRefusedError(
                f"registration-{name.replace('_', '-')}",
                f"expected {name} of at most {LONGEST[name]} characters, found {value[:40]!r}",
            )
    right = LEAST <= min(command.width, command.height) <= max(command.width, command.height)
    equal = command.shape != "round" or command.width == command.height
    if not right or max(command.width, command.height) > MOST or not equal:
        raise RequestRefusedError(
            "registration-size",
            f"expected {LEAST} to {MOST} tenths of a millimetre, a round seal as high as wide, "
            f"found {command.width} x {command.height}",
        )
    return SealWords(**words)
