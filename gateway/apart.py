"""Apart: one function in a process of its own, whose end is not ours.

For what may end the process that does it, as a picture that takes all memory does. It is slow to
begin (everything is loaded anew), so it is for the second thought, not for every day.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar, TypeVar

from gateway.errors import GatewayError

_FIRST_TO_GO = "1000"  # to the kernel, of all that could be ended when memory is short

T = TypeVar("T")


class ProcessEndedError(GatewayError):
    """The process ended without an answer; ours goes on."""

    code: ClassVar[str] = "process-ended"
    hint: ClassVar[str] = "What it was given is to be looked at by a person."


def run(function: Callable[..., T], *given: object) -> T:
    """Return what `function` gives, in a fresh process.

    Args:
        function: of a module; it, what it is given and its answer can be pickled. What it raises
            ends the process.

    Raises:
        ProcessEndedError: there was no answer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, function, given), daemon=True)
    child.start()
    theirs.close()
    try:
        answer: T = ours.recv()
    except (EOFError, OSError) as error:
        child.join()
        found = f"found exit {child.exitcode}"
        raise ProcessEndedError(f"expected an answer of a process, {found}") from error
    finally:
        ours.close()
    child.join()
    return answer


def _work(answers: Connection, function: Callable[..., object], given: tuple[object, ...]) -> None:
    with contextlib.suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    answers.send(function(*given))
