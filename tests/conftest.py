"""What every test may need, and the account of what was skipped.

Rules it keeps: a test marked `broker` or `browser` is skipped where its program is missing, one
marked `hardware` unless it is asked for (-m hardware); skips are counted by reason and shown in
plain words. Where CI is set nothing may be skipped but tests marked `hardware` and those that need
third-party pictures: any other skip fails the run.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT.parent / "shared" / "data" / "images"
NO_PICTURES = (
    "needs third-party pictures (not in the repository for their licences; ../shared/data/images)"
)

# How long an example takes says how busy the computer is, not whether the code is right.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

NICE = 10  # a machine's eyes yield to all at it (device/eyes.py): no higher, or they wait for us
SBIN_MOSQUITTO = "/usr/sbin/mosquitto"  # not on the PATH of ordinary users
NO_HARDWARE = "needs real hardware"
NEEDS_HARDWARE = ("needs hardware", True)


# Files that start whole programs take minutes; begun first, no process is left alone with one.
LONGEST_FIRST = (
    "test_demo.py",
    "campaign/",
    "bench/",
    "sim/",
    "device/test_agent.py",
    "test_seal.py",
)


def lacking_for_broker() -> str | None:
    """The Debian package that tests marked `broker` need and this computer lacks."""
    return None if shutil.which("mosquitto") or shutil.which(SBIN_MOSQUITTO) else "mosquitto"


def lacking_for_browser() -> str | None:
    """The Debian package that tests marked `browser` need and this computer lacks."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return "chromium"
    try:
        ctypes.CDLL("libatomic.so.1")  # playwright's own program is linked to it
    except OSError:
        return "libatomic1"
    return None


class SkipAccount:
    """Skips tests for what is missing, counts every skip and judges whether it was allowed.

    Args:
        strict: fail the run for a skip that CI does not allow.
        wants_hardware: the person at the keyboard asked for tests marked `hardware`.
    """

    def __init__(self, *, strict: bool, wants_hardware: bool) -> None:
        self._strict = strict
        self._wants_hardware = wants_hardware
        self._lacking = {"broker": lacking_for_broker(), "browser": lacking_for_browser()}
        self._reasons: Counter[str] = Counter()
        self._not_allowed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if item.get_closest_marker("hardware") is not None:
                item.user_properties.append(NEEDS_HARDWARE)  # reported by whoever runs the test
                if not self._wants_hardware:
                    item.add_marker(pytest.mark.skip(reason=NO_HARDWARE))
            for marker, lacking in self._lacking.items():
                if lacking and item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=f"needs {lacking}"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._count(report)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        longrepr = report.longrepr
        reason = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
        reason = reason.removeprefix("Skipped: ")
        self._reasons[reason] += 1
        if NEEDS_HARDWARE not in _properties(report) and reason != NO_PICTURES:
            self._not_allowed.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._strict and self._not_allowed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._reasons:
            return
        parts = [
            f"{count} {_plural(reason, count)}" for reason, count in self._reasons.most_common()
        ]
        terminalreporter.section("skipped")
        terminalreporter.line(f"{self._reasons.total()} skipped: {', '.join(parts)}")
        terminalreporter.line("./seal doctor says what this computer lacks and how to get it")
        if self._strict and self._not_allowed:
            terminalreporter.line(
                "CI allows only tests marked hardware and third-party pictures to be skipped:"
            )
            for line in self._not_allowed:
                terminalreporter.line(f"  {line}", red=True)


def _properties(report: pytest.TestReport | pytest.CollectReport) -> list[tuple[str, object]]:
    """Return what a test says of itself; as lists where another process sent the report."""
    return [tuple(one) for one in getattr(report, "user_properties", ())]


def _plural(reason: str, count: int) -> str:
    return reason if count == 1 else reason.replace("needs ", "need ", 1)


def pytest_configure(config: pytest.Config) -> None:
    os.nice(max(0, NICE - os.nice(0)))
    account = SkipAccount(
        strict=bool(os.environ.get("CI")),
        wants_hardware="hardware" in config.option.markexpr,
    )
    config.pluginmanager.register(account, "skip-account")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; whatever comes together in a file stays so."""
    items.sort(key=_place_of)


def _place_of(item: pytest.Item) -> int:
    path = item.nodeid.removeprefix("tests/")
    begun = (place for place, start in enumerate(LONGEST_FIRST) if path.startswith(start))
    return next(begun, len(LONGEST_FIRST))


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """Undo what a command that runs in this process sets up: its log, and how it is stopped.

    A signal left blocked or ignored would be so in every program that a later test starts.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    structlog.reset_defaults()
    for number, handler in handlers.items():
        signal.signal(number, handler)
    left = signal.pthread_sigmask(signal.SIG_SETMASK, blocked) - blocked
    assert not left, f"the test left signals blocked: {left}"


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder of third-party pictures beside the checkout; skips the test where it is absent."""
    if not PICTURES.is_dir():
        pytest.skip(NO_PICTURES)
    return PICTURES


BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One headless browser for a file of tests; a second one in a process would be refused."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # five seconds are not always enough for a busy computer
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(found for name in names if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()
