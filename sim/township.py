"""A township on one computer: N machines, N agents and a gateway with its broker, as processes.

Each is its own process in its own process group and talks to the others over serial line,
camera, MQTT and HTTP alone. Rules kept here: what starts is waited for with a deadline; what
ends without being told to is an error that names its log; stopping goes agents first, so that
every machine is locked by its own agent, then the gateway, then the machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.errors import LedgerError
from sim import township_files as files
from sim.clerk import Clerk
from sim.client import MachineClient
from sim.errors import SimError
from sim.meddler import Meddler
from sim.processes import Program, ProgramError, stop_all
from sim.township_plan import Plan, Village

START_S = 120.0  # a slow computer loads OpenCV for long
STOP_S = 15.0
POWER_CUT = "power_cut"


class Township:
    """Owns every process of a plan; all methods belong to the thread that made it.

    Args:
        plan: its folder is empty.
        told: hears of each step of the start, by a name of sim.demo_texts.
    """

    def __init__(self, plan: Plan, told: Callable[[str], None]) -> None:
        self.plan = plan
        self._told = told
        self._gateway = Program(
            "gateway",
            ["-m", "gateway", "run", "--config", str(plan.gateway_config)],
            plan.logs,
        )
        self._simulators = {one.number: self._simulator(one) for one in plan.villages}
        self._agents = {one.number: self._agent(one) for one in plan.villages}
        self._machines: dict[int, MachineClient] = {}
        # The last village's link to the broker can be cut; only its agent goes through here.
        self._meddler = Meddler(f"mqtts://127.0.0.1:{plan.broker_port}", seed=1)

    def start(self) -> None:
        """Start everything and make accounts and lists; on return every kiosk is ready.

        Raises:
            ProgramError, OverdueError, CommandError: what did not come up, with its last words.
        """
        self.plan.logs.mkdir(parents=True)
        for village in self.plan.villages:
            self.plan.machine_folder(village).mkdir(mode=0o700)
            self._simulators[village.number].start()
        self._prepare()
        self._gateway.start()
        self._meddler.start()
        door = str(self._gateway.ready(START_S)["door"])
        for village in self.plan.villages:
            files.enrol(self.plan, village, door)
            files.write_people(self.plan, village)
        self._start_agents(door)
        self._told("started-machines")
        self._gateway.ready(START_S)
        self._told("started-gateway")
        files.add_accounts(self.plan)
        files.import_lists(self.plan)
        self._told("started-lists")
        for village in self.plan.villages:
            self._agents[village.number].ready(START_S)
            with self._watching():
                self.clerk(village).wait_until_ready(START_S)
        self._told("started-kiosks")

    def stop(self) -> None:
        """End every process in order; never raises, may be called twice."""
        stop_all(list(self._agents.values()), STOP_S)
        stop_all([self._gateway], STOP_S)
        stop_all(list(self._simulators.values()), STOP_S)
        self._meddler.stop()

    def check(self) -> None:
        """Return if every process runs.

        Raises:
            ProgramError: one does not.
        """
        for program in self.programs:
            program.check()

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every process, in the order in which they are stopped."""
        return (*self._agents.values(), self._gateway, *self._simulators.values())

    def machine(self, village: Village) -> MachineClient:
        """Return the control of a village's simulated machine."""
        return self._machines[village.number]

    def clerk(self, village: Village) -> Clerk:
        """Return a clerk before a village's kiosk, not signed in yet."""
        return Clerk(village.kiosk, self.machine(village), village.card, village.pin)

    def cut_power(self, village: Village) -> None:
        """The village's mains fails: the agent's computer is dead at once, the machine after it."""
        self._agents[village.number].kill()
        self.machine(village).set_fault(POWER_CUT)

    def restore_power(self, village: Village) -> None:
        """The mains is back; on return the agent's kiosk answers again."""
        self.machine(village).clear_fault(POWER_CUT)
        self.start_agent(village)

    def kill_agent(self, village: Village) -> None:
        """SIGKILL to a village's agent; it is gone on return."""
        self._agents[village.number].kill()

    def start_agent(self, village: Village) -> None:
        """Start a village's agent again; on return its kiosk answers."""
        program = self._agents[village.number]
        program.start()
        program.ready(START_S)

    def kill_gateway(self) -> None:
        """SIGKILL to the gateway; its broker ends with it."""
        self._gateway.kill()

    def start_gateway(self) -> None:
        """Start the gateway again; on return it answers."""
        self._gateway.start()
        self._gateway.ready(START_S)

    def cut_network(self) -> None:
        """Cut the last village's link to the broker until `restore_network`."""
        self._meddler.cut(refuse=True)

    def restore_network(self) -> None:
        """Let the last village's link come up again."""
        self._meddler.clear()

    def _prepare(self) -> None:
        try:
            files.write_gateway(self.plan, founded=True)
        except LedgerError as error:
            raise files.CommandError("the keys of the township", str(error)) from error

    def _start_agents(self, door: str) -> None:
        for village in self.plan.villages:
            line = self._simulators[village.number].ready(START_S)
            self._machines[village.number] = MachineClient(str(line["control"]))
            last = village is self.plan.villages[-1]
            url = self._meddler.url if last else f"mqtts://127.0.0.1:{self.plan.broker_port}"
            files.write_device(self.plan, village, line, url, door)
            self._agents[village.number].start()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Where something is overdue because a process has ended, say that instead."""
        try:
            yield
        except ProgramError:
            raise
        except SimError:
            self.check()
            raise

    def _simulator(self, village: Village) -> Program:
        folder = self.plan.machine_folder(village)
        words = ["-m", "sim", "machine", "--profile", village.profile]
        words += ["--seed", str(village.number), "--state", str(folder)]
        words += ["--trace", str(folder / "trace.jsonl")]
        words += ["--seals", str(max(1, len(village.seals)))]
        if village.profile == "B":
            words += ["--machine-key", str(folder / "machine.key")]
        return Program(f"simulator-{village.number}", words, self.plan.logs)

    def _agent(self, village: Village) -> Program:
        words = ["-m", "device", "run", "--config", str(self.plan.device_config(village))]
        return Program(f"agent-{village.number}", words, self.plan.logs)
