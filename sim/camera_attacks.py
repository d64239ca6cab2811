"""Attempts to deceive the eyes, as data, each beside its honest neighbours.

Every attack of `ATTACKS` makes a `Play` of a `Scene`, and so does every honest use of `HONEST`.
Nothing here says what should be found: that an attack is one is its ground truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from msgspec import structs

from sim.camera_bombs import Bomb, bomb
from sim.camera_copies import displayed, photo_printed, seal_printed
from sim.camera_hard import Conditions
from sim.camera_layers import Layer, film, nudged, page_layer, piece
from sim.camera_play import Frames, Play, Scene, changed
from sim.camera_scenes import Sheet, pressed
from sim.render import DPI, HEIGHT_PX, INK, WIDTH_PX, Picture, blank_page, page_image, render_page

_PX_PER_MM = DPI / 25.4
_WIDTH_MM, _HEIGHT_MM = WIDTH_PX / _PX_PER_MM, HEIGHT_PX / _PX_PER_MM
_STRIP_SHADOW = 0.2


def _honest(scene: Scene) -> Play:
    return scene.play()


def _moved(scene: Scene) -> Play:
    """The page slid by some millimetres with the lever."""
    how = structs.replace(nudged(scene.how, scene.rng(2), 25.0), hand=scene.after_how.hand)
    lying = [page_layer(scene.stamped(scene.page), how)]
    return scene.play(after=film(lying, how, scene.seeds(2), 2))


def _dimmed(scene: Scene) -> Play:
    """Somebody stepped into the lamp's light, the exposure followed."""
    how = structs.replace(scene.after_how, exposure=scene.how.exposure * 0.85, shade=(0.7, 0.1))
    return scene.play(
        after=film([page_layer(scene.stamped(scene.page), how)], how, scene.seeds(2), 2)
    )


def _screen(scene: Scene) -> Play:
    """A tablet shows the approved page, and after the press the page with a seal in it."""

    def shown(page: Picture, how: Conditions, photo: int) -> Frames:
        """A display of A4's size in the page's place."""
        return film([page_layer(displayed(page, scene.rng(3)), how)], how, scene.seeds(photo), 2)

    stamped = scene.stamped(scene.page)
    return scene.play(shown(scene.page, scene.how, 1), shown(stamped, scene.after_how, 2))


def _photo_print(scene: Scene) -> Play:
    """A photo of the page, printed with a printer's dots, its seal with it after the press."""

    def printed(page: Picture) -> Picture:
        return photo_printed(page, scene.rng(4))

    return scene.play(
        scene.before([], printed(scene.page)),
        scene.later([page_layer(printed(scene.stamped(scene.page)), scene.after_how)]),
    )


def _reprint(scene: Scene) -> Play:
    """A copy of the page from the same file, pressed in earnest."""
    again = page_layer(scene.stamped(scene.page), scene.after_how)
    return scene.play(after=film([again], scene.after_how, scene.seeds(6), 2))


def _swapped(scene: Scene) -> Play:
    other = page_image(scene.world, scene.n + 1)
    return scene.shown_after(scene.stamped(other))


def _swapped_filling(scene: Scene) -> Play:
    other = page_image(scene.world + 5, scene.n)  # five kinds of paper: the same template
    return scene.shown_after(scene.stamped(other))


def _swapped_digit(scene: Scene) -> Play:
    other = render_page(changed(scene.paper, scene.rng(5))).image
    return scene.shown_after(scene.stamped(other))


def _swapped_back(scene: Scene) -> Play:
    """The press struck another paper, which is gone; the approved page bears nothing new."""
    return scene.shown_after(scene.page)


def _letterhead(scene: Scene) -> Play:
    """Likewise, with a red letterhead and a red table on the page from its filing on."""
    red = scene.page.copy()
    cv2.line(red, (130, 250), (WIDTH_PX - 130, 250), (40, 34, 206), 6)
    for k in range(4):
        y = 1250 + k * 70
        cv2.line(red, (180, y), (1060, y), (40, 34, 206), 3)
    filed = [page_layer(red, scene.filed_how)]
    return Play(
        film(filed, scene.filed_how, scene.seeds(0), 1)[0],
        scene.before([], red),
        scene.later([page_layer(red, scene.after_how)]),
    )


