"""Stamp: how long one honest stamp takes, from walking up to the last screen.

The machine's share is measured: agent, gateway, broker, simulated machine and browser as real
processes. The person's share follows from what the pages counted (`bench.stamp_script`) and a
stated table of times; it is an estimate and says so. An approver's thinking is counted apart.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from bench.campaign.site import START_S, Site
from bench.campaign.town import Town
from bench.figures import Machine, percentile, this_machine
from bench.stamp_script import COUNTER, PATIENCE_MS, Counted, Errand, HeldError, Script
from sim.errors import SimError

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIMIT_S = 120.0
AIM_S = 60.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds that one person needs; where each comes from stands in docs/benchmarks.md.

    Args:
        walk_s: from the counter to the machine, three metres.
        card_s: take the card out and lay it.
        look_s: find out what a screen asks, before the first tap on it.
        key_s: the next key of something known by heart.
        character_s: find a character in the row that is offered, and tap it.
        read_s: read one character of the summary and compare it with the paper.
        button_s: move the finger to a large button and tap it.
        lay_s: lay the sheet, straighten it.
        press_s: see that the lever is free, grasp it and press it down.
    """

    walk_s: float
    card_s: float
    look_s: float
    key_s: float
    character_s: float
    read_s: float
    button_s: float
    lay_s: float
    press_s: float

    def seconds(self, counted: Counted) -> float:
        """Return what all human steps of one stamp take, the look at the last screen too."""
        taps_s = (
            counted.keys * self.key_s
            + counted.characters * self.character_s
            + counted.buttons * self.button_s
        )
        once_s = self.walk_s + self.card_s + self.lay_s + self.press_s
        looks_s = (counted.screens + counted.searches + 1) * self.look_s
        return round(once_s + looks_s + counted.read * self.read_s + taps_s, 1)


PACES = {
    "aged 60, gloves, reads every screen": Pace(
        walk_s=3.0, card_s=3.0, look_s=2.3, key_s=1.2, character_s=3.5, read_s=0.4,
        button_s=1.9, lay_s=6.0, press_s=3.0,
    ),
    "practised, bare hands": Pace(
        walk_s=3.0, card_s=2.0, look_s=1.35, key_s=0.5, character_s=1.85, read_s=0.24,
        button_s=1.1, lay_s=4.0, press_s=2.0,
    ),
}  # fmt: skip


class Total(Struct, frozen=True, kw_only=True):
    """One pace's sum, seconds: the person's part, and with the machine's (median, slowest)."""

    human_s: float
    total_p50_s: float
    total_most_s: float


class Profile(Struct, frozen=True, kw_only=True):
    """One controller: what was counted, the machine's milliseconds (medians), the sums.

    `held`: stamps that do not count, because this computer was too busy to prove the press.
    """

    stamps: int
    held: int
    counted: Counted
    steps_p50_ms: dict[str, float]
    machine_p50_ms: float
    machine_most_ms: float
    totals: dict[str, Total]


class Stamp(Struct, frozen=True, kw_only=True):
    """What was measured; `holds` where the slowest stamp of the slowest pace is within 120 s."""

    machine: Machine
    paces: dict[str, Pace]
    profiles: dict[str, Profile]
    holds: bool


class NoBrowserError(SimError):
    """The screens cannot be tapped without a browser."""

    code: ClassVar[str] = "no-browser"
    hint: ClassVar[str] = "Install Debian's chromium."


def measure(stamps: int) -> Stamp:
    """Stamp so often on each of two machines, each time from the card on.

    Raises:
        NoBrowserError: no chromium on this computer.
    """
    with tempfile.TemporaryDirectory(prefix="seal-stamp-") as folder:
        town = Town(Path(folder), 1, "AB")
        try:
            town.start()
            profiles = {site.profile: _profile(town, site, stamps) for site in town.sites.values()}
            for site in town.sites.values():
                town.check(site)
        finally:
            town.stop()
    slowest = max(total.total_most_s for one in profiles.values() for total in one.totals.values())
    return Stamp(machine=this_machine(), paces=PACES, profiles=profiles, holds=slowest < LIMIT_S)


def sums(counted: Counted, machine_ms: list[float]) -> dict[str, Total]:
    """Return each pace's sum over what was counted and the machine's times of each stamp."""
    ordered = sorted(machine_ms)
    return {
        name: Total(
            human_s=pace.seconds(counted),
            total_p50_s=round(pace.seconds(counted) + percentile(ordered, 50) / 1000, 1),
            total_most_s=round(pace.seconds(counted) + ordered[-1] / 1000, 1),
        )
        for name, pace in PACES.items()
    }


def _profile(town: Town, site: Site, stamps: int) -> Profile:
    site.clerk.wait_until_ready(START_S)
    runs: list[dict[str, float]] = []
    counts: list[Counted] = []
    held = 0
    with _screen(site.village.kiosk) as page:
        while len(runs) < stamps:
            site.machine.lay_again()
            script = Script(page, site.machine)
            try:
                _once(script, town, site)
                counts.append(script.counted())
                runs.append(script.spent_ms)
            except HeldError:
                held += 1
                if held > stamps:
                    raise
                site.recover()
            script.leave()
    most = max(counts, key=PACES["practised, bare hands"].seconds)
    machine_ms = [sum(one.values()) for one in runs]
    return Profile(
        stamps=stamps,
        held=held,
        counted=most,
        steps_p50_ms={
            name: round(percentile(sorted(one[name] for one in runs), 50)) for name in runs[0]
        },
        machine_p50_ms=round(percentile(sorted(machine_ms), 50)),
        machine_most_ms=round(max(machine_ms)),
        totals=sums(most, machine_ms),
    )


def _once(script: Script, town: Town, site: Site) -> None:
    script.sign_in(site.village.card, site.village.pin)
    request = script.apply(Errand())
    script.be_approved(lambda: town.approver.approve(request))
    script.stamp()


@contextmanager
def _screen(kiosk: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise NoBrowserError("chromium on this computer", "no such program")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))
        page = browser.new_page(base_url=kiosk, locale="zh-CN")
        page.set_viewport_size({"width": 1024, "height": 600})
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(COUNTER)
        page.goto("/")
        yield page
        browser.close()
