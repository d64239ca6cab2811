"""The page as a file: one piece, no other host, what is vendored is what was published."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

from gateway.verifier import page
from gateway.verifier.page import SOURCES

VENDORED = SOURCES / "vendored"
LARGEST_BYTES, LARGEST_PACKED = 100_000, 34_000


def test_page_is_one_small_file() -> None:
    built = page.build()

    assert len(built) < LARGEST_BYTES
    assert len(gzip.compress(built)) < LARGEST_PACKED
    assert built == page.build()
    assert not re.search(rb"@[A-Z]+@", built)


def test_page_names_no_other_host_and_loads_nothing() -> None:
    text = re.sub(r"<!--.*?-->", "", page.build().decode(), flags=re.DOTALL)
    text = re.sub(r"; // .*", ";", text)  # remarks of the vendored files

    assert re.findall(r"https?://", text) == []
    assert (
        re.findall(r"<script (?!type=\"module\">)|<link (?!rel=\"icon\")|@import|url\(", text) == []
    )
    assert re.findall(r"^import |innerHTML|document\.write|eval\(", text, re.MULTILINE) == []


def test_policy_allows_the_very_script_and_the_own_origin_alone() -> None:
    text = page.build().decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)

    assert policy is not None and script is not None
    digest = hashlib.sha256(script[1].encode()).digest()
    assert page._hash(script[1]) in policy[1] and len(digest) == 32
    assert "default-src 'none'" in policy[1] and "connect-src 'self'" in policy[1]
    assert "unsafe" not in policy[1]


def test_vendored_files_are_those_whose_hashes_were_noted() -> None:
    rows = [line.split() for line in (VENDORED / "SHA256SUMS").read_text().splitlines()]
    noted = {name: digest for digest, name in rows}
    found = {
        str(path.relative_to(VENDORED)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDORED.glob("*/*")
    }

    assert found == noted
    assert {name.split("/")[0] for name in noted if name.endswith("/LICENSE")} == {
        path.name for path in VENDORED.iterdir() if path.is_dir()
    }


def test_page_carries_the_licences_of_what_it_contains() -> None:
    built = page.build().decode()

    for licence in VENDORED.glob("*/LICENSE"):
        assert licence.read_text(encoding="utf-8") in built


def test_page_is_written_once_and_again_when_it_was_changed(tmp_path: Path) -> None:
    page.write(tmp_path)
    first = (tmp_path / "verify.html").stat().st_mtime_ns
    page.write(tmp_path)
    unchanged = (tmp_path / "verify.html").stat().st_mtime_ns
    (tmp_path / "verify.html").write_text("other")
    page.write(tmp_path)

    assert first == unchanged
    assert (tmp_path / "verify.html").read_bytes() == page.build()


def test_no_source_line_hides_from_the_assembly() -> None:
    """Text over several lines would lose its indentation; a module is named in one form only."""
    for path in SOURCES.rglob("*.js"):
        lean = page._lean(path)
        broken = [line for line in lean.splitlines() if line.count("`") % 2]
        assert broken == [], path
        assert len(re.findall(r"^(?:import|export)\b", lean, re.MULTILINE)) == len(
            page._IMPORT.findall(lean)
        ) + len(page._EXPORTED.findall(lean)) + len(page._LIST.findall(lean)), path
