"""Board profiles and dialects: against published frames, and with mistakes in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hardware import DriverError, frames
from hardware.controller.dialects import DIALECTS
from hardware.controller.profiles import BOARDS, load_board

VECTORS = Path(__file__).parents[1] / "vectors" / "modbus"
GOOD = (BOARDS / "waveshare-d.toml").read_text("utf-8")


def published(board, name):
    entries = json.loads((VECTORS / f"{board}.json").read_text("utf-8"))["frames"]
    (frame,) = [bytes.fromhex(entry["request"]) for entry in entries if entry["name"] == name]
    return frames.decode(frame)[1]


@pytest.mark.parametrize(
    ("board", "name", "channel", "length_ms"),
    [
        ("waveshare-d", "pulse-relay-0-700ms", 0, 700),
        ("waveshare-d", "pulse-relay-1-800ms", 1, 800),
        ("lctech", "pulse-relay-0-2s", 0, 2000),
        ("r421a08", "pulse-relay-0-3s", 0, 3000),
    ],
)
def test_pulse_is_the_published_frame(board, name, channel, length_ms):
    assert load_board(board).words.pulse(channel, length_ms) == published(board, name)


@pytest.mark.parametrize(
    ("board", "name", "request_of"),
    [
        ("waveshare-d", "all-off", lambda words: words.off(range(8))[0]),
        ("waveshare-d", "read-relays", lambda words: words.outputs),
        ("waveshare-d", "relay-0-off", lambda words: words.lamp(0, False)),
        ("lctech", "read-relays", lambda words: words.outputs),
        ("r421a08", "relay-0-off", lambda words: words.off(range(8))[0]),
        ("r421a08", "relay-7-off", lambda words: words.off(range(8))[7]),
    ],
)
def test_other_requests_are_the_published_frames(board, name, request_of):
    assert request_of(load_board(board).words) == published(board, name)


@pytest.mark.parametrize("board", sorted(file.stem for file in BOARDS.glob("*.toml")))
def test_every_board_is_sound(board):
    profile = load_board(board)

    assert profile.dialect in DIALECTS
    assert profile.channels[0] == profile.outputs.lock
    assert profile.pulse_max_ms <= 10000


def test_inverted_input_reads_the_other_way(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace("[inputs]", '[inputs]\ninverted = ["paper"]'))

    bits = (1, 1, 1, 1, 0, 1, 1, 1)

    assert load_board("waveshare-d").inputs_from(bits).paper
    assert not load_board(str(path)).inputs_from(bits).paper
    assert load_board(str(path)).inputs_from(bits).seal_present


def test_channels_may_be_wired_in_another_order(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace("lock = 0\npress = 1", "lock = 1\npress = 0"))

    assert load_board(str(path)).outputs.lock == 1


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("lock = 0", "lock = 1", "outputs 0..7 once each"),
        ("paper = 5", "paper = 8", "inputs 0..7 once each"),
        ('dialect = "waveshare"', 'dialect = "morse"', "lctech"),
        ('title = "', 'colour = "red"\ntitle = "', "colour"),
        ("[inputs]", '[inputs]\ninverted = ["papre"]', "papre"),
        ("pulse_max_ms = 10000\n", "", "pulse_max_ms"),
        ("[outputs]", "[outputs", "board profile"),
    ],
)
def test_mistake_in_a_board_file_is_named(tmp_path, before, after, message):
    assert before in GOOD
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace(before, after, 1))

    with pytest.raises(DriverError, match=message):
        load_board(str(path))


def test_unknown_board_is_refused_with_the_names_there_are():
    with pytest.raises(DriverError, match="lctech, r421a08, waveshare-d"):
        load_board("nonesuch")
