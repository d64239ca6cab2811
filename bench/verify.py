"""Verify: `seal-verify log` on a long log, beside what libsodium alone does with its signatures.

In one run: the log is made up (true signatures of 20 machines and a gateway), published, then
verified by one process and by one on each core. The raw rate is that of libsodium over the same
signatures, on as many cores at once (two that share a processor slow each other down), taken
before and after. A rate for each core is entries for each second that a processor worked, so
that other work on the computer does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from nacl.bindings import crypto_sign_open

from bench import edits
from bench.edits import Edits
from bench.figures import Machine, elsewhere, this_machine
from bench.public_log import Township
from ledger import algorithms, envelope
from ledger.cli_trust import cores
from ledger.errors import LedgerError
from ledger.verify_device import verify_entry
from ledger.verify_spans import Keyring

MACHINES = 20
SAMPLE = 50_000  # signatures for the raw rate: seconds of work, and more bytes than a cache holds
LEAST_SHARE = 0.7
MOST_MEMORY_MB = 1000
EXPORT = 200  # entries whose every bit is flipped
SEED = 20261122

Say = Callable[[str], None]


class Pass(Struct, frozen=True, kw_only=True):
    """One verification of the whole log; `share` compares one core with libsodium alone.

    `memory_mb` is that of its largest process.
    """

    processes: int
    raw_verify_per_s: float
    wall_s: float
    cpu_s: float
    per_s: float
    per_cpu_s: float
    share: float
    memory_mb: int


class Verified(Struct, frozen=True, kw_only=True):
    """What was measured; rates are entries a second. `bits` were flipped, `let_through` passed."""

    machine: Machine
    entries: int
    log_mb: int
    passes: tuple[Pass, ...]
    share_holds: bool
    memory_holds: bool
    edits: Edits | None = None
    bits: int = 0
    let_through: int = 0


def measure(size: int, edit_count: int, all_bits: bool, say: Say) -> Verified:
    """Make a log of so many entries, verify it, and return the figures."""
    with tempfile.TemporaryDirectory(prefix="seal-verify-") as name:
        folder = Path(name)
        say(f"signing {size} entries")
        log_bytes, sample = elsewhere(1, _make, (folder, size))[0]
        passes = []
        for processes in sorted({1, cores()}):
            say(f"verifying with {processes} processes")
            before = _raw_per_s(sample, processes)
            outcome = _run(folder, size, processes)
            raw = (before + _raw_per_s(sample, processes)) / 2
            passes.append(_pass(outcome, size, raw))
    made = edits.campaign(edit_count, SEED) if edit_count else None
    bits, passed = _flip_all(say) if all_bits else (0, 0)
    return Verified(
        machine=this_machine(),
        entries=size,
        log_mb=log_bytes // 10**6,
        passes=tuple(passes),
        share_holds=all(one.share >= LEAST_SHARE for one in passes),
        memory_holds=all(one.memory_mb <= MOST_MEMORY_MB for one in passes),
        edits=made,
        bits=bits,
        let_through=passed,
    )


class _Outcome(Struct, frozen=True):
    processes: int
    wall_s: float
    cpu_s: float
    memory_mb: int


def _run(folder: Path, size: int, processes: int) -> _Outcome:
    """Run the command itself, on so many cores."""
    all_cores = os.sched_getaffinity(0)
    words = ["-m", "ledger", "log", str(folder), "--keys", str(folder / "keys"), "--lang", "en"]
    begin_s = time.perf_counter()
    os.sched_setaffinity(0, sorted(all_cores)[:processes])  # the program inherits it
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as program:
        os.sched_setaffinity(0, all_cores)
        assert program.stdout is not None
        said = program.stdout.read()
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - begin_s
    if program.returncode or f"All good: {size} entries" not in said:
        raise RuntimeError(f"seal-verify ended with {program.returncode}: {said}")
    return _Outcome(processes, wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def _pass(outcome: _Outcome, size: int, raw_per_s: float) -> Pass:
    per_cpu_s = size / outcome.cpu_s
    return Pass(
        processes=outcome.processes,
        raw_verify_per_s=raw_per_s,
        wall_s=outcome.wall_s,
        cpu_s=outcome.cpu_s,
        per_s=size / outcome.wall_s,
        per_cpu_s=per_cpu_s,
        share=per_cpu_s / raw_per_s,
        memory_mb=outcome.memory_mb,
    )


def _signed(town: Township) -> list[tuple[bytes, bytes]]:
    """Return signature with message, and public key, for entries spread over the log."""
    authors = (town.gateway, *town.machines)
    keys = {one.signer.keyid: algorithms.read(one.signer.record).raw for one in authors}
    found = []
    for raw in town.entries[:: max(1, len(town.entries) // SAMPLE)]:
        taken = envelope.parse(raw)
        message = envelope.pae(taken.payload_type, taken.payload)
        found.append((taken.signature + message, keys[taken.keyid]))
    return found


def _raw_per_s(sample: list[tuple[bytes, bytes]], processes: int) -> float:
    """Return signatures a second of each of so many cores at once."""
    return sum(elsewhere(processes, _raw_alone, (sample,))) / processes


def _make(folder: Path, size: int) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Publish a log; return its bytes and a sample of its signatures."""
    town = Township(MACHINES).fill(size)
    town.publish(folder)
    return sum(map(len, town.entries)), _signed(town)


def _raw_alone(sample: list[tuple[bytes, bytes]]) -> float:
    begin_s = time.process_time()
    for signed, key in sample:
        crypto_sign_open(signed, key)
    return len(sample) / (time.process_time() - begin_s)


def _flip_all(say: Say) -> tuple[int, int]:
    """Flip each bit of each entry of an export; return how many, and how many passed."""
    town = Township(2).fill(EXPORT)
    keys, bits, passed = Keyring(town.records), 0, 0
    for number, raw in enumerate(town.entries):
        if number % 20 == 0:
            say(f"flipping every bit of entry {number}")
        changed = bytearray(raw)
        for at in range(8 * len(raw)):
            changed[at // 8] ^= 1 << at % 8
            bits, passed = bits + 1, passed + _is_believed(bytes(changed), keys)
            changed[at // 8] ^= 1 << at % 8
    return bits, passed


def _is_believed(raw: bytes, keys: Keyring) -> bool:
    try:
        verify_entry(raw, keys)
    except LedgerError:
        return False
    return True
