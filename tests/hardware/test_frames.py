"""The Modbus codec against published frames, against damage, and against itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import FrameError, frames

VECTORS = Path(__file__).parents[1] / "vectors" / "modbus"
GOOD = [
    pytest.param(entry, id=f"{file.stem}-{entry['name']}")
    for file in sorted(VECTORS.glob("*.json"))
    if file.stem != "refused"
    for entry in json.loads(file.read_text("utf-8"))["frames"]
]
REFUSED = json.loads((VECTORS / "refused.json").read_text("utf-8"))

words = st.integers(0, 0xFFFF)
units = st.integers(0, 255)
requests = st.one_of(
    st.builds(frames.read_request, st.sampled_from((1, 2)), words, st.integers(1, 2000)),
    st.builds(frames.read_request, st.sampled_from((3, 4)), words, st.integers(1, 125)),
    st.builds(frames.write_coil, words, words),
    st.builds(frames.write_register, words, words),
    st.builds(frames.write_coils, words, st.lists(st.integers(0, 1), min_size=1, max_size=1968)),
    st.builds(frames.write_registers, words, st.lists(words, min_size=1, max_size=123)),
)


def named(entries):
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


@pytest.mark.parametrize("entry", GOOD)
def test_published_request_is_built_and_read_byte_for_byte(entry):
    frame = bytes.fromhex(entry["request"])

    unit, pdu = frames.decode(frame)
    request = frames.parse_request(pdu)

    assert unit == entry["unit"]
    assert frames.encode(unit, pdu) == frame
    assert frames.request_length(frame) == len(frame)
    assert request == frames.Request(
        entry["means"]["function"],
        entry["means"]["address"],
        entry["means"]["count"],
        tuple(entry["means"]["values"]),
    )


@pytest.mark.parametrize("entry", [p for p in GOOD if "reply" in p.values[0]])
def test_published_reply_is_the_answer_to_its_request(entry):
    _, request = frames.decode(bytes.fromhex(entry["request"]))
    frame = bytes.fromhex(entry["reply"])

    reply = frames.parse_reply(request, frames.decode(frame)[1])

    assert list(reply.values) == entry["answers"]["values"]
    assert reply.exception == entry["answers"]["exception"]
    assert frames.reply_length(request, frame[:2]) == len(frame)


@pytest.mark.parametrize("entry", named(REFUSED["frames"]))
def test_damaged_frame_is_refused(entry):
    with pytest.raises(FrameError):
        frames.decode(bytes.fromhex(entry["frame"]))


@pytest.mark.parametrize("entry", named(REFUSED["requests"]))
def test_malformed_request_is_refused(entry):
    with pytest.raises(FrameError):
        frames.parse_request(bytes.fromhex(entry["pdu"]))


@pytest.mark.parametrize("entry", named(REFUSED["replies"]))
def test_reply_to_something_else_is_refused(entry):
    with pytest.raises(FrameError):
        frames.parse_reply(bytes.fromhex(entry["request"]), bytes.fromhex(entry["reply"]))


@given(units, requests)
def test_every_request_survives_the_wire(unit, pdu):
    frame = frames.encode(unit, pdu)

    assert frames.decode(frame) == (unit, pdu)
    assert frames.request_length(frame) == len(frame)
    request = frames.parse_request(pdu)
    rebuilt = {
        1: lambda: frames.read_request(request.function, request.address, request.count),
        5: lambda: frames.write_coil(request.address, *request.values),
        6: lambda: frames.write_register(request.address, *request.values),
        15: lambda: frames.write_coils(request.address, request.values),
        16: lambda: frames.write_registers(request.address, request.values),
    }[max(1, request.function if request.function > 4 else 1)]()
    assert rebuilt == pdu


@given(units, requests, st.data())
def test_any_flipped_bit_is_refused(unit, pdu, data):
    frame = bytearray(frames.encode(unit, pdu))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(FrameError):
        frames.decode(bytes(frame))


@given(st.binary(max_size=300))
def test_garbage_never_does_more_than_raise_frame_error(data):
    for reader in (frames.decode, frames.parse_request, frames.request_length):
        try:
            reader(data)
        except FrameError:
            continue


@given(requests, st.binary(max_size=300))
def test_garbage_reply_never_does_more_than_raise_frame_error(pdu, data):
    try:
        frames.parse_reply(pdu, data)
    except FrameError:
        return


@given(st.sampled_from((1, 2)), st.lists(st.integers(0, 1), min_size=1, max_size=64))
def test_bits_reply_gives_the_bits_back(function, bits):
    request = frames.read_request(function, 0, len(bits))

    assert frames.parse_reply(request, frames.bits_reply(function, bits)).values == tuple(bits)


@given(st.sampled_from((3, 4)), st.lists(words, min_size=1, max_size=125))
def test_words_reply_gives_the_words_back(function, values):
    request = frames.read_request(function, 0, len(values))

    assert frames.parse_reply(request, frames.words_reply(function, values)).values == tuple(values)


@pytest.mark.parametrize(
    "build",
    [
        lambda: frames.read_request(3, 0, 126),
        lambda: frames.read_request(1, 0, 2001),
        lambda: frames.read_request(5, 0, 1),
        lambda: frames.write_registers(0, ()),
        lambda: frames.write_registers(0, (0,) * 124),
        lambda: frames.write_coils(0, ()),
        lambda: frames.write_register(0x10000, 0),
        lambda: frames.encode(256, b"\x01"),
        lambda: frames.encode(1, b""),
    ],
)
def test_request_outside_the_protocol_is_not_built(build):
    with pytest.raises(FrameError):
        build()


LOCK = bytes.fromhex("0105020000078db0")
READ = bytes.fromhex("01020000000879cc")
GRANT = frames.encode(1, frames.write_registers(0x9210, range(32)))


@given(st.lists(st.integers(1, 100), max_size=6))
def test_reader_cuts_requests_wherever_the_bytes_were_split(cuts):
    stream = LOCK + GRANT + READ
    reader = frames.FrameReader()
    found = []
    start = 0
    for length in [*cuts, len(stream)]:
        found += reader.feed(stream[start : start + length], 0)
        start += length

    assert found == [LOCK, GRANT, READ]


def test_reader_is_deaf_after_noise_until_the_line_is_silent():
    reader = frames.FrameReader(silence_ms=20)

    assert reader.feed(b"\x01\x07" + LOCK, 100) == []
    assert reader.feed(LOCK, 119) == []
    assert reader.feed(b"", 138) == []
    assert reader.feed(READ, 139) == [READ]


def test_reader_forgets_half_a_frame_after_silence():
    reader = frames.FrameReader(silence_ms=20)

    assert reader.feed(LOCK[:5], 0) == []
    assert reader.feed(LOCK, 20) == [LOCK]


def test_reader_joins_a_frame_that_pauses_less_than_the_silence():
    reader = frames.FrameReader(silence_ms=20)

    assert reader.feed(LOCK[:5], 0) == []
    assert reader.feed(LOCK[5:], 19) == [LOCK]


@given(st.binary(max_size=300))
def test_reader_hears_the_next_request_after_any_noise_and_silence(noise):
    reader = frames.FrameReader(silence_ms=20)
    reader.feed(noise, 0)

    assert reader.feed(LOCK, 20) == [LOCK]
