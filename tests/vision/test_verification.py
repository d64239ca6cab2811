"""Which registered seal an impression is: by its cut, by its words, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec import Struct, structs
from PIL.Image import Image as PillowImage

from sim.camera_ink import Fault, inked
from sim.camera_scenes import cut
from sim.render import INK, page_image
from sim.seals import round_shape
from vision.decoding import Image
from vision.lifting import lifted, specimen
from vision.ring_text import UNREAD, Reading
from vision.seals import Colour, Seal, Shape, find_seals
from vision.specimens import likeness
from vision.verification import By, Registered, is_foreign, verify
from vision.written import Written

VILLAGE = "青石镇柳树沟村村民委员会"
SEAL_PX = 210  # 42 mm at 5 px/mm, as the camera sees a page
FRAME_PX = 320

Press = Callable[..., tuple[Image, Seal]]


class Cut(Struct, frozen=True):
    """A seal as it is ordered from the cutter."""

    words: str
    line: str = ""
    number: str = ""
    shape: str = "round"

    def shape_of(self, size_px: int) -> PillowImage:
        """White where rubber touches the paper."""
        if self.number:
            return round_shape(self.words, size_px, self.line, self.number)
        return cut(self.shape, self.words, self.line, size_px)


MATTERS = Cut(VILLAGE, "财务专用章")
CONTRACTS = Cut(VILLAGE, "合同专用章")
PLAIN = Cut(VILLAGE)
NEIGHBOUR = Cut("青石镇大河湾村村民委员会", "财务专用章")
NAME, OTHER_NAME = Cut("李庆国印", shape="square"), Cut("王小明印", shape="square")


def drawn(of: Cut) -> Image:
    ink = np.asarray(of.shape_of(420), np.float32)[..., None] / 255
    return np.asarray(255 * (1 - ink) + ink * np.array(INK, np.float32), np.uint8)


@pytest.fixture(scope="module")
def entry() -> Callable[[Cut], Registered]:
    """entry(cut): its entry in the register, called by words and line."""
    made: dict[Cut, Registered] = {}

    def build(of: Cut) -> Registered:
        if of not in made:
            made[of] = Registered(
                id=of.words + of.line,
                ring_text=of.words,
                line=of.line,
                shape=Shape(of.shape),
                specimen=specimen(drawn(of), Shape(of.shape)),
            )
        return made[of]

    return build


@pytest.fixture(scope="module")
def press() -> Press:
    """press(cut, turned_deg=40, fault=NONE, over_print=True): a picture and the seal on it."""

    def build(
        of: Cut, turned_deg: float = 40.0, fault: Fault = Fault.NONE, over_print: bool = True
    ) -> tuple[Image, Seal]:
        rng = np.random.default_rng(5)
        size = SEAL_PX if of.shape == "round" else SEAL_PX // 2
        ink = inked(of.shape_of(2 * size), fault, rng)
        half = cv2.resize(ink, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        turn = cv2.getRotationMatrix2D((half.shape[1] / 2, half.shape[0] / 2), turned_deg, 1.0)
        turn[:, 2] += np.array([(FRAME_PX - side) / 2 for side in half.shape[::-1]])
        laid = cv2.warpAffine(half, turn, (FRAME_PX, FRAME_PX))[..., None]
        page = page_image(7, 0)[440 : 440 + FRAME_PX, 300 : 300 + FRAME_PX]
        under = page if over_print else np.full_like(page, 250)
        picture = under * (1 - laid * (1 - np.array(INK, np.float32) / 255))
        seen = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.uint8)
        (seal,) = (one for one in find_seals(seen) if one.colour is Colour.RED)
        return seen, seal

    return build


def said(ring: str, line: str | None = "", score: float = 0.99) -> Reading:
    """What a reader read, each character as sure as the others."""
    return Reading(
        ring=Written(ring, (score,) * len(ring), (0,) * len(ring)),
        line=None if line is None else Written(line, (score,) * len(line), (0,) * len(line)),
    )


@pytest.mark.parametrize("turned_deg", [60, 130, 250])
def test_impression_over_print_is_named_among_seals_that_differ_in_their_line(
    entry: Callable[[Cut], Registered], press: Press, turned_deg: float
) -> None:
    register = [entry(one) for one in (PLAIN, CONTRACTS, MATTERS, NEIGHBOUR)]

    verdict = verify(*press(MATTERS, turned_deg), register)

    assert (verdict.id, verdict.by) == (VILLAGE + "财务专用章", By.SPECIMEN)


def test_line_that_print_hides_is_not_guessed(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    register = [entry(one) for one in (PLAIN, CONTRACTS, MATTERS)]

    assert verify(*press(MATTERS, 0), register).id is None


@pytest.mark.parametrize("foreign", [CONTRACTS, PLAIN, NEIGHBOUR])
def test_foreign_seal_is_not_forced_into_the_register(
    entry: Callable[[Cut], Registered], press: Press, foreign: Cut
) -> None:
    register = [entry(one) for one in (MATTERS, Cut("河西乡人民政府"))]

    assert verify(*press(foreign, over_print=False), register).id is None


def test_seals_that_differ_in_their_number_are_told_apart(press: Press) -> None:
    numbered = [
        Registered(
            id=number,
            ring_text=VILLAGE,
            specimen=specimen(drawn(Cut(VILLAGE, "", number)), Shape.ROUND),
        )
        for number in ("3201112957686", "3201112943157")
    ]

    verdict = verify(*press(Cut(VILLAGE, "", "3201112943157"), over_print=False), numbered)

    assert verdict.id == "3201112943157"


@pytest.mark.parametrize("fault", [Fault.FAINT, Fault.WIPED, Fault.TWICE])
def test_faulty_impression_is_named(
    entry: Callable[[Cut], Registered], press: Press, fault: Fault
) -> None:
    register = [entry(one) for one in (PLAIN, MATTERS)]

    verdict = verify(*press(MATTERS, fault=fault, over_print=False), register)

    assert verdict.id == VILLAGE + "财务专用章"


@pytest.mark.parametrize("fault", [Fault.WIPED, Fault.TWICE])
def test_faulty_impression_of_a_foreign_seal_is_not_named(
    entry: Callable[[Cut], Registered], press: Press, fault: Fault
) -> None:
    one_character = Cut("青石镇杨树沟村村民委员会", "财务专用章")

    verdict = verify(*press(MATTERS, fault=fault, over_print=False), [entry(one_character)])

    assert verdict.id is None


def over_red_table(picture: Image) -> tuple[Image, Seal]:
    """The same with red lines across it, a row of a table each."""
    lined = picture.copy()
    for y in range(40, FRAME_PX, 60):
        cv2.line(lined, (0, y), (FRAME_PX, y + 6), INK, 2, cv2.LINE_AA)
    (seal,) = find_seals(lined)
    return lined, seal


def test_impression_over_a_red_table_is_named(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    picture, _ = press(MATTERS, over_print=False)

    verdict = verify(*over_red_table(picture), [entry(one) for one in (PLAIN, MATTERS)])

    assert verdict.id == VILLAGE + "财务专用章"


def test_impression_at_the_edge_of_a_reflection_is_named(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    picture, seal = press(MATTERS, over_print=False)
    y, x = np.mgrid[:FRAME_PX, :FRAME_PX].astype(np.float32)
    lit = np.clip(1.5 - np.hypot(x - 300, y - 20) / 140, 0, 1)[..., None]
    dazzled = np.asarray(np.clip(0.75 * picture + 250 * lit, 0, 255), np.uint8)

    verdict = verify(dazzled, seal, [entry(one) for one in (PLAIN, MATTERS)])

    assert verdict.id == VILLAGE + "财务专用章"


def test_seal_that_is_registered_twice_is_not_decided(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    one = entry(MATTERS)
    twin = Registered(id="twin", ring_text=VILLAGE, line=one.line, specimen=one.specimen)

    assert verify(*press(MATTERS), [one, twin]).id is None


def test_square_seal_is_named(entry: Callable[[Cut], Registered], press: Press) -> None:
    register = [entry(one) for one in (MATTERS, OTHER_NAME, NAME)]

    assert verify(*press(NAME, 8), register).id == "李庆国印"


def test_name_seal_across_a_red_table_is_named(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    picture, seal = press(NAME, 40, over_print=False)
    for y in range(40, FRAME_PX, 60):
        cv2.line(picture, (0, y), (FRAME_PX, y), INK, 4, cv2.LINE_AA)

    verdict = verify(picture, seal, [entry(one) for one in (MATTERS, OTHER_NAME, NAME)])

    assert verdict.id == "李庆国印"


def test_copy_is_never_named(entry: Callable[[Cut], Registered], press: Press) -> None:
    picture, _ = press(MATTERS, over_print=False)
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    copy = np.asarray(gray, np.uint8)
    (seal,) = find_seals(copy)

    assert verify(copy, seal, [entry(MATTERS)], said(VILLAGE, "财务专用章")).id is None


def words(*entries: Registered) -> list[Registered]:
    """The same register without specimens."""
    return [Registered(id=one.id, ring_text=one.ring_text, line=one.line) for one in entries]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (said(VILLAGE, "财务专用章"), VILLAGE + "财务专用章"),
        (said(VILLAGE), VILLAGE),
        (said(VILLAGE, None), None),  # the line is hidden and would decide
        (said(VILLAGE, UNREAD.text, 0.0), None),
        (said("青石镇杨树沟村村民委员会", "财务专用章"), None),  # surely another character
        (said("青石镇树沟村村民委员会", "财务专用章"), VILLAGE + "财务专用章"),  # one was missed
        (said("青石镇杨树沟村村民委员会", "财务专用章", 0.6), None),  # or in doubt
        (said("村民委员会", "财务专用章"), None),
        (said("青石镇大河湾村村民委员会", "合同专用章"), None),  # that line is not registered
    ],
)
def test_words_name_the_one_entry_that_they_fit(
    entry: Callable[[Cut], Registered], press: Press, reading: Reading, expected: str | None
) -> None:
    register = words(*(entry(one) for one in (PLAIN, MATTERS, NEIGHBOUR)))

    verdict = verify(*press(MATTERS), register, reading)

    assert verdict.id == expected
    assert verdict.by is (By.WORDS if expected else None)


@pytest.mark.parametrize(("chance", "expected"), [(0.3, VILLAGE + "财务专用章"), (0.05, None)])
def test_doubtful_character_may_be_the_registered_one_if_the_reader_thought_of_it(
    entry: Callable[[Cut], Registered], press: Press, chance: float, expected: str | None
) -> None:
    scores = (*(0.99,) * 9, 0.6, *(0.99,) * 2)
    reading = structs.replace(
        said(VILLAGE, "财务专用章"),
        ring=Written("青石镇柳树沟村村民奏员会", scores, (0,) * 12),
        others=(*((),) * 9, (("委", chance),), (), ()),
    )

    verdict = verify(*press(MATTERS), words(entry(MATTERS), entry(NEIGHBOUR)), reading)

    assert verdict.id == expected


def test_words_choose_among_names_that_differ_by_one_character(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    sister = Registered(id="sister", ring_text="青石镇杨树沟村村民委员会", line="财务专用章")
    register = [*words(entry(MATTERS)), sister]

    surely, in_doubt = (
        verify(*press(MATTERS), register, said(ring, "财务专用章", score)).id
        for ring, score in ((VILLAGE, 0.99), ("青石镇桃树沟村村民委员会", 0.6))
    )

    assert (surely, in_doubt) == (VILLAGE + "财务专用章", None)


def test_words_do_not_outweigh_a_specimen_that_lies_well_and_differs(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    verdict = verify(*press(CONTRACTS, over_print=False), [entry(PLAIN)], said(VILLAGE))

    assert verdict.id is None


def test_character_that_was_surely_read_as_another_outweighs_the_specimen(
    entry: Callable[[Cut], Registered], press: Press
) -> None:
    reading = said("青石镇杨树沟村村民委员会", "财务专用章")

    assert verify(*press(MATTERS), [entry(MATTERS)], reading).id is None


def test_added_strokes_and_other_strokes_are_told_apart(press: Press) -> None:
    picture, seal = press(MATTERS, over_print=False)
    seen = lifted(picture, seal)
    plain, neighbour, own = (
        specimen(drawn(one), Shape.ROUND) for one in (PLAIN, NEIGHBOUR, MATTERS)
    )
    assert plain is not None and neighbour is not None and own is not None

    found: list[Any] = [likeness(one, seen) for one in (plain, neighbour, own)]

    assert found[0].added > 3 > found[0].differing
    assert found[1].differing > 3 > found[1].added
    assert max(found[2].added, found[2].differing) < 1


@pytest.mark.parametrize(
    ("ring", "score", "foreign"),
    [
        (NEIGHBOUR.words, 0.99, True),
        ("青石镇柳树沟村经济合作社", 0.99, True),
        (VILLAGE, 0.99, False),  # one of ours, though its line may be another
        (VILLAGE[:-3], 0.99, False),  # what was not read contradicts nothing
        (NEIGHBOUR.words, 0.8, False),  # read in doubt
        ("河湾村", 0.99, False),  # hardly read at all
    ],
)
def test_seal_is_foreign_only_when_it_was_surely_read_as_none_of_the_register(
    press: Press, ring: str, score: float, foreign: bool
) -> None:
    register = [
        Registered(id=one, ring_text=one) for one in (VILLAGE, "青石镇柳树沟村党支部委员会")
    ]
    _, seal = press(MATTERS)

    assert is_foreign(seal, register, said(ring, score=score)) == foreign
    assert not is_foreign(seal, register, None)
