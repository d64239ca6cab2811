"""The attack set: every attempt of `sim.camera_attacks`, through what machine and township use.

A play goes the way of a real use: `Capture.find` and `objection` before the lever is free,
`Capture.take_after` after the press, and the gateway's rule on what is signed. An attack is
caught where it is stopped or raises an alert; a word in the record that nobody is called for is
only noted. Every attack has the honest uses of the same seeds beside it. A missing mark is called
so at the first look here; the machine takes a second one and then writes an incident.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
from msgspec import Struct

from bench.eyes_scoring import Rate, rate
from bench.eyes_sheets import Cell, shrunk, write_sheets
from bench.figures import Machine, this_machine
from device.capture import Capture, PhotoUnusableError, Taken
from device.job import flags_of, objection
from gateway.audit.rules import photo_doubt
from hardware.errors import CameraError
from hardware.interfaces import Photo
from sim.camera_attacks import ATTACKS, HONEST
from sim.camera_hard import PHOTO_HEIGHT_PX, PHOTO_WIDTH_PX, Difficulty
from sim.camera_play import Frames, Play, Scene
from vision.decoding import decode
from vision.errors import ImageRefusedError

Say = Callable[[str], None]


class Verdict(Struct, frozen=True):
    """How one play ended.

    Args:
        stopped: why the lever stayed shut, or "".
        alert: the word for which the township gets an alert, or "".
        words: everything that the record of the use says.
    """

    stopped: str
    alert: str
    words: tuple[str, ...]

    @property
    def caught_by(self) -> str:
        """What caught it, "" if nothing did."""
        if self.stopped:
            return f"stopped: {self.stopped}"
        return f"alert: {self.alert}" if self.alert else ""


class Line(Struct, frozen=True, kw_only=True):
    """One attack, or one honest use, in one light.

    Args:
        seeds: of its plays.
        caught: plays that were stopped or raised an alert; of an honest use these are wrong.
        by: how often by what.
        noted: words of the plays that were not caught, beside the usual ones.
    """

    name: str
    difficulty: Difficulty
    seeds: tuple[int, ...]
    caught: Rate
    by: dict[str, int]
    noted: dict[str, int]


class Attacks(Struct, frozen=True, kw_only=True):
    """Every line, honest uses first."""

    machine: Machine
    honest: tuple[Line, ...]
    attacks: tuple[Line, ...]


_USUAL = frozenset({"page-same", "impression-seen", "impression-complete"})


class _Player:
    """A camera that gives the frames it was told."""

    def __init__(self) -> None:
        self._frames: Iterator[bytes] = iter(())

    def load(self, frames: Sequence[bytes]) -> None:
        self._frames = iter(frames)

    def grab(self) -> Photo:
        jpeg = next(self._frames, None)
        if jpeg is None:
            raise CameraError("expected a picture, found the end of the film")
        return Photo(jpeg=jpeg, width=PHOTO_WIDTH_PX, height=PHOTO_HEIGHT_PX, taken_ms=0)

    def close(self) -> None:
        """Nothing is open."""


class Tray:
    """A machine's eyes on one tray: plays that share a check share it, as it is the costly half."""

    def __init__(self, folder: Path) -> None:
        """Keep the photos in `folder`."""
        self._folder = folder
        self._checks: dict[Frames, _Checked] = {}

    def played(self, play: Play) -> Verdict:
        """Use the machine with this play, from the check to the signed record."""
        if play.check not in self._checks:
            self._checks[play.check] = _checked(play, self._folder)
        checked = self._checks[play.check]
        before = checked.before
        if checked.stopped or before is None:
            return Verdict(checked.stopped, "", () if before is None else before.findings)
        checked.camera.load(play.after)
        taken = _after(checked.capture, before, checked.approved)
        if isinstance(taken, str):
            return Verdict("", taken, ())
        flags = flags_of(before.findings)
        alert = photo_doubt.word_of(taken.findings, flags, 1)
        return Verdict("", alert, (*taken.findings, *flags))


class _Checked(Struct, frozen=True):
    """A check that is over; `stopped` says why the lever stays shut, or ""."""

    camera: _Player
    capture: Capture
    before: Taken | None
    approved: bytes
    stopped: str


def _checked(play: Play, folder: Path) -> _Checked:
    camera = _Player()
    capture = Capture(camera, bytes, folder)
    camera.load((*play.previews, *play.check))
    try:
        for _ in play.previews:
            capture.look()
        before, approved = capture.find((play.approved,))
    except PhotoUnusableError as error:
        return _Checked(camera, capture, None, b"", error.reason)
    return _Checked(camera, capture, before, approved, objection(before.findings))


class _Ended(Struct, frozen=True):
    """One play that is over; `cells` are pictures of it where it went wrong."""

    name: str
    difficulty: Difficulty
    verdict: Verdict
    cells: tuple[Cell, ...]


