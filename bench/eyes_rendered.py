"""A folder of rendered photos with their truth, in the form that `bench eyes` reads.

Pages bear seals of every kind and fault; pairs ask each question of `cases.json` with a known
answer. The same seed gives the same bytes.
"""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.eyes_applied import CHANGES, applied, changed
from bench.eyes_register import entry, write_register
from sim.camera_copies import on_screen, with_printed_seal
from sim.camera_hard import Difficulty, conditions
from sim.camera_ink import Fault
from sim.camera_scenes import STATES, Sheet, Shot, pressed, sheet, shot, shot_under
from sim.documents import Document, document
from sim.render import blank_page, page_image, render_page

_COLUMNS = ("file", "n_seals", "seals_json", "quad_json")
_DIGITS = "0123456789"
_DOTS_PER_INCH = (None, 50.0, 75.0)  # of the printer that made a seal; None: a plain colour

PAIRED = ("duplicate", "same_page", "blank", "new_seals")
_QUESTIONS = (
    ("duplicate", "same", ("once", "again")),
    ("duplicate", "different", ("once", "copy")),
    ("same_page", "match", ("bare", "once")),
    ("same_page", "mismatch", ("bare", "other")),
    ("blank", "text", ("bare",)),
    ("blank", "blank", ("blank",)),
)

Row = dict[str, Any]
Say = Callable[[str], None]


