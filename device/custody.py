"""Custody: opens the hatch under a permit of its own, and writes down what was done behind it.

The hatch is freed in `open` alone, which runs after its entry is durable. Until the closing
entry nothing is stamped with the seal, over restarts too; all strokes of that time are either
counted by the two persons or hold the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from msgspec import Struct

from device import custody_bodies, guard
from device.custody_book import Order
from device.errors import CustodyRefusedError
from device.keepers import Held, objection
from device.kiosk.port_custody import CustodyCommand, OpenHatch, ReportLost, ShutHatch
from device.lock import Lock
from device.recorder import Recorder
from hardware.interfaces import Report, Settlement
from ledger import custody
from ledger.records import PhotoRef
from ledger.records_custody import SealState

log = structlog.get_logger()

HATCH_S = 5.0  # how long the hatch can be pulled open


class Bench(Struct, frozen=True, kw_only=True):
    """One seal's controller, and how its cycle is stopped when strokes do not add up."""

    lock: Lock
    hold: Callable[[str, Settlement], None]


class _Opening(Struct, frozen=True):
    """What this run saw at the first pulse of an opening: presses, and the controller's start."""

    permit: str
    presses: int
    starts: int


class Custody:
    """The hatches of one machine; belongs to the agent's loop.

    Args:
        benches: by seal.
        busy: tells why no hatch may be opened now (an impression is under way), or "".
        pages: photos taken at the screen, by the hash of their JPEG.
        held: whose an account is, and its offices.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        *,
        benches: Mapping[str, Bench],
        recorder: Recorder,
        busy: Callable[[], str],
        pages: Mapping[str, PhotoRef],
        held: Callable[[str], Held],
        now_s: Callable[[], float],
    ) -> None:
        self._benches, self._recorder, self._busy = benches, recorder, busy
        self._pages, self._held, self._now_s = pages, held, now_s
        self._book = recorder.journal.book
        self._openings: dict[str, _Opening] = {}
        self._freed: dict[str, float] = {}

    def obey(self, command: CustodyCommand) -> None:
        """Do what the persons at the screen ask for.

        Raises:
            CustodyRefusedError: it may not be done now; nothing moved.
            JournalError: it could not be written; nothing moved.
        """
        match command:
            case OpenHatch():
                self._open(command)
            case ShutHatch():
                self._shut(command)
            case ReportLost():
                self._lose(command)

    def poll(self) -> None:
        """End the hatch's pulse once it is open, or over."""
        for seal, until_s in tuple(self._freed.items()):
            lock = self._benches[seal].lock
            is_open = lock.report is not None and not lock.report.inputs.door_closed
            if is_open or self._now_s() >= until_s:
                del self._freed[seal]
                lock.shut()

    def made(self, seal: str) -> int:
        """Return the impressions that the machine has counted since the hatch was opened."""
        report = self._benches[seal].lock.report
        return 0 if report is None else self._made(seal, report)[0]

    def _open(self, command: OpenHatch) -> None:
        self._several(command.by, command.second)
        order = self._good(command.permit)
        if why := objection(order.purpose, self._held(command.by), self._held(command.second)):
            raise _refused(why, "neither")
        standing = self._book.custody.standing(order.seal)
        again = standing.opened and standing.permit == order.permit
        if not again and not custody.fits(standing, order.purpose):
            raise _refused("seal-elsewhere", f"the seal {standing.place}, {standing.trouble}")
        if why := self._busy() or self._recorder.blocked:
            raise _refused(why, why)
        lock = self._benches[order.seal].lock
        report = _at_rest(lock)
        strokes = lock.strokes(self._book.strokes.get(order.seal, 0))
        entry = self._recorder.append(custody_bodies.opened(order, command, strokes))
        if not again:
            self._openings[order.seal] = _Opening(order.permit, report.presses, lock.starts)
        log.warning("hatch_freed", permit=order.permit, purpose=order.purpose)
        self._freed[order.seal] = self._now_s() + HATCH_S
        if lock.open_hatch(bytes.fromhex(entry.sha256)[:16], HATCH_S) is False:
            raise _refused("hatch-refused", "the controller refusing")

    def _shut(self, command: ShutHatch) -> None:
        self._several(command.by, command.second, command.witness)
        seal = self._opened_under(command.permit)
        standing = self._book.custody.standing(seal)
        assert standing.purpose is not None
        lock = self._benches[seal].lock
        report = _at_rest(lock)
        if not report.inputs.door_closed:
            raise _refused("hatch-open", "the hatch open")
        made, proof = self._made(seal, report)
        if proof == "none":
            made = command.counted
        present = report.inputs.seal_present
        done = custody_bodies.act(
            command, standing, seal, self._pages, present, self._recorder.clock.now_ms()
        )
        if done is not None and not self._book.custody.acted(command.permit):
            self._recorder.append(done.body, withheld=done.withheld, photos=done.photos)
        sampled = self._book.custody.sampled(command.permit)  # by an earlier run, perhaps
        shut = custody_bodies.closed(
            command, standing, seal, present, (made, proof), sampled=sampled
        )
        self._recorder.append(shut)
        self._settled(seal, report, made - command.counted)

    def _settled(self, seal: str, report: Report, unexplained: int) -> None:
        """The strokes of the opening are written down: go on from here, or hold the machine."""
        bench = self._benches[seal]
        self._openings.pop(seal, None)
        bench.lock.account()
        if unexplained:
            most = abs(unexplained)
            bench.hold("service-count", Settlement(minimum=0, maximum=most, evidence="counted"))
            return
        explained = tuple(word for word in report.alarms if word not in guard.NEVER_EXPLAINED)
        bench.lock.acknowledge(explained)

    def _lose(self, command: ReportLost) -> None:
        standing = self._book.custody.standing(command.seal)
        if command.seal not in self._benches or standing.place in ("lost", "void"):
            raise _refused("seal-elsewhere", f"the seal {standing.place}")
        self._recorder.append(SealState(seal=command.seal, state="lost", by=command.by))

    def _good(self, permit: str) -> Order:
        order = self._book.custody.order(permit)
        if order is None or order.seal not in self._benches or permit in self._book.revoked:
            raise _refused("no-hatch-permit", "none")
        if self._recorder.clock.read_for_permits()[0] > order.not_after_ms:
            raise _refused("hatch-permit-over", "one that is over")
        return order

    def _opened_under(self, permit: str) -> str:
        for seal in self._benches:
            standing = self._book.custody.standing(seal)
            if standing.opened and standing.permit == permit:
                return seal
        raise _refused("hatch-not-opened", "none opened under this permit")

    def _several(self, by: str, second: str, witness: str = "") -> None:
        """Persons are compared, not accounts; who the witness is matters to a handover alone."""
        two = {self._held(by).person, self._held(second).person}
        if not second or len(two) < 2:
            raise _refused("second-same", "one person")
        if witness and self._held(witness).person in two:
            raise _refused("witness-same", "one of the two")

    def _made(self, seal: str, report: Report) -> tuple[int, custody_bodies.Proof]:
        standing = self._book.custody.standing(seal)
        if report.strokes is not None:
            return max(0, report.strokes - standing.strokes), "counter"
        opening, lock = self._openings.get(seal), self._benches[seal].lock
        if opening is None or (opening.permit, opening.starts) != (standing.permit, lock.starts):
            return 0, "none"
        return max(0, report.presses - opening.presses), "edges"


def _at_rest(lock: Lock) -> Report:
    report = lock.report
    if not lock.ready or report is None:
        raise _refused(lock.fault or "not-ready", "a controller that does not answer")
    if report.pressing or not report.inputs.bolt_out:
        raise _refused("press-not-up" if report.pressing else "bolt-not-out", "the press in use")
    return report


def _refused(reason: str, found: str) -> CustodyRefusedError:
    return CustodyRefusedError(reason, f"{reason}: expected it to be possible now, found {found}")
