"""Eyes: what the code sees on a folder of pictures, beside what people labelled.

Every picture is decoded, judged, searched for seals and timed by itself; a picture that cannot
be used is a row with an error, never the end of the run. Questions about pairs of pictures are
answered by `bench.eyes_cases`.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
from msgspec import UNSET, Struct, UnsetType, structs

from bench.eyes_alone import alone_right, read_alone
from bench.eyes_cases import answer, reader
from bench.eyes_fast import Fast, fast_part
from bench.eyes_folder import Box, Case, Folder, LabelledSeal, read_folder
from bench.eyes_scoring import Rate, matched, rate
from bench.eyes_seals import LARGE_PX, Names, load, named, names
from bench.eyes_sheets import Cell, shrunk, write_sheets
from bench.eyes_truth import Outlines, States, answers, outlines, states
from bench.figures import Machine, peak_memory_mb, percentile, this_machine
from vision.decoding import Image, decode
from vision.errors import ImageRefusedError
from vision.page import Page
from vision.quality import judge
from vision.seals import Seal, find_seals
from vision.verification import Registered

Say = Callable[[str], None]


class FoundSeal(Struct, frozen=True):
    """One seal as the code saw it.

    Args:
        text: what stands around it, `line` below its star; None where nothing was read.
        verified: id of the registered seal that it is, None for a foreign or unread one.
        by: what it was recognised by.
    """

    bbox: tuple[int, int, int, int]
    text: str | None
    verified: str | None
    state: str
    color: str
    shape: str
    line: str | None = None
    by: str | None = None


class Row(Struct, frozen=True, omit_defaults=True):
    """One picture.

    Args:
        quad: the page's corners; None where the frame itself is the page.
        seconds: elapsed, on whatever else this computer does meanwhile.
        steps_s: CPU seconds of each step.
        alone: lines that RapidOCR alone reads on each labelled seal, where that was asked for.
    """

    seals: tuple[FoundSeal, ...]
    quad: tuple[tuple[float, float], ...] | None
    seconds: float
    steps_s: dict[str, float]
    reasons: tuple[str, ...] = ()
    error: str | UnsetType = UNSET
    labels_unread: str | UnsetType = UNSET
    alone: tuple[tuple[str, ...], ...] = ()


class Totals(Struct, frozen=True, kw_only=True):
    """Rates over the labelled pictures, each with its interval; elapsed seconds and CPU seconds of
    each step over all.

    A false alarm is anything found that no label of any colour matches at IoU 0.5. `reader` tells
    whether the extra `ocr` was there; without it nothing is read. `fast` is gate, page, seals and
    same page as one run.
    """

    machine: Machine
    pictures: int
    labelled: int
    errors: int
    red_found: Rate
    red_round_or_oval_found: Rate
    square_found: Rate
    partial_found: Rate
    other_colour_found: Rate
    colour_right: Rate
    false_alarms: int
    false_alarms_per_picture: float | None
    red_false_alarms: int
    cases: int
    cases_answered: int
    cases_right: dict[str, Rate]
    cases_p50_s: dict[str, float]
    names: Names
    reader: bool
    outlines: Outlines
    states: States
    seconds_p50: float
    seconds_p95: float
    steps_p50_s: dict[str, float]
    fast: Fast
    peak_memory_mb: int
    alone_characters_right: Rate | None = None
    alone_characters_right_from_150_px: Rate | None = None
    sheets: tuple[str, ...] = ()


class Eyes(Struct, frozen=True):
    """Everything that was seen."""

    images: dict[str, Row]
    cases: dict[str, str | int | None]
    totals: Totals


class _Looked(Struct, frozen=True):
    row: Row
    seals: tuple[FoundSeal, ...]
    cell: Cell | None


def measure(
    root: Path,
    sheets: Path | None,
    say: Say,
    register: Path | None = None,
    alone: bool = False,
    cases_only: bool = False,
) -> Eyes:
    """Look at every picture and case of `root`; write sheets of what was missed.

    Args:
        register: registered seals, in place of the folder's own.
        alone: also read each labelled seal with RapidOCR alone.
        cases_only: answer the cases and look at no picture for itself.

    Raises:
        OSError: the folder cannot be read, or the sheets not written.
        ValueError: a register or list of cases that cannot be understood.
    """
    cv2.setNumThreads(1)  # figures are for one core
    folder = read_folder(root, register)
    if cases_only:
        folder = structs.replace(folder, names=(), labels={}, quads={}, unread={})
    known = load(folder, say)
    if not _can_read():
        say("expected the extra ocr, found none: no ring is read; pip install 'sealkeeper[ocr]'")
    rows, cells = _all_seen(folder, known, alone and _can_read(), say)
    asked = {case.id: _answer(folder, case, say) for case in folder.cases}
    cases = {name: given for name, (given, _) in asked.items()}
    totals = _totals(folder, rows, cases, {name: taken_s for name, (_, taken_s) in asked.items()})
    if alone and _can_read():
        totals = _with_alone(totals, folder, rows)
    if sheets is not None:
        written = write_sheets(cells, sheets, "misses" if folder.labels else "found")
        totals = structs.replace(totals, sheets=tuple(str(path) for path in written))
    return Eyes(images=rows, cases=cases, totals=totals)


def _all_seen(
    folder: Folder, known: tuple[Registered, ...], alone: bool, say: Say
) -> tuple[dict[str, Row], list[Cell]]:
    """See every picture by itself; return the rows, and what goes onto the sheets."""
    rows: dict[str, Row] = {}
    cells: list[Cell] = []
    for name in folder.names:
        say(name)
        looked = _look_at(folder, name, known, alone)
        rows[name] = looked.row
        cells += [looked.cell] if looked.cell is not None else []
    return rows, cells


def _can_read() -> bool:
    """Whether the extra is there; it is loaded at the first seal only."""
    return importlib.util.find_spec("rapidocr") is not None


def _with_alone(totals: Totals, folder: Folder, rows: dict[str, Row]) -> Totals:
    pairs = [
        (label, lines)
        for name, labels in folder.labels.items()
        for label, lines in zip(labels, rows[name].alone or ((),) * len(labels), strict=True)
        if _is_red(label) and not label.partial
    ]
    large = [pair for pair in pairs if max(pair[0].bbox[2:]) >= LARGE_PX]
    return structs.replace(
        totals,
        alone_characters_right=alone_right(pairs),
        alone_characters_right_from_150_px=alone_right(large),
    )


def _look_at(folder: Folder, name: str, register: tuple[Registered, ...], alone: bool) -> _Looked:
    """See one picture; whatever its bytes are, there is a row."""
    begin_s, started_s = time.perf_counter(), time.process_time()
    unread = folder.unread.get(name, UNSET)
    try:
        picture = decode(folder.bytes_of(name))
    except (ImageRefusedError, OSError, ValueError) as error:
        row = Row(
            (), None, time.perf_counter() - begin_s, {}, error=str(error), labels_unread=unread
        )
        return _Looked(row, (), None)
    decoded_s = time.process_time()
    quality = judge(picture)
    judged_s = time.process_time()
    seals = find_seals(picture, quality.page)
    found_s = time.process_time()
    found = tuple(_reported(picture, seal, register, quality.page) for seal in seals)
    ended_s = time.process_time()
    page = quality.page
    row = Row(
        seals=found,
        quad=None if page is None or page.whole else page.corners,
        seconds=time.perf_counter() - begin_s,
        steps_s={
            "decode": decoded_s - started_s,
            "gate and page": judged_s - decoded_s,
            "seals": found_s - judged_s,
            **({"read and verify": ended_s - found_s} if seals else {}),
        },
        reasons=tuple(str(reason) for reason in quality.reasons),
        labels_unread=unread,
        alone=tuple(
            read_alone(picture, label.bbox) for label in folder.labels.get(name, ()) if alone
        ),
    )
    return _Looked(row, found, _cell(picture, name, folder.labels.get(name), found))


def _reported(
    picture: Image, seal: Seal, register: tuple[Registered, ...], page: Page | None
) -> FoundSeal:
    x, y, width, height = (round(side) for side in seal.box)
    name = named(picture, seal, register, reader(), page)
    return FoundSeal(
        bbox=(x, y, width, height),
        text=name.text,
        verified=name.verified,
        state=str(seal.state),
        color=str(seal.colour),
        shape=str(seal.shape),
        line=name.line,
        by=name.by,
    )


def _cell(
    picture: Image,
    name: str,
    labels: tuple[LabelledSeal, ...] | None,
    found: tuple[FoundSeal, ...],
) -> Cell | None:
    """What goes onto a sheet: misses and false alarms; of unlabelled pictures what was found."""
    boxes: tuple[Box, ...] = tuple(seal.bbox for seal in found)
    if labels is None:
        return shrunk(picture, (), boxes, f"{name} {len(found)} found") if found else None
    truth = tuple(label.bbox for label in labels)
    hits = matched(truth, boxes)
    missed, false = len(truth) - len(hits), len(boxes) - len(hits)
    if not missed and not false:
        return None
    return shrunk(picture, truth, boxes, f"{name} missed {missed} false {false}")


def _answer(folder: Folder, case: Case, say: Say) -> tuple[str | int | None, float]:
    """The answer, and the CPU seconds that it took once the pictures were decoded."""
    say(f"{case.id} {case.question}")
    try:
        pictures = [decode(folder.bytes_of(name)) for name in case.images]
        started_s = time.process_time()
        return answer(case.question, pictures, case.application), time.process_time() - started_s
    except (ImageRefusedError, OSError, ValueError) as error:
        say(f"{case.id}: {error}")
        return None, 0.0


class _Tally(Struct):
    """Matches over all labelled pictures: label, and the finding that means it."""

    pairs: list[tuple[LabelledSeal, FoundSeal | None]]
    false: list[FoundSeal]

    def found(self, wanted: Callable[[LabelledSeal], bool]) -> Rate:
        chosen = [seal is not None for label, seal in self.pairs if wanted(label)]
        return rate(sum(chosen), len(chosen))


def _tally(folder: Folder, rows: dict[str, Row]) -> _Tally:
    pairs, false = [], []
    for name, labels in folder.labels.items():
        seals = rows[name].seals
        hits = matched([label.bbox for label in labels], [seal.bbox for seal in seals])
        pairs += [(label, seals[hits[i]] if i in hits else None) for i, label in enumerate(labels)]
        false += [seal for j, seal in enumerate(seals) if j not in hits.values()]
    return _Tally(pairs, false)


def _totals(
    folder: Folder,
    rows: dict[str, Row],
    cases: dict[str, str | int | None],
    taken_s: dict[str, float],
) -> Totals:
    tally = _tally(folder, rows)
    hit = [(label, seal) for label, seal in tally.pairs if seal is not None]
    seconds = sorted(row.seconds for row in rows.values()) or [0.0]
    return Totals(
        machine=this_machine(),
        pictures=len(rows),
        labelled=len(folder.labels),
        errors=sum(row.error is not UNSET for row in rows.values()),
        red_found=tally.found(_is_red),
        red_round_or_oval_found=tally.found(
            lambda label: _is_red(label) and label.shape in _ROUND and not label.partial
        ),
        square_found=tally.found(lambda label: label.shape in _SQUARE),
        partial_found=tally.found(lambda label: bool(label.partial)),
        other_colour_found=tally.found(lambda label: not _is_red(label)),
        colour_right=rate(sum(label.color == seal.color for label, seal in hit), len(hit)),
        false_alarms=len(tally.false),
        false_alarms_per_picture=_share(len(tally.false), len(folder.labels)),
        red_false_alarms=sum(seal.color == "red" for seal in tally.false),
        cases=len(cases),
        cases_answered=sum(given is not None for given in cases.values()),
        cases_right=answers(folder.cases, cases),
        cases_p50_s=_questions(folder, taken_s),
        names=names(folder, tally.pairs, tally.false),
        reader=_can_read(),
        outlines=outlines((quad, rows[name].quad) for name, quad in folder.quads.items()),
        states=states([(label.state, seal.state) for label, seal in hit if label.state]),
        seconds_p50=percentile(seconds, 50),
        seconds_p95=percentile(seconds, 95),
        steps_p50_s=dict(_steps(rows)),
        fast=fast_part(folder),
        peak_memory_mb=peak_memory_mb(),
    )


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None


_ROUND = frozenset({"circle", "ellipse", "round", "oval"})
_SQUARE = frozenset({"rect", "square"})


def _is_red(label: LabelledSeal) -> bool:
    return label.color == "red"


def _steps(rows: dict[str, Row]) -> Iterator[tuple[str, float]]:
    for step in ("decode", "gate and page", "seals", "read and verify"):
        taken = sorted(row.steps_s[step] for row in rows.values() if step in row.steps_s)
        if taken:
            yield step, percentile(taken, 50)


def _questions(folder: Folder, taken_s: dict[str, float]) -> dict[str, float]:
    found = {}
    for question in sorted({case.question for case in folder.cases}):
        taken = sorted(taken_s[case.id] for case in folder.cases if case.question == question)
        found[question] = percentile(taken, 50)
    return found