def write(
    folder: Path,
    pages: int,
    pairs: int,
    seed: int,
    difficulty: Difficulty,
    say: Say,
    questions: Sequence[str] = (),
) -> int:
    """Write `pages` labelled photos and `pairs` pairs for each question; return how many files.

    Args:
        questions: what is asked of pairs, of `PAIRED`; empty for everything.

    Raises:
        OSError: the folder cannot be written.
        ValueError: it holds a manifest already, or a question is none of pairs.
    """
    unknown = sorted(set(questions) - set(PAIRED))
    if unknown:
        raise ValueError(f"expected questions of {', '.join(PAIRED)}, found {', '.join(unknown)}")
    if (folder / "manifest.csv").exists():
        raise ValueError(f"expected a folder without a manifest, found one in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []

    def keep(name: str, taken: Shot) -> str:
        say(name)
        (folder / name).write_bytes(taken.jpeg)
        rows.append(_row(name, taken))
        return name

    for i in range(pages):
        keep(f"page-{i:03}.jpg", shot(sheet(seed + i), seed + i, difficulty))
    cases = [one for i in range(pairs) for one in _asked(seed + i, i, difficulty, keep, questions)]
    _write_manifest(folder, rows)
    write_register(folder)
    (folder / "cases.json").write_bytes(msgspec.json.format(msgspec.json.encode(cases)))
    return len(rows)


def _write_manifest(folder: Path, rows: Sequence[Row]) -> None:
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _documents(
    seed: int, i: int, difficulty: Difficulty, keep: Callable[[str, Shot], str]
) -> Iterator[dict[str, Any]]:
    """Yield one stamped paper beside its application, and beside one with one thing changed."""
    rng = np.random.default_rng(seed + 50_000)
    paper, asked = applied(document(int(rng.integers(1_000_000)), int(rng.integers(5))), rng)
    made = _stamped(Sheet(render_page(paper).image), rng)
    name = keep(f"case-{i:03}-document.jpg", shot(made, seed * 100 + 8, difficulty))
    what = CHANGES[i % len(CHANGES)]
    for answer, application in (("match", asked), ("mismatch", changed(asked, what, rng))):
        yield {
            "id": f"document-{i:03}-{answer}" + (f"-{what}" if answer == "mismatch" else ""),
            "question": "document",
            "images": [name],
            "application": application,
            "answer": answer,
        }


def _copies(
    seed: int, i: int, difficulty: Difficulty, keep: Callable[[str, Shot], str]
) -> Iterator[dict[str, Any]]:
    """Yield a pressed page, the same page on a screen, and one whose seal was printed."""
    rng = np.random.default_rng(seed + 90_000)
    bare = Sheet(page_image(int(rng.integers(1_000_000)), int(rng.integers(5))))
    x, y = 0.3 + 0.4 * float(rng.random()), 0.4 + 0.4 * float(rng.random())
    stamped = pressed(bare, rng, x=x, y=y)
    made = {
        "paper": stamped,
        "screen": msgspec.structs.replace(stamped, page=on_screen(stamped.page, rng)),
        "print": with_printed_seal(bare.page, x, y, _DOTS_PER_INCH[i % len(_DOTS_PER_INCH)]),
    }
    names = {
        what: keep(f"case-{i:03}-{what}.jpg", shot(laid, seed * 100 + 20 + k, difficulty))
        for k, (what, laid) in enumerate(made.items())
    }
    asked = [("origin", what, name) for what, name in names.items()]
    asked += [("impression", "ink", names["paper"]), ("impression", "printed", names["print"])]
    asked += [("impression", "none", f"case-{i:03}-bare.jpg")]
    for question, answer, name in asked:
        yield {
            "id": f"{question}-{i:03}-{answer}",
            "question": question,
            "images": [name],
            "answer": answer,
        }


def _row(name: str, taken: Shot) -> Row:
    seals = [
        {
            "bbox": [round(side) for side in box],
            "shape": one.shape,
            "color": one.colour,
            "text": one.owner,
            "partial": 0,
            "state": STATES[one.fault],
            "registered": entry(one),
        }
        for one, box in zip(taken.impressions, taken.boxes, strict=True)
    ]
    written = json.dumps(seals, ensure_ascii=False)
    quad = json.dumps(taken.corners)
    return {"file": name, "n_seals": len(seals), "seals_json": written, "quad_json": quad}


def _asked(
    seed: int, i: int, difficulty: Difficulty, keep: Callable[[str, Shot], str], only: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield the cases of one pair; of a few questions alone no other photos are taken."""
    yield from _cases(seed, i, difficulty, keep, only or PAIRED)
    if not only:
        yield from _documents(seed, i, difficulty, keep)
        yield from _copies(seed, i, difficulty, keep)


def _cases(
    seed: int, i: int, difficulty: Difficulty, keep: Callable[[str, Shot], str], only: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield one case of each question and answer."""
    rng = np.random.default_rng(seed)
    world, n = int(rng.integers(1_000_000)), int(rng.integers(5))
    bare = Sheet(page_image(world, n))
    once = _stamped(bare, rng)
    again, copy = _stamped(once, rng), _stamped(bare, rng)
    other = Sheet(render_page(_changed(document(world, n), rng)).image)
    count, after = int(rng.choice([0, 1, 1, 2])), once
    for _ in range(count):
        after = _stamped(after, rng)
    laid = (once, again, copy, bare, other, Sheet(blank_page()))
    of_role = dict(zip(("once", "again", "copy", "bare", "other", "blank"), laid, strict=True))

    @functools.cache
    def photo(role: str) -> str:
        made = of_role[role]
        taken = shot(made, seed * 100 + 1 + list(of_role).index(role), difficulty)
        return keep(f"case-{i:03}-{role}.jpg", taken)

    for question, answer, roles in _QUESTIONS:
        if question in only:
            images = [photo(role) for role in roles]
            yield _case(question, i, answer, images)
    if "new_seals" in only:
        how = conditions(np.random.default_rng(seed + 7), difficulty)
        names = [
            keep(f"case-{i:03}-{role}.jpg", shot_under(made, how, seed + k))
            for k, (role, made) in enumerate((("before", once), ("after", after)))
        ]
        yield _case("new_seals", i, count, names)


def _case(question: str, i: int, answer: str | int, images: list[str]) -> dict[str, Any]:
    name = f"{question}-{i:03}-{answer}"
    return {"id": name, "question": question, "images": images, "answer": answer}


def _stamped(made: Sheet, rng: np.random.Generator) -> Sheet:
    """One more round seal, most of them good ones, at a place of its own."""
    fault = Fault.NONE if rng.random() < 0.6 else list(Fault)[int(rng.integers(len(Fault)))]
    x, y = 0.2 + 0.55 * rng.random(), 0.35 + 0.5 * rng.random()
    return pressed(made, rng, x=float(x), y=float(y), fault=fault)


def _changed(paper: Document, rng: np.random.Generator) -> Document:
    """The same paper with one digit of its words changed, or another surname in it."""
    texts = list(paper.paragraphs)
    places = [(i, k) for i, text in enumerate(texts) for k in range(len(text)) if text[k].isdigit()]
    if places and rng.random() < 0.5:
        i, k = places[int(rng.integers(len(places)))]
        other = str(rng.choice([digit for digit in _DIGITS if digit != texts[i][k]]))
        texts[i] = texts[i][:k] + other + texts[i][k + 1 :]
        return msgspec.structs.replace(paper, paragraphs=tuple(texts))
    name = paper.people[0]
    other = str(rng.choice([one for one in "王李张刘陈杨黄赵吴周" if one != name[0]])) + name[1:]
    rows = tuple(tuple(cell.replace(name, other) for cell in row) for row in paper.rows)
    changed = tuple(text.replace(name, other) for text in texts)
    return msgspec.structs.replace(paper, paragraphs=changed, rows=rows)
