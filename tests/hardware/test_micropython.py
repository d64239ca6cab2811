"""The firmware stays within MicroPython, and behaves there as it does here."""

from __future__ import annotations

import ast
import hashlib
import hmac
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hardware import frames
from hardware.firmware import registers as r

ROOT = Path(__file__).parents[2]
FIRMWARE = sorted((ROOT / "hardware" / "firmware").glob("*.py"))
TALK = Path(__file__).with_name("micropython_talk.py")
# rp2040.py alone may use the modules of the chip.
ALLOWED = {"struct", "hashlib"}
CHIP = {"machine", "time", "os", "rp2", "micropython"}
UNKNOWN_THERE = (ast.Match, ast.AsyncFunctionDef)


def imports(tree):
    """Modules that are imported outside a guarding `try`."""
    guarded = {n for t in ast.walk(tree) if isinstance(t, ast.Try) for n in ast.walk(t)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in guarded:
            yield node.module
        elif isinstance(node, ast.Import) and node not in guarded:
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", FIRMWARE, ids=lambda path: path.stem)
def test_firmware_imports_only_what_micropython_has(path):
    found = set(imports(ast.parse(path.read_text("utf-8"))))

    foreign = {name for name in found if not name.startswith("hardware.firmware")}

    assert foreign <= (ALLOWED | CHIP if path.stem in ("rp2040", "main") else ALLOWED)


@pytest.mark.parametrize("path", FIRMWARE, ids=lambda path: path.stem)
def test_firmware_uses_no_syntax_that_micropython_lacks(path):
    tree = ast.parse(path.read_text("utf-8"))

    assert not [node for node in ast.walk(tree) if isinstance(node, UNKNOWN_THERE)]
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        # MicroPython's own functions know no keywords here.
        assert not (name in ("to_bytes", "from_bytes", "zip", "enumerate") and call.keywords)


def script():
    """A whole grant, a press, refusals, the watchdog and a look at every register."""
    board_nonces = [hashlib.sha256(bytes([n])).digest()[:16] for n in range(1, 9)]
    terms = bytes(range(16)) + struct.pack(">HH", 1, 5)

    def grant(nonce):
        mac = hmac.digest(bytes(range(32)), b"SEAL1" + nonce + terms + b"SEAL0001", "sha256")
        return frames.write_registers(r.GRANT, struct.unpack(">32H", terms + bytes(12) + mac))

    def command(number, what):
        return frames.write_registers(r.COMMAND, (number, what))

    look = [
        frames.read_request(4, 0x9000, 10),
        frames.read_request(4, 0x9010, 20),
        frames.read_request(4, 0x9030, 8),
        frames.read_request(3, 0x9240, 5),
        frames.read_request(4, 0x9100, 64),
        frames.read_request(4, 0x9140, 64),
    ]
    steps = [
        "+50", *look, grant(board_nonces[0]), command(1, r.ARM), command(2, r.UNLOCK), "+20",
        "=237", "+20", "=229", "+50", "=245", "+50", "=229", "+50", "=237", "+50", "=239", "+50",
        *look, grant(board_nonces[0]), command(3, r.ARM), command(9, r.ARM),
        frames.write_coil(0, 0xFF00), frames.write_coil(0x0204, 3), "+400",
        grant(board_nonces[2]), command(4, r.ARM), command(5, r.UNLOCK), "+2500", *look,
        frames.read_request(1, 0, 8), frames.read_request(2, 0, 8), b"\x07\x00",
    ]  # fmt: skip
    lines = [s if isinstance(s, str) else frames.encode(1, s).hex() for s in steps]
    return "\n".join(lines) + "\n"


@pytest.fixture
def chip(tmp_path):
    """The folder as it is copied to the chip: the firmware, and nothing else of this package."""
    shutil.copytree(ROOT / "hardware" / "firmware", tmp_path / "hardware" / "firmware")
    return tmp_path


def talk(program, folder):
    path = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(
        [program, str(TALK)],
        input=script(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{folder}:{path}", "MICROPYPATH": f"{folder}:.frozen"},
    )
    return done.stdout.splitlines()


def test_conversation_goes_through_a_whole_cycle(chip):
    lines = talk(sys.executable, chip)

    assert "outputs 1" in lines  # the lock was open
    assert "outputs 16" not in lines  # the lamp's pulse of 300 ms was over after 400
    assert lines[-1] == frames.encode(1, b"\x87\x01").hex()


@pytest.mark.hardware
def test_micropython_says_the_same_byte_for_byte(chip):
    micropython = shutil.which("micropython")
    assert micropython, "expected micropython (the Unix port) on the PATH"

    assert talk(micropython, chip) == talk(sys.executable, chip)
