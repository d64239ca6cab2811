"""Card readers: lines over a pseudo-terminal, key events from a device made of a pipe."""

from __future__ import annotations

import os
import time
import tty

import evdev
import pytest
from evdev import InputEvent, ecodes

from hardware import DriverError, ReaderError
from hardware.loader import load_reader
from hardware.reader.cards import card_id

DEVICE = "/dev/input/by-id/usb-reader-event-kbd"


class Terminal:
    def __init__(self):
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def stop(self):
        os.close(self.master)
        os.close(self._slave)


class Keyboard:
    """What `evdev.InputDevice` is to the driver; events wait behind a pipe."""

    def __init__(self):
        self.fd, self._wake = os.pipe()
        self.events = []
        self.grabs = 0
        self.gone = False

    def grab(self):
        self.grabs += 1

    def read(self):
        os.read(self.fd, 1)
        if self.gone:
            raise OSError(19, "No such device")
        events, self.events = self.events, []
        return iter(events)

    def close(self):
        pass

    def type(self, text, enter="KEY_ENTER"):
        names = [f"KEY_{letter.upper()}" for letter in text] + ([enter] if enter else [])
        for name in names:
            for value in (1, 2, 0):
                code = getattr(ecodes, name)
                self.events.append(InputEvent(0, 0, ecodes.EV_KEY, code, value))
            self.events.append(InputEvent(0, 0, ecodes.EV_SYN, 0, 0))
        os.write(self._wake, b"x")

    def unplug(self):
        self.gone = True
        os.write(self._wake, b"x")

    def stop(self):
        os.close(self.fd)
        os.close(self._wake)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.stop()


@pytest.fixture
def keyboard(mocker):
    """evdev itself is replaced: a test has no /dev/input."""
    keyboard = Keyboard()
    mocker.patch.object(evdev, "InputDevice", side_effect=[keyboard, keyboard])
    yield keyboard
    keyboard.stop()


@pytest.fixture(params=["line", "evdev"])
def reader_and_source(request):
    if request.param == "line":
        source = request.getfixturevalue("terminal")
        reader = load_reader("line", {"port": source.port})
        assert reader.read(0) is None

        def lay(card):
            source.type(card + "\n")
    else:
        source = request.getfixturevalue("keyboard")
        reader = load_reader("evdev", {"device": DEVICE})
        lay = source.type
    yield reader, lay
    reader.close()


def test_card_is_read_as_lowercase_hex(reader_and_source):
    reader, lay = reader_and_source
    lay("04A1B2C3")

    assert reader.read(1.0) == "04a1b2c3"


def test_cards_are_read_in_their_order(reader_and_source):
    reader, lay = reader_and_source
    lay("04a1b2c3")
    lay("deadbeef")

    assert [reader.read(1.0), reader.read(1.0), reader.read(0)] == ["04a1b2c3", "deadbeef", None]


def test_no_card_in_time_is_none(reader_and_source):
    reader, _ = reader_and_source
    began = time.monotonic()

    assert reader.read(0.2) is None

    assert 0.15 <= time.monotonic() - began < 0.5


def test_half_read_card_is_skipped(reader_and_source):
    reader, lay = reader_and_source
    lay("04a")
    lay("04a1b2c3")

    assert reader.read(1.0) == "04a1b2c3"


def test_close_may_be_repeated(reader_and_source):
    reader, _ = reader_and_source
    reader.close()
    reader.close()


def test_line_that_comes_in_pieces_is_one_card(terminal):
    reader = load_reader("line", {"port": terminal.port})
    reader.read(0)
    terminal.type("04a1")
    assert reader.read(0.1) is None
    terminal.type("b2c3\r\n")

    assert reader.read(1.0) == "04a1b2c3"
    reader.close()


def test_noise_without_end_does_not_grow(terminal):
    reader = load_reader("line", {"port": terminal.port})
    reader.read(0)
    terminal.type("x" * 3000)
    assert reader.read(0.2) is None
    terminal.type("\n04a1b2c3\n")

    assert reader.read(1.0) == "04a1b2c3"
    reader.close()


def test_port_that_is_not_there_is_an_error_and_the_next_call_reconnects(terminal, tmp_path):
    link = tmp_path / "reader"
    reader = load_reader("line", {"port": str(link)})
    with pytest.raises(ReaderError, match="check its cable"):
        reader.read(0.1)

    link.symlink_to(terminal.port)
    assert reader.read(0) is None
    terminal.type("04a1b2c3\n")

    assert reader.read(1.0) == "04a1b2c3"
    reader.close()


def test_keyboard_is_grabbed_so_that_nobody_else_hears_it(keyboard):
    reader = load_reader("evdev", {"device": DEVICE})

    reader.read(0)
    reader.read(0)

    assert keyboard.grabs == 1


def test_keyboard_that_is_unplugged_is_an_error_and_the_next_call_reconnects(keyboard):
    reader = load_reader("evdev", {"device": DEVICE})
    reader.read(0)
    keyboard.unplug()
    with pytest.raises(ReaderError, match="usb-reader"):
        reader.read(1.0)

    keyboard.gone = False
    keyboard.type("04a1b2c3")

    assert reader.read(1.0) == "04a1b2c3"
    assert keyboard.grabs == 2


def test_keyboard_that_is_not_there_is_an_error():
    reader = load_reader("evdev", {"device": "/dev/input/nonesuch"})

    with pytest.raises(ReaderError, match="nonesuch"):
        reader.read(0.1)


def test_keys_left_from_a_card_drawn_away_do_not_join_the_next(keyboard):
    reader = load_reader("evdev", {"device": DEVICE})
    keyboard.type("04a1", enter=None)
    assert reader.read(1.1) is None
    keyboard.type("deadbeef", enter="KEY_KPENTER")

    assert reader.read(1.0) == "deadbeef"


def test_key_that_is_no_digit_spoils_the_card(keyboard):
    reader = load_reader("evdev", {"device": DEVICE})
    keyboard.type("04a1z2c3")

    assert reader.read(0.1) is None


@pytest.mark.parametrize(
    ("typed", "notation", "expected"),
    [
        ("04A1B2C3", "hex", "04a1b2c3"),
        (" 04a1b2c3d4e5f6 ", "hex", "04a1b2c3d4e5f6"),
        ("04a", "hex", None),
        ("04g1", "hex", None),
        ("0077640131", "decimal", "04a0b1c3"),
        ("00776401x1", "decimal", None),
        ("", "hex", None),
    ],
)
def test_what_is_typed_becomes_an_identifier_or_nothing(typed, notation, expected):
    assert card_id(typed, notation) == expected


def test_baud_rate_of_zero_is_refused():
    with pytest.raises(DriverError, match="baud"):
        load_reader("line", {"port": "/dev/null", "baud": 0})
