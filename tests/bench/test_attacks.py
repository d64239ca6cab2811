"""The attack set: plays go through the machine's own functions, and are counted as they end."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import attacks
from bench.figures import this_machine
from sim import camera_view
from sim.camera_attacks import ATTACKS, HONEST
from sim.camera_bombs import Bomb, bomb
from sim.camera_film import Film
from sim.camera_play import Play, Scene, changed
from sim.camera_scenes import Sheet, pressed
from sim.documents import document
from sim.render import Picture, page_image, render_page

PAGE = page_image(7, 0)


def frames(page: Picture, exposure: int, count: int = 2) -> tuple[bytes, ...]:
    scene = camera_view.view(page, camera_view.laying(1), light=True, seed=3)
    film = Film(scene, 5, exposure)
    return tuple(film.frame() for _ in range(count))


def stamp(page: Picture) -> Picture:
    return pressed(Sheet(page), np.random.default_rng(5), x=0.6, y=0.75).page


@pytest.fixture(scope="module")
def honest() -> Play:
    return Play(approved=frames(PAGE, 1, 1)[0], check=frames(PAGE, 2), after=frames(stamp(PAGE), 3))


def ended(play: Play, folder: Path) -> attacks.Verdict:
    return attacks.Tray(folder).played(play)


def test_honest_use_is_neither_stopped_nor_told(honest: Play, tmp_path: Path) -> None:
    verdict = ended(honest, tmp_path)

    assert (verdict.stopped, verdict.alert) == ("", "")
    assert verdict.words == ("page-same", "impression-seen", "impression-complete")


@pytest.mark.parametrize("kind", [one for one in Bomb if one is not Bomb.SCANS])
def test_bytes_that_are_no_photo_stop_the_check(honest: Play, tmp_path: Path, kind: Bomb) -> None:
    play = Play(honest.approved, (honest.check[0], bomb(kind, honest.check[1])), honest.after)

    assert ended(play, tmp_path).stopped == "damaged"


def test_page_that_changed_by_a_digit_after_the_check_is_told(honest: Play, tmp_path: Path) -> None:
    other = render_page(changed(document(7, 0), np.random.default_rng(1))).image
    play = Play(honest.approved, honest.check, frames(stamp(other), 4))

    assert ended(play, tmp_path).alert == "page-other"


def test_replayed_photos_are_stopped_or_missed(honest: Play, tmp_path: Path) -> None:
    filed = Play(honest.approved, (honest.check[0], honest.approved), honest.after)
    again = Play(honest.approved, honest.check, honest.check)

    assert ended(filed, tmp_path).stopped == "replayed"
    assert ended(again, tmp_path).alert == "photo-missing (replayed)"


def test_previews_count_among_the_pictures_that_came_before(honest: Play, tmp_path: Path) -> None:
    play = Play(honest.approved, honest.check, honest.after, previews=honest.check[::-1])

    assert ended(play, tmp_path).stopped == "replayed"


def test_line_counts_what_caught_and_notes_what_did_not(tmp_path: Path) -> None:
    verdicts = [
        attacks.Verdict("frozen", "", ()),
        attacks.Verdict("", "page-other", ("page-other",)),
        attacks.Verdict("", "", ("page-same", "impression-faint")),
    ]

    line = attacks.line("frozen", "normal", (1, 2, 3), verdicts)

    assert (line.caught.right, line.caught.of) == (2, 3)
    assert line.by == {"stopped: frozen": 1, "alert: page-other": 1}
    assert line.noted == {"impression-faint": 1}


def part(name: str, seeds: tuple[int, ...], *caught_by: str) -> attacks.Attacks:
    verdicts = [attacks.Verdict("", word, ("glare",)) for word in caught_by]
    one = attacks.line(name, "hard", seeds, verdicts)
    honest, tried = ((one,), ()) if name in HONEST else ((), (one,))
    return attacks.Attacks(machine=this_machine(), honest=honest, attacks=tried)


def test_parts_of_other_seeds_and_plays_add_up() -> None:
    parts = [
        part("frozen", (3, 4), "page-other", "page-other"),
        part("honest", (1,), ""),
        part("frozen", (1, 2), "page-other", ""),
        part("photo of a screen", (1,), ""),
    ]

    whole = attacks.merged(parts)

    assert [one.name for one in (*whole.honest, *whole.attacks)] == [
        "honest",
        "photo of a screen",
        "frozen",
    ]
    line = whole.attacks[1]
    assert (line.caught.right, line.caught.of, line.seeds) == (3, 4, (1, 2, 3, 4))
    assert (line.by, line.noted) == ({"alert: page-other": 3}, {"glare": 1})
    assert line.caught.low is not None and 0.30 < line.caught.low < 0.31


def test_same_play_in_two_parts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"frozen \(hard\) of seeds \[2\] twice"):
        attacks.merged([part("frozen", (1, 2), "", ""), part("frozen", (2, 3), "", "")])


def test_name_that_is_no_play_is_refused() -> None:
    with pytest.raises(ValueError, match="found frosen"):
        attacks.measure((1,), ("frosen",), ("normal",), lambda line: None)


def test_a_scene_is_its_seed() -> None:
    one, same, other = Scene(3, "hard"), Scene(3, "hard"), Scene(3, "normal")

    assert one.paper == same.paper
    assert one.how == same.how
    assert one.how != other.how
    assert np.array_equal(one.stamped(one.page), same.stamped(same.page))


def test_attacks_and_honest_uses_have_names_of_their_own() -> None:
    assert not set(ATTACKS) & set(HONEST)
    assert {str(kind) for kind in Bomb} <= set(ATTACKS)


def test_strip_hides_the_false_line_at_the_check_alone() -> None:
    scene = Scene(3, "normal")
    play = ATTACKS["strip over a line, taken off"](scene)

    assert play.approved == scene.approved
    assert play.check != scene.check
    assert play.after != scene.after
    assert cv2.imdecode(np.frombuffer(play.after[0], np.uint8), cv2.IMREAD_COLOR) is not None
