"""The machine's control address as scripts call it, against a real simulated machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.build import MachineOptions
from sim.client import MachineCallError, MachineClient
from sim.control import ControlServer
from sim.machine import SimMachine


@pytest.fixture
def client(tmp_path: Path) -> Iterator[MachineClient]:
    """A client of a machine with a served control address."""
    machine = SimMachine(MachineOptions(profile="A", seed=1), tmp_path)
    control = ControlServer(machine)
    machine.start()
    control.start()
    yield MachineClient(control.url)
    control.stop()
    machine.stop()


def test_a_locked_lever_does_not_go_down(client: MachineClient) -> None:
    assert client.press_lever()["down"] is False
    assert client.presses() == 0


def test_another_copy_is_another_sheet(client: MachineClient) -> None:
    first = client.lay_page("rendered:2")
    second = client.lay_again()

    assert first["id"] != second["id"]
    client.take_page()
    assert client.state()["paper"] is None


def test_a_fault_lasts_until_it_is_cleared(client: MachineClient) -> None:
    client.set_fault("power_cut")
    assert [fault["name"] for fault in client.state()["faults"]] == ["power_cut"]

    client.clear_fault("power_cut")
    assert client.state()["faults"] == []


def test_a_refusal_says_what_was_expected_and_names_its_reason(client: MachineClient) -> None:
    with pytest.raises(MachineCallError, match="a picture") as caught:
        client.lay_page("/no/such/picture.jpg")

    assert caught.value.reason == "paper-unusable"


def test_a_machine_that_is_not_there_is_said() -> None:
    with pytest.raises(MachineCallError, match="an answer of") as caught:
        MachineClient("http://127.0.0.1:1").state()

    assert caught.value.reason == ""
