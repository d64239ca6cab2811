"""A clerk who keeps going: taps, and then tells how it ended, whatever way it went."""

from __future__ import annotations

from device.texts import say
from sim.clerk import RESTS, Clerk
from sim.waiting import until


class CampaignClerk(Clerk):
    """A clerk whose machine is being tormented; see `sim.clerk.Clerk`."""

    def tap(self) -> None:
        """Tap "stamp" and return at once."""
        page = self._browser.get("/stamp")
        self._browser.send(page.form("/stamp/now"))

    def machine_is_fine(self) -> bool:
        """Tell whether the status strip says so, signed in or not."""
        return say("zh", "strip.machine") in self.strip()

    def held(self) -> bool:
        """Tell whether the kiosk says that the machine is held."""
        return self._browser.get("/hold").path == "/hold"

    def ended(self) -> str:
        """Return how the impression ended: `next`, `done`, `stopped`, `held`, or "" not yet."""
        if self.held():
            return "held"
        step = self._step(*RESTS)
        return "" if step is None else step.get("data-step")

    def ending(self, within_s: float) -> str:
        """Return how the impression ended, as soon as it has.

        Raises:
            OverdueError, PageError: it did not end, or the kiosk is gone.
        """
        return until("the end of the impression", self.ended, within_s)

    def steps_aside(self) -> None:
        """Leave the stamping if there is one."""
        if self._browser.get("/stamp").path == "/stamp":
            self.leave()
