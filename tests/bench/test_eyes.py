"""`bench eyes` on folders as people hand them in: labelled, unlabelled and full of bad files."""

from __future__ import annotations

import csv
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bench import eyes_rendered
from sim.documents import COMMITTEE
from sim.render import DIAMETER_PX, Picture, blank_page, impression, page_image, stamped

STAMPED_AT = (0.65, 0.72)


def run(folder: Path, *words: str) -> dict[str, Any]:
    """The command itself; returns what it wrote."""
    target = folder.parent / "eyes.json"
    command = [sys.executable, "-m", "bench", "eyes", str(folder), "--json", str(target), *words]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    return json.loads(target.read_text())


def write(path: Path, picture: Picture) -> None:
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())


def label(folder: Path, *rows: tuple[str, list[dict[str, Any]]]) -> None:
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "n_seals", "seals_json"])
        writer.writerows([name, len(seals), json.dumps(seals)] for name, seals in rows)


def bomb() -> bytes:
    """A PNG of some bytes that declares 30000 x 30000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture
def stamped_page() -> tuple[Picture, list[int]]:
    """A page with one seal, and the box around it."""
    page = page_image(7, 0)
    middle = np.array(STAMPED_AT) * (page.shape[1], page.shape[0])
    corner = np.rint(middle - DIAMETER_PX / 2).astype(int).tolist()
    return stamped(page, impression(seed=1), *STAMPED_AT), [*corner, DIAMETER_PX, DIAMETER_PX]


@pytest.mark.slow
def test_labelled_seal_is_counted_as_found_and_the_missed_one_goes_onto_a_sheet(
    folder: Path, stamped_page: tuple[Picture, list[int]]
) -> None:
    page, box = stamped_page
    write(folder / "stamped.jpg", page)
    write(folder / "bare.jpg", page_image(7, 1))
    seal = {"bbox": box, "shape": "circle", "color": "red", "text": COMMITTEE, "partial": 0}
    label(folder, ("stamped.jpg", [seal]), ("bare.jpg", [seal]))

    seen = run(folder, "--sheets", str(folder.parent / "sheets"), "--alone")

    assert seen["totals"]["red_found"]["right"] == 1
    assert seen["totals"]["red_found"]["of"] == 2
    assert seen["totals"]["false_alarms"] == 0
    (found,) = seen["images"]["stamped.jpg"]["seals"]
    assert (found["color"], found["shape"], found["state"]) == ("red", "round", "complete")
    ours = seen["totals"]["names"]["ring_characters_right"]
    alone = seen["totals"]["alone_characters_right"]
    assert (ours["right"], ours["of"], alone["of"]) == (len(COMMITTEE), *(2 * len(COMMITTEE),) * 2)
    assert [len(seen["images"][name]["alone"]) for name in ("stamped.jpg", "bare.jpg")] == [1, 1]
    (sheet,) = seen["totals"]["sheets"]
    assert cv2.imread(sheet) is not None


@pytest.mark.slow
def test_broken_pictures_are_rows_with_an_error(folder: Path) -> None:
    write(folder / "good.png", page_image(7, 1))
    (folder / "bomb.png").write_bytes(bomb())
    (folder / "cut.png").write_bytes((folder / "good.png").read_bytes()[:5000])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "words.jpeg").write_bytes(b"no picture at all")
    label(folder, ("gone.jpg", []), ("../outside.jpg", []))

    seen = run(folder)

    errors = {name for name, row in seen["images"].items() if "error" in row}
    assert errors == {
        "bomb.png",
        "cut.png",
        "empty.jpg",
        "words.jpeg",
        "gone.jpg",
        "../outside.jpg",
    }
    assert seen["totals"]["errors"] == 6
    assert seen["totals"]["peak_memory_mb"] < 1000


@pytest.mark.slow
def test_unlabelled_folder_has_rows_and_no_rates(folder: Path) -> None:
    write(folder / "bare.jpg", page_image(7, 1))

    seen = run(folder)

    assert set(seen["images"]) == {"bare.jpg"}
    assert seen["images"]["bare.jpg"]["seals"] == []
    assert seen["totals"]["red_found"]["rate"] is None
    assert seen["totals"]["false_alarms_per_picture"] is None


@pytest.mark.slow
def test_cases_are_answered_in_the_words_of_the_form(folder: Path) -> None:
    write(folder / "a.png", page_image(7, 1))
    write(folder / "b.png", page_image(7, 3))
    write(folder / "bare.png", blank_page())
    cases = [
        {"id": "one", "question": "same_page", "images": ["a.png", "b.png"]},
        {"id": "two", "question": "blank", "images": ["bare.png"]},
        {"id": "three", "question": "blank", "images": ["gone.png"]},
        {"id": "four", "question": "weather", "images": ["a.png"]},
    ]
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")

    seen = run(folder)

    assert seen["cases"] == {"one": "mismatch", "two": "blank", "three": None, "four": None}


@pytest.mark.slow
def test_cases_alone_are_answered_without_a_look_at_each_picture(folder: Path) -> None:
    write(folder / "bare.png", blank_page())
    label(folder, ("bare.png", []))
    cases = [{"id": "one", "question": "blank", "images": ["bare.png"], "answer": "blank"}]
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")

    seen = run(folder, "--cases-only")

    assert (seen["cases"], seen["images"]) == ({"one": "blank"}, {})
    assert seen["totals"]["cases_right"]["blank blank"]["right"] == 1


@pytest.mark.slow
def test_rendered_folder_is_scored_by_its_own_truth(folder: Path) -> None:
    words = ["eyes-render", str(folder), "--pages", "1", "--pairs", "1", "--seed", "7000"]
    command = [sys.executable, "-m", "bench", *words]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])

    seen = run(folder)

    totals = seen["totals"]
    assert totals["outlines"]["good"]["right"] == totals["outlines"]["good"]["of"] == 13
    assert totals["red_found"]["right"] == totals["red_found"]["of"] > 0
    assert totals["states"]["right"]["of"] == totals["red_found"]["right"]
    names = totals["names"]
    assert names["wrong_accepted"]["of"] >= totals["red_found"]["right"]
    assert names["wrong_accepted"]["right"] == 0
    assert names["name_verified"]["right"] > 0
    assert totals["fast"]["photos"] > 0
    answered = totals["cases_right"]
    assert {kind: one["of"] for kind, one in answered.items()} == {
        "blank blank": 1,
        "blank text": 1,
        "document match": 1,
        "document mismatch": 1,
        "duplicate different": 1,
        "duplicate same": 1,
        "impression ink": 1,
        "impression none": 1,
        "impression printed": 1,
        "new_seals 2": 1,
        "origin paper": 1,
        "origin print": 1,
        "origin screen": 1,
        "same_page match": 1,
        "same_page mismatch": 1,
    }
    assert all(one["right"] == 1 for one in answered.values())


def test_folder_that_has_a_manifest_is_not_written_over(folder: Path) -> None:
    label(folder, ("bare.jpg", []))

    with pytest.raises(ValueError, match="without a manifest"):
        eyes_rendered.write(folder, 1, 0, 1, "normal", lambda _: None)


def test_question_that_is_none_of_pairs_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="found weather"):
        eyes_rendered.write(folder, 0, 1, 1, "normal", lambda _: None, ("weather",))


def test_one_question_alone_takes_its_photos_alone(folder: Path) -> None:
    told: list[str] = []

    eyes_rendered.write(folder, 0, 1, 1, "normal", told.append, ("blank",))

    cases = json.loads((folder / "cases.json").read_bytes())
    assert {one["answer"] for one in cases} == {"blank", "text"}
    assert sorted(told) == ["case-000-bare.jpg", "case-000-blank.jpg"]
