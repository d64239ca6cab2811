"""One village in the campaign: its simulated machine, its agent, its clerk, as processes.

Rules kept here:
- Everything is done from outside: HTTP, the machine's lever, signals. What a clerk is shown is
  written down, so that the judge can hold the log against it.
- A hold is released with the count that the plant knows, as a person who counts paper would.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import msgspec

from bench.campaign.clerk import CampaignClerk
from bench.hand import pressing
from device.journal_file import snapshot
from ledger import codec, envelope
from ledger.records import Incident, Intent, SealUse, Void
from sim import township_files
from sim.approver import Staff
from sim.clerk import Errand
from sim.client import MachineClient
from sim.errors import SimError
from sim.judge.evidence import Shown
from sim.processes import Program
from sim.township_plan import Plan, Village
from sim.waiting import until

START_S = 60.0  # for a program on a computer that does much else
SETTLE_S = 60.0  # I15: all entries are delivered so soon after the faults ended
WINDOW_S = 2.0
PATIENCE_S = 4.0
ERRAND = Errand("村民户籍迁移", "张三", "子女入学", 50)

ENDING_S = 40.0


class Site:
    """One village; `prepare` and `start_machine` come first, `start_agent` as often as needed."""

    def __init__(
        self, plan: Plan, village: Village, seed: int, approver: Staff, auditor: Staff
    ) -> None:
        self.plan, self.village = plan, village
        self._approver, self._auditor = approver, auditor
        self._seed = seed
        self.folder = plan.machine_folder(village)
        self.trace = self.folder / "trace"
        self.shown = self.folder / "shown"
        self._machine = Program(f"simulator-{village.number}", self._machine_words(), plan.logs)
        words = ["-m", "device", "run", "--config", str(plan.device_config(village))]
        self.agent = Program(f"agent-{village.number}", words, plan.logs)
        self.addresses: dict[str, str] = {}
        self.request = ""

    @property
    def profile(self) -> str:
        """A or B."""
        return self.village.profile

    @property
    def state(self) -> Path:
        """The agent's state folder."""
        return self.plan.device_folder(self.village) / "state"

    def start_machine(self) -> None:
        """Start the simulated machine; it runs until `stop`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._machine.start()
        self.addresses = self._machine.ready(START_S)
        self.machine = MachineClient(self.addresses["control"])
        self.machine.lay_page("rendered:7")

    def configure(self, broker_url: str) -> None:
        """Write the agent's configuration; its window and patience are short here."""
        township_files.write_device(self.plan, self.village, self.addresses, broker_url)
        path = self.plan.device_config(self.village)
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^window_s = .*$", f"window_s = {WINDOW_S}", text)
        text = re.sub(r"(?m)^photo_patience_s = .*$", f"photo_patience_s = {PATIENCE_S}", text)
        text = re.sub(r"(?m)^free_mb = .*$", "free_mb = 1", text)
        path.write_text(text, encoding="utf-8")

    def start_agent(self) -> None:
        """Start the agent, or start it again; its kiosk answers on return."""
        self.agent.start()
        self.agent.ready(START_S)
        village = self.village
        self.clerk = CampaignClerk(village.kiosk, self.machine, village.card, village.pin)

    def come_back(self) -> None:
        """Start the agent after its death; release what it holds; sign in again."""
        self.agent.kill()
        self.start_agent()
        self.recover()
        self.clerk.sign_in()

    def recover(self) -> None:
        """Return when the machine works again, after a release by a person who counted.

        Raises:
            OverdueError: it did not come back by itself (I15).
        """
        while self._condition() == "held":
            self.deliver()
            self._auditor.release(self.village.machine, self.uncounted())
            until("the release to arrive", lambda: not self.clerk.held(), SETTLE_S)

    def rest(self) -> None:
        """Return when everything about the last impression is settled and delivered."""
        self.recover()
        self.clerk.steps_aside()
        self.deliver()

    def sign_in(self) -> None:
        """Sign the clerk in for the first time, once list and machine are there."""
        self.clerk.wait_until_ready(START_S)
        self.clerk.sign_in()

    def file(self) -> str:
        """File a request for many copies, have it approved, and return it."""
        answer = self.clerk.apply(ERRAND)
        self._note(Shown(what="filed", entry=answer.request))
        self._approver.approve(answer.request)
        self.clerk.wait_for(answer.request, "approved")
        self.request = answer.request
        return answer.request

    def be_refused(self, name: str) -> str:
        """Ask for what is on no list, note the refusal that is shown, and return its state."""
        answer = self.clerk.ask_unlisted(name)
        self._note(Shown(what="refusal", reason="off-list"))
        return answer.state

    def begin(self) -> None:
        """Take up the request, on a fresh sheet."""
        self.machine.lay_again()
        self.clerk.begin(self.request)

    def impress(self, *, press: bool = True) -> str:
        """Tap, press as soon as the lever is free, and return how it ended; see `ending`."""
        self.begin()
        self.clerk.tap()
        return self.finish(press=press)

    def finish(self, *, press: bool = True) -> str:
        """Press as soon as the lever is free, and return how the impression ended."""
        with pressing(self.machine) if press else contextlib.nullcontext():
            return self.clerk.ending(ENDING_S)

    def kill_agent(self) -> None:
        """SIGKILL; it is gone on return."""
        self.agent.kill()

    def uncounted(self) -> int:
        """Return the presses that neither a use nor a person's count has accounted for yet."""
        entries = self._auditor.entries(self.village.machine)
        uses = sum(one["kind"] == "use" for one in entries)
        counted = sum(
            int(one["body"]["impressions"]) for one in entries if one["kind"] == "hold-release"
        )
        return int(self.machine.presses() - uses - counted)

    def head(self) -> int:
        """Return how many entries the journal holds."""
        with snapshot(self.state / "journal.db") as log:
            return sum(1 for _ in log.entries)

    def intent_open(self) -> bool:
        """Tell whether the newest intent has no outcome yet."""
        with snapshot(self.state / "journal.db") as log:
            entries = [raw for _, raw in log.entries]
        for raw in reversed(entries):
            taken = envelope.parse(raw)
            body = codec.decode_entry(taken.payload_type, taken.payload).body
            if isinstance(body, Intent):
                return True
            if isinstance(body, SealUse | Void) or (isinstance(body, Incident) and body.intent):
                return False
        return False

    def gateway_view(self) -> dict[str, Any]:
        """Return what the gateway knows of this machine."""
        found = self._auditor.ask(f"/api/v1/machines/{self.village.machine}")
        assert isinstance(found, dict)
        return found

    def deliver(self, within_s: float = SETTLE_S) -> None:
        """Return when every entry and photo has reached the gateway, each entry with its receipt.

        Raises:
            OverdueError: it did not in time (I15).
        """

        def delivered() -> bool:
            view = self.gateway_view()
            if view["seq"] != self.head() or view["photos_pending"]:
                return False
            with snapshot(self.state / "journal.db") as log:
                return len(log.receipts) == sum(1 for _ in log.entries)

        until(f"everything of {self.village.machine} in the gateway", delivered, within_s, 0.2)

    def stop(self) -> None:
        """End agent and machine."""
        self.agent.stop(20.0)
        self._machine.stop(10.0)

    def _condition(self) -> str:
        """Return `held` or `ready`, whichever the kiosk shows first."""

        def look() -> str:
            with contextlib.suppress(SimError):
                if self.clerk.held():
                    return "held"
                if self.clerk.machine_is_fine() and not self.intent_open():
                    return "ready"
            return ""

        return until(f"{self.village.machine} to be ready or held", look, START_S)

    def _note(self, shown: Shown) -> None:
        with self.shown.open("ab") as file:
            file.write(msgspec.json.encode(shown) + b"\n")

    def _machine_words(self) -> list[str]:
        words = ["-m", "sim", "machine", "--profile", self.profile, "--seed", str(self._seed)]
        folder = str(self.folder)
        return [*words, "--trace", f"{folder}/trace", "--state", f"{folder}/memory",
                "--machine-key", f"{folder}/machine.key"]  # fmt: skip
