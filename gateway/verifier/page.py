"""Page: put the verifier's sources together into one file, `verify.html`, and write it out.

Rules kept here:
- One file without any request but for the public log itself, so that it works from a web
  server, a disk or a USB stick. Browsers load no module from a disk, hence one inline script.
- The same bytes in every township: nothing of a configuration is in it, so its hash can be
  compared with that of the release.
- Vendored sources lie here as they were published, and are what their hashes say; only the way
  modules name each other is rewritten, and comments and indentation are left out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from gateway import files

NAME = "verify.html"
SOURCES = Path(__file__).parent
START = "app.js"

_IMPORT = re.compile(
    r"^import (?:\* as (?P<whole>\w+)|\{(?P<names>[^}]*)\}) from ['\"](?P<path>[^'\"]+)['\"];$",
    re.M,
)
_EXPORTED = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.M)
_NAME = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.M)
_LIST = re.compile(r"^export \{([^}]*)\};$", re.M)
_COMMENT = re.compile(r"^\s*/\*.*?\*/", re.M | re.S)
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


def build() -> bytes:
    """Return the page; the same bytes whenever the sources are the same."""
    script = _script()
    style = (SOURCES / "page.css").read_text(encoding="utf-8").replace("\n", "")
    policy = _POLICY.format(script=_hash(script), style=_hash(style))
    page = (SOURCES / "page.html").read_text(encoding="utf-8")
    parts = {"LICENCES": _licences(), "POLICY": policy, "STYLE": style, "SCRIPT": script}
    for name, text in parts.items():
        page = page.replace(f"@{name}@", text)
    return page.encode()


def write(folder: Path) -> None:
    """Write the page into the public folder, if another one or none lies there.

    Raises:
        OSError: the disk does not take it; what was there stands.
    """
    path, page = folder / NAME, build()
    if not path.exists() or path.read_bytes() != page:
        files.replace(path, page)


def _script() -> str:
    order: list[Path] = []
    _collect(SOURCES / START, order)
    names = {path: f"m{at}" for at, path in enumerate(order)}
    return "'use strict';\n" + "\n".join(_module(path, names) for path in order)


def _collect(path: Path, order: list[Path]) -> None:
    """Add a module after those that it needs."""
    for match in _IMPORT.finditer(_lean(path)):
        needed = (path.parent / match["path"]).resolve()
        if needed not in order:
            _collect(needed, order)
    order.append(path)


def _module(path: Path, names: dict[Path, str]) -> str:
    """Return a module as a function that is called once and returns what it exports."""
    text = _lean(path)
    exported = [
        *_NAME.findall(text),
        *(one.strip() for one in ",".join(_LIST.findall(text)).split(",")),
    ]
    text = _LIST.sub("", _EXPORTED.sub("", text))

    def needed(match: re.Match[str]) -> str:
        source = names[(path.parent / match["path"]).resolve()]
        return (
            f"const {match['whole'] or '{' + match['names'].replace(' as ', ':') + '}'}={source};"
        )

    text = _IMPORT.sub(needed, text)
    return (
        f"const {names[path]}=(()=>{{\n{text}\nreturn {{{','.join(filter(None, exported))}}};}})();"
    )


def _lean(path: Path) -> str:
    """Return a source without lines that are comments, empty lines and indentation."""
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _licences() -> str:
    found = sorted((SOURCES / "vendored").glob("*/LICENSE"))
    return "\n".join(path.read_text(encoding="utf-8") for path in found)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