def _sticker(scene: Scene) -> Play:
    """Likewise, and a red disc is stuck on where the seal should be."""
    page = scene.page.copy()
    at = (round(scene.x * WIDTH_PX), round(scene.y * HEIGHT_PX))
    cv2.circle(page, at, round(20 * _PX_PER_MM), INK, -1, cv2.LINE_AA)
    return scene.shown_after(page)


def _printed_seal(scene: Scene) -> Play:
    """The press struck another paper; a colour print of the page with its seal lies there."""
    return scene.shown_after(seal_printed(scene.page, scene.x, scene.y, scene.rng(6)))


def _line_of(scene: Scene) -> tuple[Picture, Picture, tuple[float, float]]:
    """A false paper, the strip with the approved words that hides its false line, where it lies."""
    false = render_page(changed(scene.paper, scene.rng(7))).image
    rows = np.flatnonzero((false != scene.page).any(axis=(1, 2)))
    top, bottom = max(int(rows[0]) - 18, 0), min(int(rows[-1]) + 18, HEIGHT_PX)
    left, right = 120, WIDTH_PX - 120
    strip = _off_white(scene.page[top:bottom, left:right], scene.rng(8))
    return false, strip, ((left + right) / 2 / _PX_PER_MM, (top + bottom) / 2 / _PX_PER_MM)


def _off_white(piece_of: Picture, rng: np.random.Generator) -> Picture:
    """Other paper is a little whiter or greyer."""
    return np.asarray(np.clip(piece_of * rng.uniform(0.96, 1.0), 0, 255), np.uint8)


def _strip_at_check(scene: Scene) -> Play:
    """A strip with the approved words lies over a false line, and is gone after the press."""
    false, strip, middle = _line_of(scene)
    over = _shadowed(piece(strip, scene.how, middle, 0.2))
    return scene.play(
        scene.before([over], false),
        scene.later([page_layer(scene.stamped(false), scene.after_how)]),
    )


def _strip_stays(scene: Scene) -> Play:
    """The strip lies there in both photos; the false line shows when it is taken off at home."""
    false, strip, middle = _line_of(scene)
    before = _shadowed(piece(strip, scene.how, middle, 0.2))
    after = _shadowed(piece(strip, scene.after_how, middle, 0.2))
    return scene.play(
        scene.before([before], false),
        scene.later([page_layer(scene.stamped(false), scene.after_how), after]),
    )


def _strip_for_seal(scene: Scene) -> Play:
    """After the check a bare strip is laid where the lever strikes: the seal is on the strip."""
    rng = scene.rng(9)
    width, height = round(rng.uniform(55, 90) * _PX_PER_MM), round(rng.uniform(50, 60) * _PX_PER_MM)
    bare = _off_white(np.full((height, width, 3), 252, np.uint8), rng)
    stamped = pressed(Sheet(bare), scene.rng(1), x=0.5, y=0.5).page
    at = (scene.x * _WIDTH_MM, scene.y * _HEIGHT_MM)
    over = _shadowed(piece(stamped, scene.after_how, at, float(rng.uniform(-4, 4))))
    return scene.play(after=scene.later([page_layer(scene.page, scene.after_how), over]))


def _second_under(scene: Scene) -> Play:
    """A second sheet lies under the page and looks out at one side, before and after."""
    rng = scene.rng(10)
    off, turned = rng.uniform(4, 14, 2) * rng.choice([-1, 1], 2), float(rng.uniform(-1.5, 1.5))
    middle = (_WIDTH_MM / 2 + float(off[0]), _HEIGHT_MM / 2 + float(off[1]))
    other = _off_white(page_image(scene.world, scene.n + 2), rng)

    def lying(page: Picture, how: Conditions) -> list[Layer]:
        upper = Layer(page, how.corners, _STRIP_SHADOW)
        return [piece(other, how, middle, turned), upper]

    return scene.play(
        film(lying(scene.page, scene.how), scene.how, scene.seeds(1), 2),
        scene.later(lying(scene.stamped(scene.page), scene.after_how)),
    )


def _second_over(scene: Scene) -> Play:
    """After the check a blank sheet is laid over the lower half; it takes the impression."""
    rng = scene.rng(11)
    other = _off_white(blank_page(), rng)
    low = _HEIGHT_MM * (0.5 + float(rng.uniform(0.05, 0.15)))
    over = piece(
        other, scene.after_how, (_WIDTH_MM / 2, low + _HEIGHT_MM / 2), float(rng.uniform(-2, 2))
    )
    sheet = structs.replace(
        over, picture=pressed(Sheet(other), scene.rng(1), x=0.5, y=0.12).page, shadow=_STRIP_SHADOW
    )
    return scene.play(after=scene.later([page_layer(scene.page, scene.after_how), sheet]))


