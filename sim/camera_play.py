"""One honest use before the camera, piece by piece, for attacks to be made of.

A `Scene` is a paper, how it lies and one good impression, drawn from a seed; a `Play` is what the
machine is shown in one attempt.
"""

from __future__ import annotations

import functools

import numpy as np
from msgspec import Struct, structs

from sim.camera_hard import Difficulty, conditions
from sim.camera_layers import Layer, film, nudged, page_layer
from sim.camera_scenes import Sheet, pressed
from sim.documents import Document, document
from sim.render import Picture, render_page

Frames = tuple[bytes, ...]

_NUDGED_PX = 2.0  # the page stays within a millimetre while the lever goes down
_DIGITS = "0123456789"


class Play(Struct, frozen=True):
    """What the machine is shown in one attempt.

    Args:
        approved: photo that was filed with the request.
        check: frames while the page is checked; the photo before the press is among them.
        after: frames after the press.
        previews: frames that the machine's screen showed before.
    """

    approved: bytes
    check: Frames
    after: Frames
    previews: Frames = ()


class Scene:
    """One honest use, photographed piece by piece as it is asked for."""

    def __init__(self, seed: int, difficulty: Difficulty) -> None:
        """Draw the paper, its places and the light; nothing is rendered yet."""
        rng = np.random.default_rng([seed, difficulty == "hard"])
        self.seed = seed
        self.world, self.n = int(rng.integers(1_000_000)), int(rng.integers(5))
        self.paper = document(self.world, self.n)
        self.how = conditions(rng, difficulty)
        filed = conditions(rng, difficulty)
        self.filed_how = structs.replace(filed, desk=self.how.desk)  # one machine, one tray
        later = conditions(rng, difficulty)  # the hand alone is another
        self.after_how = structs.replace(nudged(self.how, rng, _NUDGED_PX), hand=later.hand)
        self.x, self.y = 0.3 + 0.4 * float(rng.random()), 0.62 + 0.22 * float(rng.random())

    def rng(self, salt: int) -> np.random.Generator:
        """Chance of an attack's own."""
        return np.random.default_rng([self.seed, salt])

    def seeds(self, photo: int) -> tuple[int, int]:
        """The machine's one tray, and the noise of one of its photos."""
        return self.seed, self.seed * 10 + photo

    @functools.cached_property
    def page(self) -> Picture:
        """The approved page, flat."""
        return render_page(self.paper).image

    @functools.cached_property
    def approved(self) -> bytes:
        """The photo that was filed."""
        return film([page_layer(self.page, self.filed_how)], self.filed_how, self.seeds(0), 1)[0]

    @functools.cached_property
    def check(self) -> Frames:
        """The page under the seal before an honest press."""
        return self.before([])

    @functools.cached_property
    def after(self) -> Frames:
        """The page after an honest press."""
        return self.later([page_layer(self.stamped(self.page), self.after_how)])

    def stamped(self, page: Picture, salt: int = 1) -> Picture:
        """`page` with one good impression where the lever strikes."""
        return pressed(Sheet(page), self.rng(salt), x=self.x, y=self.y).page

    def before(self, over: list[Layer], page: Picture | None = None) -> Frames:
        """Frames before the press of a page and what lies over it."""
        lying = [page_layer(self.page if page is None else page, self.how), *over]
        return film(lying, self.how, self.seeds(1), 2)

    def later(self, layers: list[Layer]) -> Frames:
        """Frames after the press."""
        return film(layers, self.after_how, self.seeds(2), 2)

    def play(self, check: Frames | None = None, after: Frames | None = None) -> Play:
        """The honest play, but for what is given."""
        return Play(
            self.approved,
            self.check if check is None else check,
            self.after if after is None else after,
        )

    def shown_after(self, page: Picture) -> Play:
        """An honest check, and another page after the press."""
        return self.play(after=self.later([page_layer(page, self.after_how)]))


def changed(paper: Document, rng: np.random.Generator) -> Document:
    """Return the paper with one digit of its text changed."""
    texts = list(paper.paragraphs)
    places = [(i, k) for i, text in enumerate(texts) for k in range(len(text)) if text[k].isdigit()]
    i, k = places[int(rng.integers(len(places)))]
    other = str(rng.choice([digit for digit in _DIGITS if digit != texts[i][k]]))
    texts[i] = texts[i][:k] + other + texts[i][k + 1 :]
    return structs.replace(paper, paragraphs=tuple(texts))
