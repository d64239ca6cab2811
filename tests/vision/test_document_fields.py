"""A page's words beside its application: each field, with the nearest case that differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from vision.document_fields import Application, Field, Verdict, Why, agreed, compare, overall
from vision.ocr import Line
from vision.page_text import PageText, Row, of_rows

WIDTH_PX, HEIGHT_PX, BODY_PX, TITLE_PX = 1400, 2000, 40, 64

TITLE = "集体资金支付申请"
ROWS = (
    "兹证明张伟、李秀英系清溪村村民，现申请支付工程款人民币12,345.60元",
    "（大写：壹万贰仟叁佰肆拾伍元陆角整），请予核准。",
    "某某镇清溪村村民委员会",
    "2026年3月15日",
)
ASKED = Application(
    title=TITLE,
    org="某某镇清溪村村民委员会",
    parties=("张伟", "李秀英"),
    amount_fen=1_234_560,
    day="2026-03-15",
)

Page = Callable[..., PageText]


def row(text: str, top: float, height: float, sure: float | Sequence[float] = 0.99) -> Row:
    scores = tuple(sure) if isinstance(sure, Sequence) else (sure,) * len(text)
    right = WIDTH_PX - 200.0 if len(text) > 20 else 200 + height * len(text)
    box = ((200.0, top), (right, top), (right, top + height), (200.0, top + height))
    line = Line(text=text, score=min(scores), box=box, scores=scores)
    return Row((line,), height, top, 200.0, right)


@pytest.fixture
def page() -> Page:
    """Builds the page that says what ASKED asks for, some of its rows replaced by others."""

    def build(
        title: str = TITLE, *, sure: dict[str, float] | None = None, **replaced: str
    ) -> PageText:
        words = [replaced.get(f"row{i}", text) for i, text in enumerate(ROWS)]
        doubted = sure or {}

        def scores(text: str) -> list[float]:
            found = [0.99] * len(text)
            for part, score in doubted.items():
                at = text.find(part)
                if at >= 0:
                    found[at : at + len(part)] = [score] * len(part)
            return found

        rows = [row(title, 200, TITLE_PX, scores(title))]
        rows += [row(text, 400 + 100 * i, BODY_PX, scores(text)) for i, text in enumerate(words)]
        return of_rows(tuple(rows), HEIGHT_PX)

    return build


def _narrow(cell: Row) -> Row:
    """The row with letters of the text's size in a box as high as its table's cell."""
    line = cell.lines[0]
    (x, y), right = line.box[0], line.box[0][0] + BODY_PX * len(line.text)
    box = ((x, y), (right, y), (right, y + cell.height), (x, y + cell.height))
    narrow = Line(text=line.text, score=line.score, box=box, scores=line.scores)
    return Row((narrow,), cell.height, cell.top, x, right)


def field(fields: Sequence[Field], name: str, wanted: str = "") -> Field:
    return next(one for one in fields if one.name == name and wanted in one.wanted)


def test_page_that_says_everything_matches(page: Page) -> None:
    fields = compare(page(), ASKED)

    assert [one.verdict for one in fields] == [Verdict.MATCH] * 6
    assert overall(fields) is Verdict.MATCH


def test_nothing_asked_is_unclear(page: Page) -> None:
    assert overall(compare(page(), Application())) is Verdict.UNCLEAR


@pytest.mark.parametrize("title", ["集体资金使用申请", "集体资金支付说明", "证明", "介绍信"])
def test_other_title_is_a_mismatch(page: Page, title: str) -> None:
    found = field(compare(page(title), ASKED), "title")

    assert (found.verdict, found.why) == (Verdict.MISMATCH, Why.OTHER)
    assert found.read == title


def test_title_that_only_the_text_says_is_a_mismatch(page: Page) -> None:
    asked = Application(title="证明")

    found = field(compare(page("介绍信"), asked), "title")

    assert (found.verdict, found.why) == (Verdict.MISMATCH, Why.OTHER)


def test_title_set_as_small_as_the_text_is_unclear(page: Page) -> None:
    text = page()
    small = of_rows((row(TITLE, 200, BODY_PX), *text.rows[1:]), HEIGHT_PX)

    found = field(compare(small, ASKED), "title")

    assert (found.verdict, found.why) == (Verdict.UNCLEAR, Why.NOT_HEADING)


def test_title_over_a_table_of_high_rows_is_a_heading(page: Page) -> None:
    text = page()
    cells = [row(f"张{i}", 900 + 90 * i, 1.1 * TITLE_PX) for i in range(6)]
    table = map(_narrow, cells)

    found = field(compare(of_rows((*text.rows, *table), HEIGHT_PX), ASKED), "title")

    assert found.verdict is Verdict.MATCH


def test_title_after_its_office_matches(page: Page) -> None:
    found = field(compare(page("某某镇清溪村村民委员会" + TITLE), ASKED), "title")

    assert found.verdict is Verdict.MATCH


def test_title_read_in_doubt_is_unclear(page: Page) -> None:
    text = page("集体资金支村申请", sure={"村": 0.6})

    found = field(compare(text, ASKED), "title")

    assert (found.verdict, found.why) == (Verdict.UNCLEAR, Why.DOUBTFUL)


@pytest.mark.parametrize("name", ["张丽", "王伟", "赵志强"])
def test_other_name_is_a_mismatch(page: Page, name: str) -> None:
    fields = compare(page(row0=ROWS[0].replace("张伟", name)), ASKED)

    assert field(fields, "party", "张伟").verdict is Verdict.MISMATCH
    assert field(fields, "party", "李秀英").verdict is Verdict.MATCH
    assert overall(fields) is Verdict.MISMATCH


@pytest.mark.parametrize("sure", [0.3, 0.7])
def test_name_read_in_doubt_is_unclear(page: Page, sure: float) -> None:
    text = page(row0=ROWS[0].replace("张伟", "张韦"), sure={"韦": sure})

    assert field(compare(text, ASKED), "party", "张伟").verdict is Verdict.UNCLEAR


def test_right_name_that_was_only_guessed_is_unclear(page: Page) -> None:
    text = page(sure={"张伟": 0.4})

    assert field(compare(text, ASKED), "party", "张伟").verdict is Verdict.UNCLEAR


def test_look_alike_characters_are_unclear(page: Page) -> None:
    text = page(row0=ROWS[0].replace("李秀英", "李未英"))
    asked = Application(parties=("李末英",))

    assert overall(compare(text, asked)) is Verdict.UNCLEAR


def test_missing_name_on_a_page_of_guesses_is_unclear(page: Page) -> None:
    text = page(
        row0=ROWS[0].replace("张伟", "赵志强"), sure={"系清溪村村民，现申请支付工程款": 0.2}
    )

    assert field(compare(text, ASKED), "party", "张伟").verdict is Verdict.UNCLEAR


def test_name_over_the_end_of_a_row_is_found(page: Page) -> None:
    text = page(row0=ROWS[0][:-2] + "王", row1="建国" + ROWS[1])

    assert overall(compare(text, Application(parties=("王建国",)))) is Verdict.MATCH


@pytest.mark.parametrize("digits", ["12,345.61", "12,346.60", "92,345.60", "112,345.60"])
def test_one_digit_changed_is_a_mismatch(page: Page, digits: str) -> None:
    text = page(row0=ROWS[0].replace("12,345.60", digits), row1="请予核准。")

    found = field(compare(text, ASKED), "amount")

    assert (found.verdict, found.why) == (Verdict.MISMATCH, Why.OTHER)
    assert digits in found.read


def test_digit_read_in_doubt_is_unclear(page: Page) -> None:
    text = page(row0=ROWS[0].replace("12,345.60", "12,845.60"), row1="请予核准。", sure={"8": 0.8})

    assert field(compare(text, ASKED), "amount").verdict is Verdict.UNCLEAR


def test_missing_digit_is_unclear(page: Page) -> None:
    text = page(row0=ROWS[0].replace("12,345.60", "2,345.60"), row1="请予核准。")

    assert field(compare(text, ASKED), "amount").verdict is Verdict.UNCLEAR


def test_doubt_about_a_right_digit_hides_no_wrong_one(page: Page) -> None:
    text = page(row0=ROWS[0].replace("12,345.60", "92,345.60"), row1="请予核准。", sure={"45": 0.7})

    assert field(compare(text, ASKED), "amount").verdict is Verdict.MISMATCH


def test_many_doubts_prove_nothing(page: Page) -> None:
    text = page("隹休贲金文村申清", sure={"隹休贲金文村申清": 0.8})

    assert field(compare(text, ASKED), "title").verdict is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("digits", "words"),
    [("92,345.60", "壹万贰仟叁佰肆拾伍元陆角整"), ("12,345.60", "壹万贰仟叁佰肆拾陆元陆角整")],
)
def test_figures_and_words_that_differ_are_a_mismatch(page: Page, digits: str, words: str) -> None:
    text = page(
        row0=ROWS[0].replace("12,345.60", digits),
        row1=ROWS[1].replace("壹万贰仟叁佰肆拾伍元陆角整", words),
    )

    found = field(compare(text, ASKED), "amount")

    assert (found.verdict, found.why) == (Verdict.MISMATCH, Why.WRITINGS_DIFFER)


@pytest.mark.parametrize(
    ("said", "fen"),
    [("总投资48.0万元", 48_000_000), ("合计：¥860.00", 86_000), ("叁仟零伍元整", 300_500)],
)
def test_amount_in_other_forms_matches(page: Page, said: str, fen: int) -> None:
    text = page(row0="兹证明张伟、李秀英系清溪村村民，情况属实，本村", row1=said + "。")

    assert overall(compare(text, Application(amount_fen=fen))) is Verdict.MATCH


def test_page_without_an_amount_is_unclear(page: Page) -> None:
    text = page(row0="兹证明张伟、李秀英系清溪村村民，共3人", row1="请予核准。")

    found = field(compare(text, ASKED), "amount")

    assert (found.verdict, found.why) == (Verdict.UNCLEAR, Why.NONE_READ)


@pytest.mark.parametrize("day", ["2026年3月16日", "2025年3月15日", "二〇二六年三月十六日"])
def test_other_day_is_a_mismatch(page: Page, day: str) -> None:
    found = field(compare(page(row3=day), ASKED), "day")

    assert (found.verdict, found.why) == (Verdict.MISMATCH, Why.OTHER)


@pytest.mark.parametrize("day", ["二〇二六年三月十五日", "2026-03-15", "2026.3.15"])
def test_same_day_in_another_form_matches(page: Page, day: str) -> None:
    assert field(compare(page(row3=day), ASKED), "day").verdict is Verdict.MATCH


@pytest.mark.parametrize("day", ["2026年3月16日", "二〇二六年三月十六日"])
def test_day_read_in_doubt_is_unclear(page: Page, day: str) -> None:
    text = page(row3=day, sure={"16": 0.7, "十六": 0.7})

    assert field(compare(text, ASKED), "day").verdict is Verdict.UNCLEAR


def test_page_without_a_day_is_unclear(page: Page) -> None:
    assert field(compare(page(row3="特此证明"), ASKED), "day").why is Why.NONE_READ


def test_other_office_is_a_mismatch_and_a_missing_one_is_not(page: Page) -> None:
    other = field(compare(page(row2="某某镇青石村村民委员会"), ASKED), "org")
    missing = field(compare(page(row2="特此证明"), ASKED), "org")

    assert (other.verdict, other.why) == (Verdict.MISMATCH, Why.OTHER)
    assert (missing.verdict, missing.why) == (Verdict.UNCLEAR, Why.NONE_READ)


def test_mismatch_of_one_look_alone_is_unclear(page: Page) -> None:
    first = compare(page(row0=ROWS[0].replace("张伟", "张丽")), ASKED)
    second = compare(page(row0=ROWS[0].replace("张伟", "张纬"), sure={"纬": 0.5}), ASKED)

    assert overall(agreed(first, first)) is Verdict.MISMATCH
    assert overall(agreed(first, second)) is Verdict.UNCLEAR
    assert overall(agreed(first, compare(page(), ASKED))) is Verdict.UNCLEAR


def test_second_look_settles_a_doubt(page: Page) -> None:
    first = compare(page(sure={"张伟": 0.4}), ASKED)

    assert overall(agreed(first, compare(page(), ASKED))) is Verdict.MATCH
