"""Several seals in one machine: one open at a time, whatever happens at whichever moment."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device import wiring
from device.agent import Agent
from device.errors import PermitRefusedError
from device.kiosk.port import BeginJob, FileRequest, RequestView, StampNow, TakePage
from device.kiosk.port_custody import ReportLost
from tests.device.loop.conftest import ModelCamera, ModelController, Rig
from tests.device.model_gateway import MACHINE, SEAL

PARTY = "party"
DEADLINE_S = 20.0


class KilledError(BaseException):
    """The process ends here, without a word."""


class Watched(ModelController):
    """A controller that ends its agent's life at a moment, and tells when it is unlocked.

    Args:
        bench: all controllers of the machine, to see how many are unlocked together.
    """

    def __init__(self, rig: TwoSeals, bench: dict[str, Watched]) -> None:
        super().__init__("B", rig.turn)
        self._bench = bench
        self.kill_at = ""
        self.dead = False
        self.most_open = 0

    def start(self) -> Any:
        self.dead = False
        return super().start()

    def read(self) -> Any:
        self._moment("read while open" if self._unlocked else "read")
        return super().read()

    def grant(self, job: bytes, window_s: float) -> None:
        self._moment("before the grant")
        super().grant(job, window_s)
        self.most_open = max(self.most_open, sum(one._unlocked for one in self._bench.values()))
        self._moment("after the grant")

    def settle(self, strokes_before: int | None, window_s: float) -> Any:
        self._moment("before it is settled")
        found = super().settle(strokes_before, window_s)
        self._moment("after it is settled")
        return found

    def lock(self) -> None:
        if not self.dead:  # a dead process switches nothing off
            super().lock()

    def stop(self) -> None:
        self.lock()

    def _moment(self, name: str) -> None:
        if name == self.kill_at:
            self.kill_at = ""
            for one in self._bench.values():
                one.dead = True
            raise KilledError


class TwoSeals(Rig):
    """A machine with the committee's and the party branch's seals."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.bench: dict[str, Watched] = {}
        seals = [
            {"id": SEAL, "name": "村民委员会", "unit": 1},
            {"id": PARTY, "name": "党支部", "unit": 2},
        ]
        super().__init__(folder, "B", **{"seal": seals, **config})

    def build_agent(self) -> Agent:
        """Return the agent; the controllers stand as they are."""
        if not self.bench:
            for seal in (SEAL, PARTY):
                self.bench[seal] = Watched(self, self.bench)
            self.controller = self.bench[SEAL]
        if self.camera.closed:
            self.camera = ModelCamera()
        world = wiring.World(
            controllers={seal: lambda one=one: one for seal, one in self.bench.items()},
            camera=self.camera,
            now_s=lambda: self.now_s,
        )
        return wiring.build(self.config(), b"", lambda _: self.broker.bus(MACHINE), world)

    def start_agent(self, *, disk: bool = True) -> None:
        """Start the agent so that its sudden end is no error of the test."""

        def run(agent: Agent) -> None:
            with contextlib.suppress(KilledError):
                agent.run()

        self.agent = self.build_agent()
        self._thread = threading.Thread(target=run, args=(self.agent,), name="main")
        self._thread.start()
        self.until(lambda view: view.fault == "" or view.hold is not None or not disk)

    def killed(self) -> None:
        """Wait until the agent is dead."""
        assert self._thread is not None
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def ready_with(self, seal: str) -> RequestView:
        """File a request for a seal, have it approved, and take it up."""
        self.camera.lay("page")
        self.until(lambda view: view.list_version == 1)
        page = self.ask(TakePage(by="c-1"))
        request = self.ask(self.filing(seal, page.page))
        self.until(lambda view: view.undelivered == 0)
        self.gateway.permit(request.request, 1, seal=seal)
        self.until(lambda view: view.requests[0].permit != "")
        self.ask(BeginJob(by="c-1", request=request.request))
        return self.until(lambda _: True).requests[0]

    def filing(self, seal: str, page: str) -> FileRequest:
        """Return a request for a seal."""
        return FileRequest(
            by="c-1",
            seal=seal,
            matter="CM-09",
            applicant="张三",
            purpose="子女入学",
            payee="",
            amount_fen=None,
            copies=1,
            pages=(page,),
        )

    def press_with(self, seal: str) -> None:
        """Press the lever of a seal in the window that opens next."""
        one = self.bench[seal]

        def rise() -> None:
            one.up()
            self.camera.lay("stamped")

        one.during = {3: one.down, 6: rise}

    def most_open(self) -> int:
        """Return how many locks were open at one time."""
        return max(one.most_open for one in self.bench.values())


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoSeals]:
    made = TwoSeals(tmp_path)
    yield made
    made.stop_agent()


@pytest.mark.parametrize(("seal", "other"), [(SEAL, PARTY), (PARTY, SEAL)])
def test_permit_names_the_seal_and_only_its_lock_opens(
    two: TwoSeals, seal: str, other: str
) -> None:
    two.ready_with(seal)
    two.press_with(seal)

    done = two.stamp()

    assert (done.step, done.seal) == ("done", seal)
    assert (len(two.bench[seal].grants), len(two.bench[other].grants)) == (1, 0)
    assert [one.seal for kind in ("intent", "use") for one in two.entries(kind)] == [seal, seal]


