"""Panels: gpiozero's own mock pins stand in for the Raspberry Pi's."""

from __future__ import annotations

import time

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from hardware import DriverError
from hardware.loader import load_panel

OPTIONS = {"ok_pin": "GPIO17", "alarm_pin": "GPIO27", "buzzer_pin": "GPIO22"}


@pytest.fixture
def pins():
    before, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


@pytest.fixture
def panel(pins):
    panel = load_panel("gpio", OPTIONS)
    yield panel
    panel.close()


def levels(pins):
    return [pins.pin(number).state for number in (17, 27, 22)]


def test_everything_is_off_at_first(pins, panel):
    assert levels(pins) == [0, 0, 0]


@pytest.mark.parametrize(("ok", "alarm"), [(True, False), (False, True), (True, True)])
def test_lamps_show_what_they_are_told(pins, panel, ok, alarm):
    panel.show(ok=ok, alarm=alarm)

    assert levels(pins) == [ok, alarm, 0]


def test_buzzer_sounds_as_often_as_asked_and_does_not_wait(pins, panel):
    pin = pins.pin(22)
    began = time.monotonic()

    panel.buzz(2)
    assert time.monotonic() - began < 0.1
    time.sleep(0.7)

    assert [state.state for state in pin.states].count(True) == 2
    assert pin.state == 0


def test_buzzer_asked_for_no_tone_is_silent(pins, panel):
    panel.buzz(0)
    time.sleep(0.05)

    assert pins.pin(22).state == 0


def test_close_switches_off_and_may_be_repeated(pins):
    panel = load_panel("gpio", OPTIONS)
    panel.show(ok=True, alarm=True)

    panel.close()
    panel.close()

    load_panel("gpio", OPTIONS).close()  # the pins are free again


def test_parts_that_are_not_fitted_are_left_alone(pins):
    panel = load_panel("gpio", {"ok_pin": "GPIO17"})

    panel.show(ok=True, alarm=True)
    panel.buzz(1)

    assert pins.pin(17).state == 1
    panel.close()


@pytest.mark.parametrize("pin", ["GPIO99", "nonesuch"])
def test_pin_that_is_not_there_is_refused(pins, pin):
    with pytest.raises(DriverError, match="pins"):
        load_panel("gpio", {"ok_pin": "GPIO17", "alarm_pin": pin})

    load_panel("gpio", {"ok_pin": "GPIO17"}).close()


def test_machine_without_a_panel_takes_every_call():
    panel = load_panel("none", {})

    panel.show(ok=True, alarm=False)
    panel.buzz(3)
    panel.close()
    panel.close()