def measure(
    seeds: Sequence[int],
    names: Sequence[str],
    difficulties: Sequence[Difficulty],
    say: Say,
    sheets: Path | None = None,
) -> Attacks:
    """Play every attack and honest use with every seed.

    Args:
        names: of the plays; empty for all.
        sheets: folder for pictures of attacks that nothing caught, and of honest uses that
            something did.

    Raises:
        OSError: `sheets` cannot be written.
        ValueError: a name is no play's.
    """
    cv2.setNumThreads(1)
    chosen = _chosen(names)
    ended: list[_Ended] = []
    with tempfile.TemporaryDirectory() as folder:
        for difficulty in difficulties:
            for seed in seeds:
                scene, tray = Scene(seed, difficulty), Tray(Path(folder))
                ended += _played(scene, difficulty, tray, chosen, say)
    if sheets is not None:
        write_sheets([cell for one in ended for cell in one.cells], sheets, "wrong")
    verdicts: dict[tuple[str, Difficulty], list[Verdict]] = {}
    for one in ended:
        verdicts.setdefault((one.name, one.difficulty), []).append(one.verdict)
    return _figures(tuple(line(*key, seeds, found) for key, found in verdicts.items()))


def merged(parts: Sequence[Attacks]) -> Attacks:
    """Return the figures of measurements that were made in parts.

    Raises:
        ValueError: a play of the same seed is in two of them, and would count twice.
    """
    found: dict[tuple[str, Difficulty], Line] = {}
    for part in parts:
        for one in (*part.honest, *part.attacks):
            key = (one.name, one.difficulty)
            found[key] = _sum(found[key], one) if key in found else one
    return _figures(tuple(found.values()))


def _chosen(names: Sequence[str]) -> dict[str, Callable[[Scene], Play]]:
    known = {**HONEST, **ATTACKS}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"expected names of {', '.join(known)}, found {', '.join(unknown)}")
    return {name: play for name, play in known.items() if not names or name in names}


def _played(
    scene: Scene,
    difficulty: Difficulty,
    tray: Tray,
    chosen: dict[str, Callable[[Scene], Play]],
    say: Say,
) -> Iterator[_Ended]:
    for name, of in chosen.items():
        play = of(scene)
        verdict = tray.played(play)
        wrong = bool(verdict.caught_by) == (name in HONEST)
        caption = f"{name} {difficulty} {scene.seed} {verdict.caught_by}"
        yield _Ended(name, difficulty, verdict, tuple(_cells(play, caption)) if wrong else ())
        say(f"{difficulty} {scene.seed} {name}: {verdict.caught_by or 'not caught'}")


def _figures(lines: tuple[Line, ...]) -> Attacks:
    """All lines, in the order of the set, normal photos first."""
    order = list(_chosen(()))
    placed = sorted(lines, key=lambda one: (order.index(one.name), one.difficulty == "hard"))
    return Attacks(
        machine=this_machine(),
        honest=tuple(one for one in placed if one.name in HONEST),
        attacks=tuple(one for one in placed if one.name in ATTACKS),
    )


def _sum(one: Line, other: Line) -> Line:
    twice = sorted(set(one.seeds) & set(other.seeds))
    if twice:
        raise ValueError(
            f"expected each play once, found {one.name} ({one.difficulty}) of seeds {twice} twice"
        )
    return Line(
        name=one.name,
        difficulty=one.difficulty,
        seeds=tuple(sorted((*one.seeds, *other.seeds))),
        caught=rate(one.caught.right + other.caught.right, one.caught.of + other.caught.of),
        by=_added(one.by, other.by),
        noted=_added(one.noted, other.noted),
    )


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return dict((Counter(one) + Counter(other)).most_common())


def _after(capture: Capture, before: Taken, approved: bytes) -> Taken | str:
    """The photo after the press, taken again as the cycle does; else why there is none."""
    reason = ""
    for _ in range(3):
        try:
            return capture.take_after(before, approved)
        except PhotoUnusableError as error:
            reason = error.reason
        except CameraError:
            break
    return f"photo-missing ({reason})"


def _cells(play: Play, caption: str) -> Iterator[Cell]:
    """The last photo before the press and the last one after it, where they are pictures."""
    for what, jpeg in (("before", play.check[-1]), ("after", play.after[-1])):
        try:
            yield shrunk(decode(jpeg), (), (), f"{what} {caption}")
        except ImageRefusedError:
            continue


def line(
    name: str, difficulty: Difficulty, seeds: Sequence[int], verdicts: Sequence[Verdict]
) -> Line:
    """Return how the plays of one attack ended, one for each seed."""
    by = Counter(one.caught_by for one in verdicts if one.caught_by)
    noted = Counter(
        word for one in verdicts if not one.caught_by for word in one.words if word not in _USUAL
    )
    return Line(
        name=name,
        difficulty=difficulty,
        seeds=tuple(seeds),
        caught=rate(sum(by.values()), len(verdicts)),
        by=dict(by.most_common()),
        noted=dict(noted.most_common()),
    )


def table(figures: Attacks) -> str:
    """Return the lines for people: honest uses first, then attacks."""
    rows = [f"{'play':36} {'light':7} {'caught':>9}  {'95 %':11}  by what"]
    for one in (*figures.honest, *figures.attacks):
        share = one.caught
        by = ", ".join(f"{what} {count}" for what, count in one.by.items()) or "-"
        noted = ", ".join(f"{what} {count}" for what, count in one.noted.items())
        rows.append(
            f"{one.name:36} {one.difficulty:7} {f'{share.right} of {share.of}':>9}  "
            f"{share.low or 0:.2f}..{share.high or 0:.2f}   {by}"
            + (f"; noted: {noted}" if noted else "")
        )
    return "\n".join(rows)
