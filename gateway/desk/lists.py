"""Items lists: read an authority's CSV file, compare versions, resolve a village's own list. Pure.

A file has a header row; `code` and `name` are needed. A file of forbidden items says where to
go instead (`instead_go_to`), one of allowed items says who approves (`approver_role`); a
column `verdict` decides for each row. What a file says wrong is told row by row, in Chinese,
because staff keep these files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from gateway.errors import GatewayError
from ledger.matters import Layer, Matter, MatterList, Verdict, normalise
from ledger.messages import VillageList

COLUMNS = (
    "code",
    "name",
    "verdict",
    "category",
    "materials",
    "instead_go_to",
    "approver_role",
    "max_copies",
    "source",
)
VERDICTS = {
    "allowed": Verdict.ALLOWED,
    "可以": Verdict.ALLOWED,
    "forbidden": Verdict.FORBIDDEN,
    "禁止": Verdict.FORBIDDEN,
    "discretionary": Verdict.DISCRETIONARY,
    "酌情": Verdict.DISCRETIONARY,
}
LARGEST_FILE = 2_000_000  # bytes
LONGEST_CODE = 60  # characters; a request names an item by it
LONGEST_TEXT = 2_000
MOST_COPIES = 200


class ListFileError(GatewayError):
    """A list file cannot be used; `rows` says where and why, for staff."""

    code = "list-file"
    hint = "Correct the rows in the file and import it again."

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__(";".join(rows))
        self.rows = rows


class Difference(Struct, frozen=True, kw_only=True):
    """What a new version changes; items are compared by their normalised names."""

    added: tuple[Matter, ...]
    removed: tuple[Matter, ...]
    changed: tuple[tuple[Matter, Matter], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def read_csv(file: bytes, layer: Layer, place: str, from_date: str) -> MatterList:
    """Return the list that a CSV file says; its version is given when it is released (0 here).

    Raises:
        ListFileError: every row that is wrong, with its line number.
    """
    table = _table(file)
    default = _default_verdict(table.fieldnames or ())
    wrong: list[str] = []
    matters: list[Matter] = []
    seen: dict[str, int] = {}
    for row in table:
        line = table.line_num
        problems = _problems(row, default)
        for key in (row.get("code") or "", normalise(row.get("name") or "")):
            if key and key in seen:
                problems.append(f"与第 {seen[key]} 行重复")
                break
        if problems:
            wrong.append(f"第 {line} 行:{'、'.join(problems)}")
            continue
        matter = _matter(row, layer, place, default)
        seen[matter.code] = seen[normalise(matter.name)] = line
        matters.append(matter)
    if wrong:
        raise ListFileError(tuple(wrong))
    if not matters:
        raise ListFileError(("文件里没有任何事项",))
    return MatterList(
        layer=layer, place=place, version=0, from_date=from_date, matters=tuple(matters)
    )


def only_codes(file: bytes, prefix: str) -> bytes:
    """Return the file with those rows alone whose code begins with `prefix`.

    Raises:
        ListFileError: it is no CSV file that we read.
    """
    table = _table(file)
    out = io.StringIO()
    writer = csv.DictWriter(out, table.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for row in table if (row.get("code") or "").startswith(prefix))
    return out.getvalue().encode()


def compare(old: MatterList | None, new: MatterList) -> Difference:
    """Return what `new` changes of `old` (None: nothing stood before)."""
    before = {} if old is None else {normalise(one.name): one for one in old.matters}
    after = {normalise(one.name): one for one in new.matters}
    return Difference(
        added=tuple(one for name, one in after.items() if name not in before),
        removed=tuple(one for name, one in before.items() if name not in after),
        changed=tuple(
            (before[name], one)
            for name, one in after.items()
            if name in before and before[name] != one
        ),
    )


def village_list(
    gateway: str,
    village: str,
    version: int,
    matters: Iterable[Matter],
    window: tuple[str, str],
    now_ms: int,
) -> VillageList:
    """Return the message by which a village's machines answer offline.

    `window` is the township window's name and phone.
    """
    return VillageList(
        gateway=gateway,
        village=village,
        version=version,
        at_ms=now_ms,
        window=window[0],
        window_phone=window[1],
        matters=tuple(matters),
    )


def _table(file: bytes) -> csv.DictReader[str]:
    if len(file) > LARGEST_FILE:
        raise ListFileError((f"文件不能超过 {LARGEST_FILE} 字节,实际 {len(file)} 字节",))
    table = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        columns = list(table.fieldnames or ())
    except csv.Error as error:
        raise ListFileError((f"第 1 行:不是 CSV 表头({error})",)) from error
    unknown = [name for name in columns if name not in COLUMNS]
    missing = [name for name in ("code", "name") if name not in columns]
    if unknown or missing or len(set(columns)) != len(columns):
        raise ListFileError(
            (
                f"第 1 行:表头应为 {'、'.join(COLUMNS)} 中的列且含 code、name,"
                f"实际为 {'、'.join(columns) or '空'}",
            )
        )
    return table


def _text(file: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListFileError(("文件不是 UTF-8 或 GB18030 编码的文本",))


def _default_verdict(columns: Iterable[str]) -> Verdict | None:
    if "instead_go_to" in columns:
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED if "approver_role" in columns else None


def _problems(row: dict[str, str], default: Verdict | None) -> list[str]:
    values: dict[Any, Any] = dict(row)  # csv puts what is too much or too little under None
    if None in values or None in values.values():
        return ["列数与表头不同"]
    found = [f"{name} 为空" for name in ("code", "name") if not row[name].strip()]
    if len(row["code"]) > LONGEST_CODE:
        found.append(f"code 超过 {LONGEST_CODE} 个字")
    found += [
        f"{name} 超过 {LONGEST_TEXT} 个字"
        for name, value in row.items()
        if len(value) > LONGEST_TEXT
    ]
    verdict = (row.get("verdict") or "").strip()
    if verdict and verdict not in VERDICTS:
        found.append(f"verdict 应为 {'、'.join(VERDICTS)},实际为“{verdict}”")
    if not verdict and default is None:
        found.append("无法判断可以还是禁止:请加 verdict 列")
    copies = (row.get("max_copies") or "").strip()
    if copies and not (copies.isascii() and copies.isdigit() and 1 <= int(copies) <= MOST_COPIES):
        found.append(f"max_copies 应为 1 到 {MOST_COPIES} 的整数,实际为“{copies}”")
    return found


def _matter(row: dict[str, str], layer: Layer, place: str, default: Verdict | None) -> Matter:
    verdict = VERDICTS.get((row.get("verdict") or "").strip(), default)
    assert verdict is not None, "_problems has refused such a row"
    copies = (row.get("max_copies") or "").strip()
    return Matter(
        code=row["code"].strip(),
        name=row["name"].strip(),
        verdict=verdict,
        layer=layer,
        place=place,
        category=(row.get("category") or "").strip(),
        materials=(row.get("materials") or "").strip(),
        instead=(row.get("instead_go_to") or "").strip(),
        basis=(row.get("source") or "").strip(),
        approver=(row.get("approver_role") or "").strip(),
        max_copies=int(copies) if copies else None,
    )