def _already_stamped(scene: Scene) -> Play:
    """The sheet bears an impression that the approved page had not, and gets another one."""
    rng = scene.rng(12)
    x = scene.x + (0.32 if scene.x < 0.5 else -0.32)
    old = pressed(Sheet(scene.page), rng, x=x, y=scene.y).page
    again = page_layer(scene.stamped(old), scene.after_how)
    return scene.play(scene.before([], old), scene.later([again]))


def _struck_twice(scene: Scene) -> Play:
    """The lever went down twice, at two places."""
    x = scene.x + (0.32 if scene.x < 0.5 else -0.32)
    return scene.shown_after(
        pressed(Sheet(scene.stamped(scene.page)), scene.rng(13), x=x, y=scene.y).page
    )


def _frozen(scene: Scene) -> Play:
    return scene.play(check=(scene.check[0], scene.check[0]))


def _replayed_approved(scene: Scene) -> Play:
    """The camera's cable gives the photo that was filed."""
    how = scene.filed_how
    frames = film([page_layer(scene.page, how)], how, scene.seeds(0), 2)
    return scene.play(check=(frames[1], frames[0]))


def _replayed_check(scene: Scene) -> Play:
    """After the press the frames of the check come again."""
    return scene.play(after=(scene.check[0], scene.check[1]))


def _looped(scene: Scene) -> Play:
    """A film of the approved page that begins anew after four frames; the screen saw them, too."""
    frames = film([page_layer(scene.page, scene.how)], scene.how, scene.seeds(5), 4)
    return structs.replace(scene.play(check=frames[:2]), previews=frames)


def _fresh_film(scene: Scene) -> Play:
    """A film of an earlier honest use of the same paper, of frames that no machine kept."""
    how, stamped = scene.filed_how, scene.stamped(scene.page)
    return scene.play(
        film([page_layer(scene.page, how)], how, scene.seeds(3), 2),
        film([page_layer(stamped, how)], how, scene.seeds(4), 2),
    )


def _mirrored(scene: Scene) -> Play:
    """The camera's picture comes mirrored from the check on."""
    check, after = (tuple(_flipped(one) for one in ones) for ones in (scene.check, scene.after))
    return scene.play(check, after)


def _mirrored_after(scene: Scene) -> Play:
    return scene.play(after=tuple(_flipped(one) for one in scene.after))


def _flipped(jpeg: bytes) -> bytes:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None, "this module encoded it"
    _, data = cv2.imencode(".jpg", cv2.flip(picture, 1), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return data.tobytes()


def _bombed(kind: Bomb) -> Callable[[Scene], Play]:
    return lambda scene: scene.play(check=(scene.check[0], bomb(kind, scene.check[1])))


def _shadowed(layer: Layer) -> Layer:
    return structs.replace(layer, shadow=_STRIP_SHADOW)


HONEST: Mapping[str, Callable[[Scene], Play]] = {
    "honest": _honest,
    "honest, page moved": _moved,
    "honest, lamp shaded": _dimmed,
}

ATTACKS: Mapping[str, Callable[[Scene], Play]] = {
    "photo of a screen": _screen,
    "photo of a printed photo": _photo_print,
    "reprint of the same file": _reprint,
    "another page after the check": _swapped,
    "same form, other words": _swapped_filling,
    "one digit changed": _swapped_digit,
    "pressed elsewhere, page laid back": _swapped_back,
    "pressed elsewhere, red letterhead": _letterhead,
    "pressed elsewhere, red sticker": _sticker,
    "pressed elsewhere, printed seal": _printed_seal,
    "strip over a line, taken off": _strip_at_check,
    "strip over a line, stays": _strip_stays,
    "strip under the seal": _strip_for_seal,
    "second sheet below": _second_under,
    "second sheet over": _second_over,
    "already stamped page": _already_stamped,
    "two impressions": _struck_twice,
    "frozen": _frozen,
    "replay of the filed photo": _replayed_approved,
    "replay of the check": _replayed_check,
    "film in a loop": _looped,
    "film nobody kept": _fresh_film,
    "mirrored": _mirrored,
    "mirrored after the press": _mirrored_after,
    **{str(kind): _bombed(kind) for kind in Bomb},
}
