"""The campaign's township: a real gateway with its broker, and villages that can be tormented."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.campaign import gathering
from bench.campaign.disks import SmallDisk
from bench.campaign.site import START_S, Site
from sim import township_files, township_plan
from sim.approver import Staff
from sim.judge import evidence, follower, judging
from sim.judge.evidence import Evidence
from sim.judge.verdict import Verdict
from sim.meddler import Meddler
from sim.processes import Program
from sim.township_plan import Village

DEVICE_DISK_MB = 400  # an hour of photos that nobody may erase yet
GATEWAY_DISK_MB = 1200  # the same of two machines, above both floors of its configuration


class BrokenError(AssertionError):
    """The judge found invariants broken; says which, with the seed and where the traces lie."""


class Town:
    """A gateway and its villages as processes in one folder.

    Args:
        folder: new or empty; everything stays there for whoever wants to look.
        seed: of paper, chance and faults; printed with every failure.
        profiles: which controllers the machines of its villages have: "A", "B" or "AB".
        small_disks: put each agent's state, and the gateway's, on a disk of its own (root only).
    """

    def __init__(
        self, folder: Path, seed: int, profiles: str = "A", *, small_disks: bool = False
    ) -> None:
        self.folder, self.seed = folder, seed
        self.disks: dict[str, SmallDisk] = {}
        count = max("AB".index(one) + 1 for one in profiles)
        self.plan = township_plan.make_plan(folder, count, friendly=False)
        wanted = [one for one in self.plan.villages if one.profile in profiles]
        words = ["-m", "gateway", "run", "--config", str(self.plan.gateway_config)]
        self.plan.logs.mkdir(parents=True, exist_ok=True)
        township_files.write_gateway(self.plan)
        if small_disks:
            self._mount(wanted)
        for village in self.plan.villages:
            township_files.write_device_keys(self.plan, village)
            township_files.write_people(self.plan, village)
        township_files.add_accounts(self.plan)
        township_files.import_lists(self.plan)
        self.gateway = Program("gateway", words, self.plan.logs)
        self.seen = folder / "seen.jsonl"
        self._follower = Program("follower", self._follower_words(), self.plan.logs)
        self.approver, self.auditor = self._staff("approver"), self._staff("auditor")
        self.sites = {
            one.profile: Site(self.plan, one, seed, self.approver, self.auditor) for one in wanted
        }
        self.meddlers: dict[str, Meddler] = {}
        self.broker_url = ""

    def start(self) -> None:
        """Start who follows it from outside, the gateway, then every village."""
        self._follower.start()
        self.start_gateway()
        for site in self.sites.values():
            site.start_machine()
            meddler = Meddler(self.broker_url, self.seed)
            meddler.start()
            self.meddlers[site.profile] = meddler
            site.configure(meddler.url)
            site.start_agent()

    def start_gateway(self) -> None:
        """Start the gateway, or start it again; staff is signed in on return."""
        self.gateway.start()
        self.broker_url = self.gateway.ready(START_S)["broker"]
        for one in (self.approver, self.auditor):
            one.sign_in()

    def judge(self, site: Site, *, settled: bool = True) -> tuple[Verdict, ...]:
        """Export both logs and return the verdicts; everything stays in the folder `judged`."""
        return judging.judge(self.evidence(site, settled=settled))

    def evidence(self, site: Site, *, settled: bool = True) -> Evidence:
        """Export both logs and read them with the machine's trace and all that was seen.

        Args:
            settled: everything must be delivered. A machine may write an entry of its own at any
                moment; while it does, the exports are of two moments, and are made again.
        """
        target = self.folder / "judged" / site.village.machine
        while True:
            if settled:
                site.deliver()
            head = site.head()
            self._export(site, target)
            if not settled or site.head() == head:
                break
        return evidence.read(
            site.village.machine,
            site.trace,
            target / "device",
            gathering.read_township(target),
            site.shown,
            settled=settled,
        )

    def _export(self, site: Site, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        gathering.export_machine(self.plan, site.village, target / "device")
        gathering.export_township(self.plan, self.seen, target)

    def check(self, site: Site, *, settled: bool = True) -> tuple[Verdict, ...]:
        """Judge, and fail with everything that a person needs to look into it.

        Raises:
            BrokenError: an invariant is broken.
        """
        verdicts = self.judge(site, settled=settled)
        if lines := judging.broken(verdicts):
            raise BrokenError("\n".join((f"seed {self.seed}, traces in {self.folder}", *lines)))
        return verdicts

    def stop(self) -> None:
        """End everything; never raises."""
        for site in self.sites.values():
            site.stop()
        for meddler in self.meddlers.values():
            meddler.stop()
        self.gateway.stop(30.0)
        self._follower.stop(10.0)
        for disk in self.disks.values():
            disk.unmount()

    def _follower_words(self) -> list[str]:
        """It listens at the broker itself: meddlers strike the machines' links alone."""
        folder = self.plan.gateway_folder
        broker = f"mqtt://127.0.0.1:{self.plan.broker_port}"
        passwords = [
            (one.machine, folder / "broker" / f"{one.machine}.password")
            for one in self.plan.villages
        ]
        public = folder / "public"
        return follower.words(public, self.seen, broker, township_files.TOWNSHIP, passwords)

    def _mount(self, villages: list[Village]) -> None:
        """Disks are known by the profile of their machine, the gateway's by `gateway`."""
        self.disks["gateway"] = SmallDisk(self.plan.gateway_folder / "state", GATEWAY_DISK_MB)
        for village in villages:
            folder = self.plan.device_folder(village) / "state"
            self.disks[village.profile] = SmallDisk(folder, DEVICE_DISK_MB)

    def _staff(self, account: str) -> Staff:
        person = self.plan.person(account)
        return Staff(self.plan.console, account, person.password)
