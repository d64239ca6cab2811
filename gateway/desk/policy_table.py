"""Policy tables: one table of a policy file, whose readers note what is wrong and where. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from gateway.errors import GatewayError

LONGEST_TEXT = 200
MOST_TABLES = 100
_HEADER = re.compile(r"^\s*\[{1,2}\s*([A-Za-z_.]+)\s*\]{1,2}")
_KEY = re.compile(r"^\s*([A-Za-z_]+)\s*=")


class PolicyProblem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong in a policy file: where, expected, found, who must act."""

    line: int
    rule: str
    zh: str
    en: str

    @classmethod
    def of(cls, line: int, rule: str, zh: str, en: str, found: object) -> PolicyProblem:
        """Return a problem as its two sentences."""
        in_zh = f"规则“{rule}”：" if rule else ""
        in_en = f"rule {rule!r}: " if rule else ""
        return cls(
            line=line,
            rule=rule,
            zh=f"第 {line} 行，{in_zh}应为 {zh}，实际为 {found}；请起草人改正。",
            en=f"line {line}, {in_en}expected {en}, found {found}; the drafter corrects it.",
        )


class PolicyFileError(GatewayError):
    """A policy file cannot be used; `problems` says where and why, for the drafter."""

    code = "policy-file"
    hint = "The drafter corrects the lines named and checks the file again."

    def __init__(self, problems: tuple[PolicyProblem, ...]) -> None:
        super().__init__(" ".join(f"{one.zh} {one.en}" for one in problems))
        self.problems = problems


class Table:
    """A table of the file with its line; what is wrong goes into the list that all share."""

    def __init__(
        self,
        data: dict[str, Any],
        path: str,
        rule: str,
        lines: dict[str, int],
        problems: list[PolicyProblem],
    ) -> None:
        self._data, self._path, self._rule, self._lines = data, path, rule, lines
        self.problems = problems

    @classmethod
    def top(cls, data: dict[str, Any], text: str) -> Table:
        """Return the whole file as a table."""
        return cls(data, "", "", _lines_of(text), [])

    def wrong(self, zh: str, en: str, found: object, at: str = "") -> None:
        """Note that something else was expected here, or at a key of this table."""
        shown = "空" if found in ("", None) else str(found)[:80]
        problem = PolicyProblem.of(self._line(at), self._rule, zh, en, shown)
        if problem not in self.problems:
            self.problems.append(problem)

    def only(self, *keys: str) -> None:
        """Note every key that is none of these."""
        for key in self._data:
            if key not in keys:
                self.wrong(f"{'、'.join(keys)} 之一", f"one of {', '.join(keys)}", key, at=key)

    def text(self, key: str, default: str = "", among: Sequence[str] = ()) -> str:
        """Return a text that is not empty."""
        value = self._data.get(key, default)
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
            self.wrong(
                f"{key} 为 1 至 {LONGEST_TEXT} 字的文字",
                f"{key} as text of 1 to {LONGEST_TEXT} characters",
                value,
                at=key,
            )
            return ""
        if among and value not in among:
            self._not_among(key, among, value)
        return value

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within bounds."""
        value = self._data.get(key, default)
        if type(value) is not int or not least <= value <= most:
            self.wrong(
                f"{key} 为 {least} 至 {most} 的整数",
                f"{key} as a whole number from {least} to {most}",
                value,
                at=key,
            )
            return least
        return value

    def words(self, key: str, *, least: int, among: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a list of different words."""
        value = self._data.get(key, [])
        good = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if not good or len(value) < least or len(set(value)) != len(value):
            self.wrong(
                f"{key} 为至少 {least} 个不重复的词",
                f"{key} as a list of at least {least} different words",
                value,
                at=key,
            )
            return ()
        for one in value:
            if among and one not in among:
                self._not_among(key, among, one)
        return tuple(value)

    def table(self, key: str) -> Table | None:
        """Return a table that may be missing."""
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(f"{key} 为表 [{key}]", f"{key} as a table [{key}]", value, at=key)
            return None
        return self._inner(value, f"{self._path}.{key}".strip("."))

    def tables(self, key: str, least: int = 1) -> tuple[Table, ...]:
        """Return the tables of a list, at least so many."""
        value = self._data.get(key, [])
        good = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        if not good or not least <= len(value) <= MOST_TABLES:
            self.wrong(
                f"{key} 有 {least} 至 {MOST_TABLES} 项",
                f"{key} with {least} to {MOST_TABLES} tables",
                "无 / none" if not value else type(value).__name__,
                at=key,
            )
            return ()
        base = f"{self._path}.{key}".strip(".")
        return tuple(self._inner(one, f"{base}[{n}]") for n, one in enumerate(value))

    def _inner(self, data: dict[str, Any], path: str) -> Table:
        name = data.get("name")
        rule = name if path.startswith("rules") and isinstance(name, str) else self._rule
        return Table(data, path, rule, self._lines, self.problems)

    def _not_among(self, key: str, among: Sequence[str], found: str) -> None:
        self.wrong(
            f"{key} 为 {'、'.join(among)} 之一", f"{key} one of {', '.join(among)}", found, key
        )

    def _line(self, key: str) -> int:
        """Return the line of a key, or of the nearest table around it that has one."""
        path = f"{self._path}.{key}".strip(".") if key else self._path
        while path:
            if path in self._lines:
                return self._lines[path]
            if f"{path}[0]" in self._lines:
                return self._lines[f"{path}[0]"]
            path = path.rpartition(".")[0] if not path.endswith("]") else path.rpartition("[")[0]
        return 1


def _lines_of(text: str) -> dict[str, int]:
    """Return the line of every header and key, by a path such as `rules[0].tiers[1].from_fen`."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            here = _path_of(header[1], line.lstrip().startswith("[["), counts)
            lines[here] = number
        elif key is not None:
            lines.setdefault(f"{here}.{key[1]}".strip("."), number)
    return lines


def _path_of(header: str, is_list: bool, counts: dict[str, int]) -> str:
    """Return the path of a header; the last name of a list's header counts one further."""
    path = ""
    names = header.split(".")
    for n, name in enumerate(names):
        path = f"{path}.{name}".strip(".")
        if n == len(names) - 1 and is_list:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path