def test_counts_are_kept_for_each_seal(two: TwoSeals) -> None:
    for seal in (PARTY, PARTY, SEAL):
        two.ready_with(seal)
        two.press_with(seal)
        two.stamp()

    uses = [(one.seal, one.counter_before, one.counter_after) for one in two.entries("use")]
    assert uses == [(PARTY, 0, 1), (PARTY, 1, 2), (SEAL, 0, 1)]
    assert two.entries("start")[0].strokes == {SEAL: 0, PARTY: 0}


def test_permit_of_a_seal_that_is_not_here_opens_nothing(two: TwoSeals) -> None:
    request = two.file()
    two.until(lambda view: view.undelivered == 0)
    two.gateway.permit(request.request, 1, seal="cooperative")
    two.until(lambda view: view.requests[0].permit != "")

    with pytest.raises(PermitRefusedError) as refused:
        two.ask(BeginJob(by="c-1", request=request.request))

    assert refused.value.reason == "wrong-seal"


def test_item_of_another_seal_is_refused_and_that_is_written_down(tmp_path: Path) -> None:
    seals = [
        {"id": SEAL, "name": "村民委员会", "unit": 1, "matters": ["XX-1"]},
        {"id": PARTY, "name": "党支部", "unit": 2},
    ]
    two = TwoSeals(tmp_path, seal=seals)
    two.until(lambda view: view.list_version == 1)
    page = two.ask(TakePage(by="c-1"))

    refused = two.ask(two.filing(SEAL, page.page))
    filed = two.ask(two.filing(PARTY, page.page))

    assert (refused.state, refused.reason) == ("refused", "seal-not-for-this")
    assert filed.state == "waiting"
    assert two.entries("refusal")[0].seal == SEAL
    two.stop_agent()


def test_nothing_opens_while_the_other_lock_is_not_out(two: TwoSeals) -> None:
    two.ready_with(SEAL)
    two.bench[PARTY].set(bolt_out=False)

    stopped = two.stamp()

    # The check before the grant says it, or the other seal itself, which is then held.
    assert stopped.step == "stopped"
    assert stopped.reason in ("other-seal", "bolt-not-out")
    assert two.controller.grants == []


def test_nothing_opens_while_the_other_controller_is_silent(two: TwoSeals) -> None:
    two.ready_with(SEAL)
    two.bench[PARTY].silent = True

    stopped = two.stamp()

    assert stopped.step == "stopped" and stopped.reason in ("other-silent", "lock-silent")
    assert two.controller.grants == []


def test_tamper_at_one_seal_stops_the_other_until_it_is_released(two: TwoSeals) -> None:
    two.bench[PARTY].latched = {"tamper"}
    two.until(lambda view: view.hold is not None and view.undelivered == 0)
    request = two.file()
    two.until(lambda view: view.undelivered == 0)
    two.gateway.permit(request.request, 1)
    two.until(lambda view: view.requests[0].permit != "")

    with pytest.raises(PermitRefusedError, match="idle"):
        two.ask(BeginJob(by="c-1", request=request.request))

    assert [one.seal for one in two.entries("incident")] == [PARTY]
    two.gateway.release(0)
    two.until(lambda view: view.hold is None and view.state == "idle")
    two.ask(BeginJob(by="c-1", request=request.request))


def test_lost_seal_leaves_the_other_one_in_use(two: TwoSeals) -> None:
    two.ask(ReportLost(by="c-1", seal=PARTY))
    two.ready_with(SEAL)
    two.press_with(SEAL)

    assert two.stamp().step == "done"
    assert two.until(lambda _: True).fault == ""


MOMENTS = (
    *("before the grant", "after the grant", "read while open"),
    *("before it is settled", "after it is settled"),
)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("seal", "other"), [(SEAL, PARTY), (PARTY, SEAL)])
def test_kill_at_any_moment_never_opens_a_second_lock(
    two: TwoSeals, moment: str, seal: str, other: str
) -> None:
    two.ready_with(seal)
    two.press_with(seal)
    two.bench[seal].kill_at = moment
    assert two.agent is not None
    two.agent.submit(StampNow(by="c-1"))
    two.killed()

    two.start_agent()
    settled = two.until(lambda view: view.state in ("idle", "held"))
    if settled.hold is not None:
        two.until(lambda view: view.undelivered == 0)
        two.gateway.release(int(two.bench[seal].strokes))
        two.until(lambda view: view.hold is None and view.state == "idle")
    two.ready_with(other)
    two.press_with(other)
    done = two.stamp()

    assert done.step == "done"
    assert two.most_open() == 1
    assert (len(two.bench[seal].grants), len(two.bench[other].grants)) in ((0, 1), (1, 1))
    two.until(lambda view: view.undelivered == 0)
    order = [entry.body for entry in two.gateway.entries]
    closing = ("use", "void", "incident")
    kinds = [one.kind for one in order if one.kind in ("intent", *closing)]
    assert kinds[0] == "intent" and kinds[1] in closing and kinds[2:] == ["intent", "use"]
