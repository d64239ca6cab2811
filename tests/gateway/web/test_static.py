"""Static files: what is vendored is what was published, and nothing leads to another host."""

from __future__ import annotations

import re

from gateway.web.render import STATIC, TEMPLATES
from ledger.codec import sha256


def test_vendored_script_is_the_one_whose_hash_was_noted():
    (note,) = STATIC.glob("*.sha256")
    expected, name = note.read_text(encoding="ascii").split()

    assert sha256((STATIC / name).read_bytes()) == expected


def test_no_template_has_inline_code_or_another_host():
    sources = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")}
    inline = re.compile(r"\son[a-z]+=|\sstyle=|<style|<script(?! src=)|https?://|hx-on")

    assert {
        name: inline.findall(text) for name, text in sources.items() if inline.search(text)
    } == {}
