"""What people read in Chinese is punctuated in Chinese, wherever in the code it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("device", "gateway", "hardware", "ledger", "sim")
HAN = "\u4e00-\u9fff"
HALF_WIDTH = re.compile(rf"[{HAN}”）][,:;!?()]|[,:;!?(][{HAN}“]|[,:;][^ -~]")
PATTERN = re.compile(r"\\|\(\?")  # a regular expression is not read by people
MOST_ENGLISH = 0.5  # an English sentence that names a Chinese word keeps its own marks


def said_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string but docstrings; blanks of an f-string are `{}`."""
    tree = ast.parse(source)
    skipped = {id(part) for node in ast.walk(tree) for part in _not_read(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(_text(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _not_read(node: ast.AST) -> list[ast.expr]:
    """Docstrings, and the pieces of an f-string, which is read as a whole."""
    if isinstance(node, ast.JoinedStr):
        return node.values
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return [one.value for one in node.body[:1] if isinstance(one, ast.Expr)]
    return []


def _text(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def half_width(text: str) -> bool:
    """Whether a Chinese text has a mark of another script beside its characters."""
    chinese = len(re.findall(f"[{HAN}]", text))
    letters = len(re.findall("[A-Za-z]", text))
    if not chinese or PATTERN.search(text) or letters > chinese / MOST_ENGLISH:
        return False
    return HALF_WIDTH.search(text) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_no_chinese_text_carries_punctuation_of_another_script(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in said_in(path.read_text(encoding="utf-8"))
        if half_width(text)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第 2 行:代码为空", True),
        ("“彩票”当场拒绝:{}", True),
        ("陈明(镇审批)", True),
        ("第 2 行：代码为空", False),
        ("时间应写成 8:30，实际为“{}”", False),
        ("Such as 财务专用章; leave it empty.", False),
        (r"(\d+)(?:至|到)(\d+)", False),
    ],
)
def test_marks_are_told_apart(text: str, expected: bool) -> None:
    assert half_width(text) is expected
