"""A village for tests: a real agent, a machine that several tests share, a township in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from device import wiring
from device.agent import Agent
from device.config import DeviceConfig
from device.journal_file import snapshot
from device.kiosk.port import FileRequest, JobView, PagePhoto, RequestView, TakePage, View
from ledger import codec, envelope
from sim.bus import SimBroker
from sim.client import MachineClient
from sim.processes import Program
from tests.device.model_gateway import (
    COUNTY,
    LOG_DOMAIN,
    MACHINE,
    SEAL,
    TOWNSHIP,
    VILLAGE,
    Keys,
    ModelGateway,
)

DEADLINE_S = 60.0
WINDOW_S = 6.0  # the lever of a busy computer goes down late


class SimMachine:
    """A simulated machine as a process, which several tests may use one after another."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.profile = profile
        arguments = ["-m", "sim", "machine", "--profile", profile, "--seed", "1"]
        self._program = Program("machine", arguments, folder)
        self._program.start()
        self.addresses = self._program.ready(DEADLINE_S)
        self.client = MachineClient(self.addresses["control"])

    def make_ready(self) -> None:
        """Bring it to where it was when it was switched on: no fault, hatch shut, a first page.

        Raises:
            AssertionError: something of an earlier test is still at work.
        """
        for fault in self.client.state()["faults"]:
            self.client.clear_fault(fault["name"])
        self.client.lay_page("rendered")
        state = self.client.state()
        assert state["bolt_out"] and not state["open"] and not state["faults"], state

    def stop(self) -> None:
        """Switch it off."""
        self._program.stop(DEADLINE_S)


class Village:
    """An agent at work, the township it talks to, and where its serial line and camera are."""

    def __init__(
        self, folder: Path, profile: str, addresses: dict[str, str], **config: Any
    ) -> None:
        self.path = folder
        self.keys = Keys(folder / "keys")
        self.broker = SimBroker(seed=1)
        self.gateway = ModelGateway(self.keys, self.broker)
        self.profile = profile
        self.addresses = addresses
        self._changes = config
        self._thread: threading.Thread | None = None
        self.agent: Agent | None = None
        self.broker.pump()
        self.gateway.send_list()
        self.start_agent()

    def config(self) -> DeviceConfig:
        """Return the agent's configuration."""
        where = self.addresses
        options = {"port": where["serial"]}
        controller: dict[str, Any] = {"driver": "relay", "options": options}
        if self.profile == "B":
            key = {"machine_key": where["machine_key"]}
            controller = {"driver": "mcu", "options": options | key}
        controller["window_s"] = WINDOW_S
        fields: dict[str, Any] = {
            "device": MACHINE,
            "township": TOWNSHIP,
            "village": VILLAGE,
            "village_name": "清溪村",
            "domain": "sim",
            "state": self.path / "state",
            "people": self.path / "people.toml",
            "keys": {
                "key": self.keys.folder / "device.key",
                "record": self.keys.trusted / "m-1.json",
                "reference": self.keys.folder / "reference.key",
                "trusted": self.keys.trusted,
            },
            "log": {"domain": LOG_DOMAIN, "county": COUNTY},
            "seal": [{"id": SEAL, "name": "村民委员会"}],
            "controller": controller,
            "camera": {"driver": "opencv", "options": {"source": where["camera"]}},
            "broker": {"url": "mqtt://127.0.0.1:1"},
            "free_mb": 1,
            "photo_patience_s": 2.0,
            **self._changes,
        }
        return msgspec.convert(fields, DeviceConfig)

    def build_agent(self) -> Agent:
        """Return the agent, which is not yet at work."""
        return wiring.build(self.config(), b"", lambda _: self.broker.bus(MACHINE))

    def start_agent(self, *, disk: bool = True) -> None:
        """Start the agent, or start it again; without `disk` its journal takes nothing."""
        self.agent = self.build_agent()
        self.disk(works=disk)
        self._thread = threading.Thread(target=self.agent.run, name="main")
        self._thread.start()
        self.until(lambda view: view.fault == "" or view.hold is not None or not disk)

    def disk(self, *, works: bool) -> None:
        """Let the disk of the journal take what is written, or refuse it as one gone read-only."""
        assert self.agent is not None
        database = self.agent._parts.recorder.journal._db
        database.conn.execute(f"PRAGMA query_only = {int(not works)}")

    def stop_agent(self) -> None:
        """Stop the agent as SIGTERM does."""
        if self.agent is not None and self._thread is not None:
            self.agent.stop()
            self._thread.join(timeout=DEADLINE_S)
            assert not self._thread.is_alive()

    def entries(self, kind: str) -> list[Any]:
        """Return the bodies of the journal's entries of a kind, oldest first."""
        with snapshot(self.path / "state" / "journal.db") as journal:
            taken = [envelope.parse(raw) for _, raw in journal.entries]
        entries = [codec.decode_entry(one.payload_type, one.payload) for one in taken]
        return [entry.body for entry in entries if entry.body.kind == kind]

    def until(self, holds: Callable[[View], bool]) -> View:
        """Let messages flow until the view is as wanted.

        Raises:
            AssertionError: it never was, with what it showed last.
        """
        assert self.agent is not None
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            self.broker.pump()
            if holds(self.agent.view()):
                return self.agent.view()
            threading.Event().wait(0.01)
        raise AssertionError(f"it never came: {self.agent.view()}")

    def ask(self, command: Any) -> Any:
        """Send a command and return its answer, or raise its error."""
        assert self.agent is not None
        future = self.agent.submit(command)
        deadline = time.monotonic() + DEADLINE_S
        while not future.done() and time.monotonic() < deadline:
            self.broker.pump()
            threading.Event().wait(0.01)
        return future.result(timeout=0)

    def file(self, matter: str = "CM-09", copies: int = 1) -> RequestView:
        """Photograph the page and file a request for it."""
        self.until(lambda view: view.list_version == 1)
        page = self.ask(TakePage(by="c-1"))
        assert isinstance(page, PagePhoto)
        request = self.ask(
            FileRequest(
                by="c-1",
                seal=SEAL,
                matter=matter,
                applicant="张三",
                purpose="子女入学",
                payee="",
                amount_fen=None,
                copies=copies,
                pages=(page.page,),
            )
        )
        assert isinstance(request, RequestView)
        return request

    def approved(self, impressions: int = 1, **changes: Any) -> RequestView:
        """File a request, let it be approved, and return it."""
        request = self.file(copies=impressions)
        self.until(lambda view: view.undelivered == 0)
        self.gateway.permit(request.request, impressions, **changes)
        view = self.until(lambda view: view.requests[0].permit != "")
        return view.requests[0]

    def finished(self) -> JobView:
        """Wait until the impression has come to its end and return how."""
        view = self.until(
            lambda view: view.job is not None and view.job.step in ("next", "done", "stopped")
        )
        assert view.job is not None
        return view.job
