"""Everybody who has a hand in the log, as processes in one folder: made, killed, started again.

The gateway with its embedded broker, a county's witness, machines that write at a steady rate,
and, never killed, the follower that sees it all from outside.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.campaign.killing import NoBrokerError, broker_pid
from bench.kills.plan import Strike
from gateway.cli import main as gateway_cli
from sim import township_files, township_plan
from sim.errors import SimError
from sim.judge import follower
from sim.processes import Program, stop_all
from sim.township_files import COUNTY, GATEWAY, LOG_DOMAIN, TOWNSHIP
from sim.township_plan import Plan, Village
from sim.waiting import until

MACHINES = 3
PER_S = 4.0  # entries a second of each machine
START_S = 60.0
BROKER_S = 20.0
WITNESS_NAME = "witness.county.example/county"


class Parties:
    """All processes of a campaign.

    Args:
        plan: as `found` made it, or `reopen` found it again.
    """

    def __init__(self, plan: Plan, per_s: float = PER_S) -> None:
        self.plan = plan
        self.seen = plan.folder / "seen.jsonl"
        broker = f"mqtt://127.0.0.1:{plan.broker_port}"
        passwords = [(one.machine, _password(plan, one)) for one in plan.villages]
        words = follower.words(public(plan), self.seen, broker, TOWNSHIP, passwords)
        self._follower = Program("follower", words, plan.logs)
        words = ["-m", "gateway", "run", "--config", str(plan.gateway_config)]
        self.gateway = Program("gateway", words, plan.logs)
        words = ["-m", "gateway", "witness", "--config", str(_witness(plan) / "witness.toml")]
        self.witness = Program("witness", words, plan.logs)
        self.machines = [
            Program(one.machine, _machine_words(plan, one, broker, per_s), plan.logs)
            for one in plan.villages
        ]

    @property
    def programs(self) -> list[Program]:
        """Everybody who may be killed."""
        return [self.gateway, self.witness, *self.machines]

    def start(self) -> None:
        """Start whoever does not run; all are ready on return.

        Raises:
            ProgramError: one of them did not start.
        """
        fresh = [one for one in (self._follower, *self.programs) if not one.running]
        for one in fresh:
            one.start()
        for one in fresh:
            one.ready(START_S)

    def begin(self) -> None:
        """Start all, and return when each machine was answered: something is there to be lost.

        Raises:
            ProgramError: one of them did not start.
            OverdueError: a machine had no acknowledgement in time.
        """
        place = self.seen.stat().st_size if self.seen.exists() else 0
        self.start()
        wanted = {one.machine for one in self.plan.villages}

        def answered() -> bool:
            told = follower.read(self.seen, place) if self.seen.exists() else ()
            return wanted <= {one.who for one in told if one.what == "acknowledged"}

        until("an acknowledgement for each machine", answered, START_S)

    def strike(self, one: Strike) -> None:
        """Kill the victims, as nearly at once as signals go; `start` brings them back.

        A broker that was killed alone is back on return: its gateway starts it again.
        """
        time.sleep(one.pause_s)  # when a kill comes is drawn by the plan, and waits for nothing
        programs = [program for victim in one.victims for program in self._programs(victim, one)]
        broker = self._broker() if "broker" in one.victims else None
        for pid in (*(program.pid for program in programs), broker):
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for program in programs:
            program.kill()
        if one.again_s is not None:
            self.gateway.start()
            time.sleep(one.again_s)
            self.gateway.kill()
        if one.victims == ("broker",):
            until("another broker", lambda: self._broker() not in (None, broker), BROKER_S)

    def drain(self) -> None:
        """End the machines when all that they wrote is delivered and proved.

        Raises:
            ProgramError: a machine could not deliver it in time.
        """
        for machine in self.machines:
            machine.ask_to_stop()
        for machine in self.machines:
            until(f"the end of {machine.name}", partial(_has_ended, machine), 2 * START_S)
            machine.ended_well()

    def stop(self) -> None:
        """End everybody; never raises."""
        for machine in self.machines:
            machine.kill()
        stop_all([self.gateway, self.witness], 30.0)
        self._follower.stop(10.0)

    def _programs(self, victim: str, one: Strike) -> Iterable[Program]:
        match victim:
            case "gateway":
                return (self.gateway,)
            case "witness":
                return (self.witness,)
            case "machine":
                return self.machines if one.kind == "everything" else (self.machines[one.machine],)
        return ()

    def _broker(self) -> int | None:
        try:
            assert self.gateway.pid is not None
            return broker_pid(self.gateway.pid)
        except (NoBrokerError, OSError):
            return None


def found(folder: Path, machines: int = MACHINES) -> Plan:
    """Make a township's keys and files in an empty folder, with a county's witness."""
    # One village more than there are machines: its kiosk's port is the witness's.
    plan = township_plan.make_plan(folder, machines + 1, friendly=False)
    port = plan.villages[-1].kiosk_port
    plan = msgspec.structs.replace(plan, villages=plan.villages[:machines])
    plan.logs.mkdir(parents=True, exist_ok=True)
    township_files.write_gateway(plan)
    nowhere: Any = dict.fromkeys(("serial", "camera", "reader", "control", "clock"), "none")
    for village in plan.villages:
        township_files.write_device_keys(plan, village)
        machine = {**nowhere, "machine_key": "none"}
        broker = f"mqtt://127.0.0.1:{plan.broker_port}"
        township_files.write_device(plan, village, machine, broker)
    _make_witness(plan, port)
    (folder / "plan.json").write_bytes(msgspec.json.encode(plan, enc_hook=str))
    return plan


def reopen(folder: Path) -> Plan | None:
    """Return the plan of a folder in which a campaign was begun, None if none was."""
    path = folder / "plan.json"
    if not path.exists():
        return None
    as_path: Callable[[type, object], object] = lambda _kind, value: Path(str(value))  # noqa: E731
    plan = msgspec.json.decode(path.read_bytes(), type=Plan, dec_hook=as_path)
    if plan.folder != folder:
        raise CannotGoOnError(f"the campaign at {plan.folder}, where it was begun", str(folder))
    return plan


class CannotGoOnError(SimError):
    """The folder holds a campaign that cannot be gone on with like this."""

    code = "cannot-go-on"
    hint = "Call it as it was begun, where it was begun, or begin in a new folder."


def public(plan: Plan) -> Path:
    """Return the folder of the public log."""
    return plan.gateway_folder / "public"


def evidence_of_witness(plan: Plan) -> list[Path]:
    """Return what the witness has kept against the township."""
    return sorted((_witness(plan) / "state" / "evidence").glob("*.json"))


def _make_witness(plan: Plan, port: int) -> None:
    """The county's witness; what its monitor would look at, the campaign's own looks do."""
    folder = _witness(plan)
    words = ("--id", "county", "--name", WITNESS_NAME, "--township", COUNTY, "--domain", "sim")
    township_files.run_command(gateway_cli, "witness-keygen", *words, "--out", str(folder))
    record = plan.gateway_folder / f"{GATEWAY}-1-log.json"
    vkey = (folder / "county-1-witness.vkey").read_text(encoding="ascii").strip()
    (folder / "witness.toml").write_text(
        f'name = "{WITNESS_NAME}"\ndomain = "sim"\nstate = "state"\nsigner = "witness.key"\n'
        f'signer_record = "county-1-witness.json"\nport = {port}\n\n'
        "[monitor]\nenabled = false\n\n[[logs]]\n"
        f'name = "{LOG_DOMAIN}/{COUNTY}/{TOWNSHIP}"\nrecords = ["{record}"]\n',
        encoding="utf-8",
    )
    with plan.gateway_config.open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[log.witnesses]]\nname = "county"\nvkey = "{vkey}"\n'
            f'url = "http://127.0.0.1:{port}/"\n'
        )


def _has_ended(program: Program) -> bool:
    return not program.running


def _witness(plan: Plan) -> Path:
    return plan.folder / "witness"


def _password(plan: Plan, village: Village) -> Path:
    return plan.gateway_folder / "broker" / f"{village.machine}.password"


def _machine_words(plan: Plan, village: Village, broker: str, per_s: float) -> list[str]:
    folder, password = plan.device_folder(village), _password(plan, village)
    where = ["--folder", str(folder), "--trusted", str(plan.trusted), "--broker", broker]
    return [
        "-m",
        "bench.kills.machine",
        village.machine,
        *where,
        "--password",
        str(password),
        "--per-s",
        str(per_s),
    ]
