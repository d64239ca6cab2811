"""A function in a process of its own: its answer, and its end."""

from __future__ import annotations

import os
import signal

import pytest

from gateway import apart
from gateway.apart import ProcessEndedError


def own_id(plus: int) -> int:
    return os.getpid() + plus


def fail() -> None:
    raise ValueError("expected a picture")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_answer_comes_from_another_process() -> None:
    assert apart.run(own_id, 0) != os.getpid()


@pytest.mark.parametrize("function", [fail, die])
def test_a_process_that_ends_without_an_answer_ends_alone(function: object) -> None:
    with pytest.raises(ProcessEndedError):
        apart.run(function)  # type: ignore[arg-type]  # functions of this module
