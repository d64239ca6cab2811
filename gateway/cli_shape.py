"""What all commands of seal-gateway share: the configuration's option, errors as exit codes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gateway.config import VARIABLE
from gateway.errors import GatewayError
from ledger.errors import LedgerError

REFUSED, EVIDENCE, UNREACHABLE = 1, 4, 5

CONFIG = click.option(
    "--config",
    "config_path",
    envvar=VARIABLE,
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The gateway's TOML file (or {VARIABLE}).",
)


def exits(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our errors into one line on stderr and the exit code of their family."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except LedgerError as error:
            _fail(error.code, error, error.hint, EVIDENCE)
        except GatewayError as error:
            status = UNREACHABLE if error.code in ("unreachable", "broker") else REFUSED
            _fail(getattr(error, "reason", error.code), error, error.hint, status)
        except FileExistsError as error:
            _fail("exists", error, "Nothing was overwritten.", REFUSED)

    return guarded


def _fail(code: str, error: Exception, hint: str, status: int) -> None:
    click.echo(f"{code}: {error}\n  {hint}", err=True)
    sys.exit(status)
