"""seal-device: the agent's commands; each parses, loads the configuration, calls one function.

Exit codes: 0 done, 1 refused, 2 usage, 3 hardware, 4 evidence does not verify, 5 unreachable.
"""

from __future__ import annotations

import functools
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from argon2 import PasswordHasher

from device import export as exporting
from device.clock import system_wall_ms
from device.config import load
from device.errors import DeviceError, EnrolmentError
from hardware.errors import HardwareError
from ledger import enrolcodes, envelope, logs
from ledger.cli_types import DIVISION, IDENTIFIER
from ledger.errors import LedgerError
from ledger.signers import keyfile, pkcs11
from ledger.signers.second import Algorithm
from vision.errors import VisionError

REFUSED, HARDWARE, EVIDENCE, UNREACHABLE = 1, 3, 4, 5

CONFIG = click.option(
    "--config",
    "config_path",
    envvar="SEAL_CONFIG",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The agent's TOML file (or SEAL_CONFIG).",
)


def exits(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our errors into one line on stderr and the exit code of their family."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except LedgerError as error:
            _fail(error.code, error, error.hint, EVIDENCE)
        except HardwareError as error:
            _fail(error.code, error, error.hint, HARDWARE)
        except EnrolmentError as error:
            status = UNREACHABLE if error.reason == "unreachable" else REFUSED
            _fail(error.reason, error, error.hint, status)
        except DeviceError as error:
            _fail(error.code, error, error.hint, REFUSED)
        except VisionError as error:
            _fail(error.code, error, error.hint, REFUSED)
        except FileExistsError as error:
            _fail("exists", error, "Nothing was overwritten.", REFUSED)

    return guarded


@click.group()
@click.version_option(package_name="sealkeeper")
def main() -> None:
    """The agent in the seal machine."""


@main.command()
@click.option("--id", "holder", required=True, type=IDENTIFIER, help="Device id.")
@click.option("--township", required=True, type=DIVISION, help="Division code.")
@click.option("--domain", type=click.Choice(["sim", "field"]), required=True)
@click.option(
    "--epoch", type=click.IntRange(1), default=1, show_default=True, help="Counts enrolments."
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--second", type=click.Choice(["sm2"]), help="A second key beside it (sm extra).")
@exits
def keygen(
    holder: str, township: str, domain: str, epoch: int, out: Path, second: Algorithm | None
) -> None:
    """Make the device's keys: OUT/device.key, OUT/reference.key and their records."""
    common = {"holder": holder, "township": township, "domain": domain, "epoch": epoch}
    record = out / f"{holder}-{epoch}.json"
    kind = keyfile.Kind(second=second)
    reference = out / f"{holder}-{epoch}-reference.json"
    keyfile.create(out / "device.key", record, kind, role="device", **common)
    keyfile.create_opener(out / "reference.key", reference, role="device", **common)
    click.echo(f"{record}: copy this record into the gateway's folder of trusted keys")


@main.command()
@click.option("--gateway", required=True, help="The township's door, https://host:port.")
@click.option("--code", required=True, help="The one-time code of the console.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--wait", default=0, show_default=True, help="Seconds to wait for the county.")
@click.option("--module", type=click.Path(path_type=Path), help="PKCS#11 library of a token.")
@click.option("--token", help="Label of the token.")
@click.option("--key", help="Label of the key that is made in the token.")
@click.option("--pin-file", type=click.Path(path_type=Path), help="File with its PIN, mode 0600.")
@click.option("--alg", type=click.Choice(["ed25519", "es256"]), default="ed25519")
@click.option("--second", type=click.Choice(["sm2"]), help="A second key beside it (sm extra).")
@exits
def enrol(
    gateway: str,
    code: str,
    out: Path,
    wait: int,
    module: Path | None,
    token: str | None,
    key: str | None,
    pin_file: Path | None,
    alg: str,
    second: Algorithm | None,
) -> None:
    """Bring this machine into its township: keys, certificate and settings into OUT.

    Run it again with the same code after an interruption, or when the county has agreed.
    """
    from device import enrolling

    options = None
    if module is not None:
        if not (token and key and pin_file):
            raise click.UsageError("expected --token, --key and --pin-file with --module")
        if second is not None:
            raise click.UsageError("expected no --second with --module: it lies in a file")
        options = pkcs11.Options(module=module, token=token, key=key, pin_file=pin_file)
    wish = enrolling.Wish(
        gateway=gateway,
        code=enrolcodes.read(code),
        out=out,
        token=options,
        alg=alg,
        second=second,
    )
    enrolled = enrolling.until_admitted(wish, wait, lambda step: click.echo(f"done: {step}"))
    click.echo(
        f"{out}: {enrolled.facts.machine} is enrolled in epoch {enrolled.facts.epoch}; put "
        f"{out / 'township.toml'} at the beginning of the agent's configuration"
    )


@main.command()
@CONFIG
@exits
def renew(config_path: Path) -> None:
    """Get a certificate for the link now; the agent does so by itself while it runs."""
    from device import wiring

    config = load(config_path)
    renewal = wiring.renewal(config, lambda: False)
    if renewal is None:
        raise click.UsageError("expected [broker] door in the configuration, found none")
    renewal.once()
    click.echo(f"{config.broker.cert_file}: a new certificate for {config.device}")


@main.command()
@CONFIG
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="For the new key.")
@click.option("--cancel", is_flag=True, help="Give a begun rotation up.")
@exits
def rotate(config_path: Path, out: Path | None, cancel: bool) -> None:
    """Make a new signing key and the request to let it take over; the agent must be stopped."""
    from device import rotating

    config = load(config_path)
    if cancel:
        rotating.cancel(config)
        click.echo(f"{config.device}: goes on with the key of its configuration")
        return
    if out is None:
        raise click.UsageError("expected --out or --cancel")
    made = rotating.rotate(config, out)
    click.echo(
        f"{made.request}: carry it to the county, then enter it with seal-gateway enter-key\n"
        f"{made.key}, {made.record}: put them into [keys] as key and record, then start the agent"
    )


@main.command("check-config")
@CONFIG
@exits
def check_config(config_path: Path) -> None:
    """Load everything the configuration names without acting."""
    from device import loading  # its imports are slow, and keygen needs none of them

    config = load(config_path)
    found = loading.check(config)
    click.echo(
        f"{config_path}: {config.device} in {config.village_name}, {config.domain} domain, "
        f"{found.recipients} recipients, {found.people} people, {', '.join(found.drivers)}: "
        "all good"
    )
    if found.tray:
        click.echo(f"托盘标定 tray: {found.tray}")


@main.command()
@click.option("--config", "config_path", envvar="SEAL_CONFIG", type=click.Path(path_type=Path))
@click.option("--markers", type=click.Path(dir_okay=False, path_type=Path), help="Write the sheet.")
@exits
def calibrate(config_path: Path | None, markers: Path | None) -> None:
    """Teach the machine its tray's millimetres, by a sheet of markers that lies on it.

    First --markers FILE.pdf (.svg, .png) to print; then --config while the agent is stopped.
    """
    from device import trays
    from vision import marker_sheet

    if markers is not None:
        kind = markers.suffix.lower().removeprefix(".")
        if kind not in marker_sheet.FORMATS:
            raise click.UsageError(f"expected a .pdf, .svg or .png, found {markers.name}")
        keyfile.write_durable(markers, marker_sheet.encoded(kind))
        click.echo(f"{markers}: 按 100% 打印在 A4 纸上，线长须为 100 毫米")
        click.echo("print it on A4 at 100 %; the line on it must be 100 mm long")
        return
    if config_path is None:
        raise click.UsageError("expected --markers FILE or --config FILE")
    found = trays.take(load(config_path), system_wall_ms())
    click.echo(f"标定完成 calibrated: {found.said}")
    if found.tray.paper_mm is None:
        click.echo("没看见纸边，请用尺量那条 100 毫米的线；不准就重新打印、重新标定")
        click.echo("the paper's edges were not seen: measure the line of 100 mm with a ruler")


@main.command()
@CONFIG
@exits
def run(config_path: Path) -> None:
    """Run the machine until SIGTERM."""
    from device import wiring
    from device.kiosk.app import create_app
    from device.kiosk.server import Kiosk

    logs.configure()
    config = load(config_path)
    agent = wiring.build(config, config_path.read_bytes())
    app = create_app(
        agent,
        agent.people,
        idle_s=config.kiosk.idle_s,
        pin_file=config.state / "pins.json",
        voice_file=config.state / "voice.json",
    )
    kiosk = Kiosk(app, port=config.kiosk.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    renewal = wiring.renewal(config, lambda: agent.view().online)
    kiosk.start()
    if renewal is not None:
        renewal.start()
    click.echo(f'{{"kiosk": "{kiosk.url}"}}')
    sys.stdout.flush()
    try:
        agent.run()
    finally:
        if renewal is not None:
            renewal.stop()
        kiosk.stop()


@main.command()
@CONFIG
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@exits
def export(config_path: Path, folder: Path) -> None:
    """Write the device's log into FOLDER as plain files."""
    count = exporting.export(load(config_path), folder)
    click.echo(f"{folder}: {count} entries")


@main.command()
@CONFIG
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@exits
def release(config_path: Path, file: Path) -> None:
    """Lay a signed release FILE before the running agent (a held machine without network)."""
    from device import wiring

    config = load(config_path)
    ring = keyfile.read_ring(config.keys.trusted, config.domain)
    envelope.verify(file.read_bytes(), ring)
    target = wiring.inbox_folder(config) / f"{file.stem}.dsse"
    waiting = target.with_suffix(".part")
    shutil.copy(file, waiting)
    waiting.rename(target)
    click.echo(f"{file}: signature holds, handed to the agent of {config.device}")


@main.command()
@click.password_option("--pin", prompt="PIN")
def pin(pin: str) -> None:
    """Print the argon2id hash of a PIN for the people file."""
    if not (pin.isdigit() and 4 <= len(pin) <= 12):
        raise click.UsageError("expected a PIN of 4 to 12 digits")
    click.echo(PasswordHasher().hash(pin))


def _fail(code: str, error: Exception, hint: str, status: int) -> None:
    click.echo(f"{code}: {error}\n  {hint}", err=True)
    sys.exit(status)
