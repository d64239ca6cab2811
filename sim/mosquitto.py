"""Debian's mosquitto as a child process on loopback: the second broker we promise to work with."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from gateway import ports


class Mosquitto:
    """One mosquitto on a port that stays the same over `start` and `stop`.

    Args:
        folder: its configuration and log go here.
        lines: further lines of its configuration, after the listener.
    """

    def __init__(self, folder: Path, *lines: str, scheme: str = "mqtt") -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._port = ports.choose("127.0.0.1")
        self.url = f"{scheme}://127.0.0.1:{self._port}"
        self._lines = (
            "user root",  # read only when started as root: our folder belongs to root then
            f"listener {self._port} 127.0.0.1",
            "set_tcp_nodelay true",
            *(lines or ("allow_anonymous true",)),
        )

    def start(self, deadline_s: float = 10.0) -> None:
        """Run it; its port answers when this returns.

        Raises:
            FileNotFoundError: it is not installed.
            RuntimeError: it ended or does not answer; carries its log.
        """
        binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if binary is None:
            raise FileNotFoundError("expected mosquitto, found none: apt-get install mosquitto")
        config, said = self._folder / "mosquitto.conf", self._folder / "mosquitto.log"
        config.write_text("\n".join(self._lines) + "\n")
        with said.open("ab") as output:
            self._process = subprocess.Popen(
                [binary, "-c", str(config)], stdout=output, stderr=output, process_group=0
            )
        end_s = time.monotonic() + deadline_s
        while time.monotonic() < end_s and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)
        self.stop()
        raise RuntimeError(f"mosquitto does not answer: {said.read_text(errors='replace')[-500:]}")

    def reload(self) -> None:
        """Have it read its lists and certificates again; it does so soon after."""
        assert self._process is not None, "it runs"
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it; never raises."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
