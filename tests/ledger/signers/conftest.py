"""Tokens for signer tests: SoftHSM 2 with its files in a folder of the test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11 as foreign
import pytest
from msgspec import structs

from ledger.messages import KeyRecord
from ledger.signers import pkcs11

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
HOLDER = {"role": "device", "township": "420625103000", "epoch": 1, "domain": "sim"}
PIN = "4321"


class Tokens:
    """A folder with SoftHSM's tokens; the library starts anew for every test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        (folder / "tokens").mkdir()
        self.configure()
        self.options = pkcs11.Options(
            module=MODULE, token="seal", key="k-1", pin_file=self.pin_file("right", PIN)
        )

    def configure(self, *lines: str) -> None:
        """Write SoftHSM's configuration; it counts from its next start."""
        path = self.folder / "softhsm2.conf"
        text = [f"directories.tokendir = {self.folder}/tokens", "log.level = ERROR", *lines]
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        self._monkeypatch.setenv("SOFTHSM2_CONF", str(path))
        foreign.unload(str(MODULE))

    def pin_file(self, name: str, pin: str) -> Path:
        """Write a private file with a PIN."""
        path = self.folder / f"{name}.pin"
        path.write_text(pin + "\n", encoding="ascii")
        path.chmod(0o600)
        return path

    def make(self, label: str) -> None:
        """Make a token."""
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        command += ["--so-pin", "12345678", "--pin", PIN]
        subprocess.run(command, check=True, capture_output=True)

    def key(self, alg: str, label: str = "k-1") -> tuple[pkcs11.Options, Path, KeyRecord]:
        """Make a key and its record in the token."""
        options, path = structs.replace(self.options, key=label), self.folder / f"{label}.json"
        return options, path, pkcs11.create(options, path, alg, holder="m-1", **HOLDER)


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tokens]:
    """One token of label `seal`, without a key."""
    if shutil.which("softhsm2-util") is None:
        pytest.skip("needs the Debian package softhsm2")
    tokens = Tokens(tmp_path, monkeypatch)
    tokens.make("seal")
    yield tokens
    foreign.unload(str(MODULE))
