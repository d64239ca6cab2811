"""The play: what clerk, approver, auditor and misfortune do in a township, scene by scene.

A scene that fails is told in the check list and the next one is played, unless a process has
gone down. The last scene compares the books.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device.texts import say
from sim import books, play_photo
from sim.cast import BACK_S, Cast, Entry, errand, where_to_go
from sim.clerk import Errand
from sim.errors import SimError
from sim.township_files import verify_public_log
from sim.waiting import until

FORBIDDEN = "亲属关系证明"
OFF_LIST = "彩票中奖证明"


class Play:
    """Plays every scene.

    Args:
        photo: a visitor's picture for village 1, or None.
    """

    def __init__(self, cast: Cast, photo: Path | None) -> None:
        self._cast, self._told, self._photo = cast, cast.told, photo
        self.books: list[books.Books] = []

    def run(self) -> None:
        """Play everything; what failed stands in the check list.

        Raises:
            ProgramError: a process has gone down.
            SimError: the township's staff cannot sign in.
        """
        self._cast.sign_in()
        scenes: list[Callable[[], None]] = [self._two_copies, self._refusals]
        scenes += [self._power_cut, self._hold, self._network_cut, self._compare_books]
        if self._photo is not None:
            scenes.insert(0, self._show_photo)
        for scene in scenes:
            failed = self._told.failed
            try:
                scene()
            except SimError as error:
                if self._told.failed == failed:
                    self._told.broke(error)
                self._cast.town.check()

    def _show_photo(self) -> None:
        assert self._photo is not None
        play_photo.play(self._cast, self._photo)

    def _two_copies(self) -> None:
        cast, village = self._cast, self._cast.first
        with self._told.step("filed", village=village.name):
            clerk = cast.clerk(village)
            cast.machine(village).lay_page("rendered")
            request = clerk.apply(errand("子女入学", copies=2)).request
        with self._told.step("approved"):
            cast.approve(clerk, request)
        with self._told.step("stamped-two"):
            request = cast.stamp_proved(clerk, village, request, 2)
        with self._told.step("acknowledged"):
            cast.wait_for_photos(cast.recorded(village, request, "use", 2))

    def _refusals(self) -> None:
        cast, village = self._cast, self._cast.first
        clerk = cast.clerk(village)
        with self._told.step("forbidden", matter=FORBIDDEN) as step:
            answer = clerk.apply(Errand(matter=FORBIDDEN, applicant="", purpose=""))
            step.say(why=where_to_go(answer))
            cast.expect_refused(village, answer, "forbidden")
        with self._told.step("off-list", matter=OFF_LIST) as step:
            answer = clerk.ask_unlisted(OFF_LIST)
            step.say(why=where_to_go(answer))
            cast.expect_refused(village, answer, "off-list")

    def _power_cut(self) -> None:
        """Profile B: its counter survives the cut and proves what happened."""
        cast, village = self._cast, self._cast.counting
        if village is None:
            self._told.note("skipped-power")
            return
        with self._told.step("power-approved", village=village.name, number=village.number):
            clerk = cast.clerk(village)
            request = cast.permitted(clerk, village, copies=2)
        with self._told.step("power-open"):
            clerk.begin(request)
            clerk.free_lever()
            cast.town.cut_power(village)
            clerk = cast.back(village)
            cast.recorded(village, request, "void")
        with self._told.step("power-pressed"):
            clerk.begin(request)
            clerk.free_lever()
            cast.press_into_the_dark(village)
            clerk = cast.back(village)
            _expect_flag(cast.recorded(village, request, "use"), "late_photo")
        with self._told.step("power-second"):
            cast.machine(village).lay_again()
            cast.stamp_all(clerk, village, request)

    def _hold(self) -> None:
        """Profile A: nothing survives that could prove it, so a person must count."""
        cast, village = self._cast, self._cast.first
        machine = cast.machine(village)
        with self._told.step("hold-approved", village=village.name, number=village.number):
            clerk = cast.clerk(village)
            request = cast.permitted(clerk, village, copies=1)
        before = machine.presses()
        with self._told.step("hold-held"):
            clerk.begin(request)
            clerk.free_lever()
            cast.press_into_the_dark(village)
            cast.town.restore_power(village)
            clerk = cast.town.clerk(village)
            until("the kiosk to say that the machine is held", clerk.hold_code, BACK_S)
        counted = machine.presses() - before
        with self._told.step("hold-released", n=counted):
            cast.release(clerk, village, counted)

    def _network_cut(self) -> None:
        cast, village = self._cast, self._cast.last
        sign, kept = say("zh", "strip.offline"), say("zh", "request.stored")
        with self._told.step("network-approved", village=village.name, number=village.number):
            clerk = cast.clerk(village)
            request = cast.permitted(clerk, village, copies=1)
        try:
            with self._told.step("network-cut", sign=sign):
                cast.cut_network(clerk)
            with self._told.step("network-stamped"):
                request = cast.stamp_proved(clerk, village, request, 1, offline=True)
            with self._told.step("network-queued", said=kept.partition("。")[0]):
                cast.machine(village).lay_page("rendered:2")
                queued = clerk.apply(errand("外出务工"))
                if kept not in queued.text:
                    raise books.BooksError("the kiosk to say that it is kept", queued.text[:300])
        finally:
            cast.town.restore_network()
        with self._told.step("network-back"):
            cast.approver.wait_for_request(queued.request)
            _expect_flag(cast.recorded(village, request, "use"), "offline")
            delivered = say("zh", "strip.delivered")
            until("the kiosk to say delivered", lambda: delivered in clerk.strip(), BACK_S)

    def _compare_books(self) -> None:
        cast, folders = self._cast, {}
        with self._told.step("books-pending"):
            for village in cast.town.plan.villages:
                folders[village.number] = cast.drained(village)
                books.verify_uses(village.machine, cast.auditor)
        with self._told.step("books-proved") as step:
            step.say(
                n=sum(
                    books.prove(village.machine, folders[village.number])
                    for village in cast.town.plan.villages
                )
            )
        with self._told.step("books-public"):
            verify_public_log(cast.town.plan)
        for village in cast.town.plan.villages:
            name = {"village": village.name, "number": village.number}
            with self._told.step("books-village", **name) as step:
                presses = cast.machine(village).presses()
                folder = folders[village.number]
                found = books.compare(
                    village.machine, village.profile, presses, folder, cast.auditor
                )
                self.books.append(found)
                step.say(
                    presses=presses,
                    uses=found.uses,
                    counted=found.counted,
                    stored=found.stored,
                )


def _expect_flag(uses: list[Entry], flag: str) -> None:
    flags = uses[0]["body"]["flags"]
    if flag not in flags:
        raise books.BooksError(f"a use with the flag {flag}", f"{flags}")
