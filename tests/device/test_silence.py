"""Silence: connected time without an answer becomes an alarm, an outage does not."""

from __future__ import annotations

from structlog.testing import capture_logs

from device.silence import ALARM_S, Silence


class Turned:
    """A silence and the clock that a test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.silence = Silence(lambda: self.now_s)

    def after(self, seconds: float, *, linked: bool = True, waiting: int = 1) -> bool:
        self.now_s += seconds
        self.silence.look(linked=linked, waiting=waiting)
        return self.silence.alarming


def test_alarm_comes_after_a_minute_of_connected_time_and_is_logged_once() -> None:
    turned = Turned()
    turned.after(0)

    with capture_logs() as logs:
        early, late = turned.after(ALARM_S - 1), turned.after(2)
        turned.after(30)

    assert (early, late) == (False, True)
    assert [one["event"] for one in logs] == ["not_delivered"]


def test_outage_of_a_week_is_no_silence() -> None:
    turned = Turned()
    turned.after(0)
    turned.after(1, linked=False)

    turned.after(7 * 24 * 3600, linked=False)

    assert turned.after(1) is False
    assert turned.after(ALARM_S) is True


def test_link_that_comes_and_goes_does_not_hide_the_silence() -> None:
    turned = Turned()

    for _ in range(8):
        turned.after(1)
        turned.after(9)
        turned.after(5, linked=False)

    assert turned.silence.alarming is True


def test_answer_ends_it_and_so_does_nothing_to_deliver() -> None:
    turned = Turned()
    turned.after(0)
    turned.after(ALARM_S)

    turned.silence.answered()
    answered = turned.silence.alarming
    turned.after(ALARM_S)
    nothing_waits = turned.after(1, waiting=0)

    assert (answered, nothing_waits) == (False, False)
