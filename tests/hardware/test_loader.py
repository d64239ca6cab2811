"""Drivers by name: short, dotted, unknown, and options nobody knows."""

from __future__ import annotations

import sys
import textwrap

import pytest

from hardware import DriverError
from hardware.loader import check_options, driver_names, load_camera, load_controller, load_panel


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """Return a function that makes an importable module of `source` and gives its dotted name."""
    package = tmp_path / "foreign_drivers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(source):
        name = f"driver_{len(made)}"
        made.append(name)
        (package / f"{name}.py").write_text(textwrap.dedent(source))
        return f"foreign_drivers.{name}"

    yield make
    for name in [name for name in sys.modules if name.startswith("foreign_drivers")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("controller", ("mcu", "relay")),
        ("camera", ("opencv",)),
        ("panel", ("gpio", "none")),
        ("reader", ("evdev", "line")),
    ],
)
def test_drivers_are_found_by_their_files(kind, names):
    assert driver_names(kind) == names


@pytest.mark.parametrize("name", ["nonesuch", "Relay", "../relay", "", "line", "presses"])
def test_unknown_name_is_refused_with_the_names_there_are(name):
    with pytest.raises(DriverError, match="mcu, relay"):
        load_controller(name, {})


def test_dotted_name_loads_any_module(foreign):
    name = foreign(
        """
        from msgspec import Struct

        class Options(Struct, forbid_unknown_fields=True):
            colour: str

        def connect(options):
            return ("panel", options.colour)
        """
    )

    assert load_panel(name, {"colour": "red"}) == ("panel", "red")


def test_driver_that_takes_unknown_options_silently_is_refused(foreign):
    name = foreign(
        """
        from msgspec import Struct

        class Options(Struct):
            colour: str = ""

        def connect(options):
            return options
        """
    )

    with pytest.raises(DriverError, match="forbid_unknown_fields"):
        load_panel(name, {})


def test_module_without_connect_is_refused():
    with pytest.raises(DriverError, match="connect"):
        load_panel("json.decoder", {})


def test_driver_whose_library_is_missing_says_so(foreign):
    name = foreign("import a_library_that_is_not_installed")

    with pytest.raises(DriverError, match="a_library_that_is_not_installed"):
        load_camera(name, {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": "/dev/null", "buad": 9600}, "buad"),
        ({}, "port"),
        ({"port": "/dev/null", "baud": "9600"}, "baud"),
    ],
)
def test_options_with_a_mistake_are_refused_by_name(options, message):
    with pytest.raises(DriverError, match=message):
        check_options("controller", "relay", options)


def test_good_options_are_checked_without_opening_anything():
    check_options("controller", "relay", {"port": "/dev/nonesuch", "baud": 9600})
