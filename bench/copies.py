"""Copies: pressed pages, displays and prints under the camera, and what is said of each.

`vision.reproduction` is asked as the gateway's eyes ask it. Every photo is of a paper, a light and
a printer or display of its own, drawn from a seed. "Cannot be told" is an answer; another one
than the truth is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import cv2
from msgspec import Struct

from bench.eyes_scoring import Rate, rate
from bench.figures import Machine, this_machine
from sim.camera_copies import displayed, photo_printed, seal_printed
from sim.camera_hard import Difficulty
from sim.camera_ink import Fault
from sim.camera_layers import film, page_layer
from sim.camera_play import Scene
from sim.camera_scenes import Sheet, pressed
from sim.render import Picture
from vision.decoding import decode
from vision.page import find_page
from vision.reproduction import impression, origin
from vision.seals import find_seals

Say = Callable[[str], None]

UNTOLD = "cannot be told"
_SALT = 20  # of the chance that makes a copy
_FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)


class Kind(Struct, frozen=True):
    """What is laid under the camera, and what may be said of it; an empty truth: not asked.

    Args:
        origin, impression: the true answers, in the words of `vision.reproduction`.
        page: makes it of a scene.
    """

    name: str
    origin: str
    impression: str
    page: Callable[[Scene], Picture]


class Answers(Struct, frozen=True, kw_only=True):
    """How one question was answered about one kind in one light.

    Args:
        question: origin or impression.
        seeds: of its photos.
        right, wrong: shares of all photos; the rest could not be told.
        said: how often which answer.
    """

    kind: str
    question: str
    truth: str
    difficulty: Difficulty
    seeds: tuple[int, ...]
    right: Rate
    wrong: Rate
    said: dict[str, int]


class Copies(Struct, frozen=True):
    """All answers."""

    machine: Machine
    answers: tuple[Answers, ...]


def _pressed(scene: Scene) -> Picture:
    return scene.stamped(scene.page)


def _faulty(scene: Scene) -> Picture:
    rng = scene.rng(_SALT)
    fault = _FAULTS[int(rng.integers(len(_FAULTS)))]
    return pressed(Sheet(scene.page), rng, x=scene.x, y=scene.y, fault=fault).page


KINDS = (
    Kind("pressed", "paper", "ink", _pressed),
    Kind("pressed badly", "paper", "ink", _faulty),
    Kind("without a seal", "", "none", lambda scene: scene.page),
    Kind("display", "screen", "", lambda s: displayed(_pressed(s), s.rng(_SALT))),
    Kind("printed photo", "print", "printed", lambda s: photo_printed(_pressed(s), s.rng(_SALT))),
    Kind(
        "printed seal",
        "print",
        "printed",
        lambda s: seal_printed(s.page, s.x, s.y, s.rng(_SALT)),
    ),
)


def measure(
    seeds: Sequence[int],
    difficulties: Sequence[Difficulty],
    say: Say,
    kinds: Sequence[Kind] = KINDS,
) -> Copies:
    """Photograph each kind with every seed and ask of it what it is and how it was stamped."""
    cv2.setNumThreads(1)
    said: dict[tuple[str, str, str, Difficulty], list[str]] = {}
    for difficulty in difficulties:
        for seed in seeds:
            scene = Scene(seed, difficulty)
            for kind in kinds:
                for question, truth, answer in _asked(scene, kind):
                    key = (kind.name, question, truth, difficulty)
                    said.setdefault(key, []).append(answer)
                    if answer != truth:
                        say(f"{difficulty} {seed} {kind.name}: {question} {answer}")
    return Copies(this_machine(), tuple(_answers(*key, seeds, one) for key, one in said.items()))


def photo(scene: Scene, kind: Kind) -> bytes:
    """Return a photo of what `kind` lays in the scene's place."""
    laid = page_layer(kind.page(scene), scene.after_how)
    return film([laid], scene.after_how, scene.seeds(2), 1)[0]


def merged(parts: Sequence[Copies]) -> Copies:
    """Return the answers of measurements that were made in parts.

    Raises:
        ValueError: a photo is in two of them, and would count twice.
    """
    found: dict[tuple[str, str, Difficulty], Answers] = {}
    for part in parts:
        for one in part.answers:
            key = (one.kind, one.question, one.difficulty)
            found[key] = _sum(found[key], one) if key in found else one
    return Copies(this_machine(), tuple(found.values()))


def table(figures: Copies) -> str:
    """Return the lines for people."""
    rows = [f"{'laid':16} {'asked':10} {'light':7} {'right':>9}  {'95 %':11} wrong   said"]
    for one in figures.answers:
        said = ", ".join(f"{what} {count}" for what, count in one.said.items())
        rows.append(
            f"{one.kind:16} {one.question:10} {one.difficulty:7} "
            f"{f'{one.right.right} of {one.right.of}':>9}  "
            f"{one.right.low or 0:.2f}..{one.right.high or 0:.2f}  {one.wrong.right:5}   {said}"
        )
    return "\n".join(rows)


def _asked(scene: Scene, kind: Kind) -> Iterator[tuple[str, str, str]]:
    """Yield question, truth and answer."""
    image = decode(photo(scene, kind))
    page = find_page(image)
    if kind.origin:
        yield "origin", kind.origin, str(origin(image, page) or UNTOLD)
    if kind.impression:
        made = impression(image, page, find_seals(image, page))
        yield "impression", kind.impression, str(made or UNTOLD)


def _answers(
    kind: str,
    question: str,
    truth: str,
    difficulty: Difficulty,
    seeds: Sequence[int],
    said: Sequence[str],
) -> Answers:
    counts = Counter(said)
    wrong = len(said) - counts[truth] - counts[UNTOLD]
    return Answers(
        kind=kind,
        question=question,
        truth=truth,
        difficulty=difficulty,
        seeds=tuple(seeds),
        right=rate(counts[truth], len(said)),
        wrong=rate(wrong, len(said)),
        said=dict(counts.most_common()),
    )


def _sum(one: Answers, other: Answers) -> Answers:
    twice = sorted(set(one.seeds) & set(other.seeds))
    if twice:
        raise ValueError(
            f"expected each photo once, found {one.kind} ({one.difficulty}) of seeds {twice} twice"
        )
    seeds = tuple(sorted((*one.seeds, *other.seeds)))
    said = list((Counter(one.said) + Counter(other.said)).elements())
    return _answers(one.kind, one.question, one.truth, one.difficulty, seeds, said)
