"""Heartbeats: a machine at rest says which items list it answers with."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def rig(build_rig: Any) -> Any:
    """A rig that gives a sign of life every second."""
    return build_rig("B", heartbeat_s=1.0)


def beats(rig: Any) -> list[Any]:
    return list(rig.entries("heartbeat"))


def test_heartbeat_names_the_list_that_the_machine_answers_with(rig: Any) -> None:
    def passed(_: Any) -> bool:
        rig.turn(0.5)
        return bool(beats(rig)) and beats(rig)[-1].list_version is not None

    rig.gateway.send_list()
    rig.broker.pump()

    rig.until(passed)

    assert (beats(rig)[-1].list_version, beats(rig)[-1].list_at_ms) == (1, 1)
