"""A browser for scripts: follows links, fills in forms, keeps cookies; knows no JavaScript.

What a page's own script would do (htmx's polls) is asked for with `poll`. Everything that a form
carries hidden, such as its token, goes along as it does in a browser.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import ClassVar

from sim.errors import SimError

TIMEOUT_S = 30.0
_VOID = frozenset(
    ["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "use"]
)


class PageError(SimError):
    """A page is not as it was expected to be; `status` is the answer's, 0 without one."""

    code: ClassVar[str] = "page"
    hint: ClassVar[str] = "Open the address in a browser and compare."

    def __init__(self, expected: str, found: str, status: int = 0) -> None:
        super().__init__(expected, found)
        self.status = status


class Node:
    """One element of a page."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parts: list[Node | str] = []

    def __iter__(self) -> Iterator[Node]:
        """Give this element and everything in it, in the order of the page."""
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part

    def get(self, name: str) -> str:
        """Return an attribute, "" without it."""
        return self.attributes.get(name, "")

    @property
    def text(self) -> str:
        """All text in it, spaces run together."""
        said = "".join(part if isinstance(part, str) else f" {part.text} " for part in self.parts)
        return " ".join(said.split())

    def has_class(self, name: str) -> bool:
        """Tell whether it is of this class."""
        return name in self.get("class").split()


class Page:
    """One answer: where the browser ended up, and what is there."""

    def __init__(self, url: str, status: int, body: bytes, kind: str) -> None:
        self.url = url
        self.path = urllib.parse.urlsplit(url).path
        self.status = status
        self.body = body
        self.root = _parse(body) if kind.startswith("text/html") else Node("", {})

    def all(self, wanted: Callable[[Node], bool]) -> list[Node]:
        """Return every element that is wanted."""
        return [node for node in self.root if wanted(node)]

    def by_id(self, name: str) -> Node | None:
        """Return the element of this id, or None."""
        return next((node for node in self.root if node.get("id") == name), None)

    def notices(self) -> list[str]:
        """Return what the page says in its alerts."""
        return [node.text for node in self.all(lambda node: node.get("role") == "alert")]

    def says(self, text: str) -> bool:
        """Tell whether the page shows this text."""
        return " ".join(text.split()) in self.root.text

    def form(self, action: str, **holding: str) -> Node:
        """Return the form that is sent to `action` and holds fields of these values.

        Raises:
            PageError: there is none.
        """
        for node in self.all(lambda node: node.tag == "form"):
            fields = fields_of(node)
            if node.get("action") == action and holding.items() <= fields.items():
                return node
        found = sorted({node.get("action") for node in self.root if node.tag == "form"})
        raise PageError(f"a form to {action} at {self.path}", f"{found}; {self.root.text[:300]}")


class Browser:
    """One person's browser window on one site.

    Args:
        site: `http://host:port`.
    """

    def __init__(self, site: str) -> None:
        self.site = site.rstrip("/")
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def get(self, path: str, headers: dict[str, str] | None = None) -> Page:
        """Open a page.

        Raises:
            PageError: no answer, or one that is an error.
        """
        return self._open(path, None, headers or {})

    def poll(self, path: str) -> Page:
        """Ask as a page's script does; where it is sent elsewhere, open that page."""
        return self._open(path, None, {"HX-Request": "true"})

    def send(self, form: Node, **fields: str) -> Page:
        """Fill in a form and send it; what it holds already goes along.

        Raises:
            PageError: as `get`.
        """
        data = {**fields_of(form), **fields}
        return self._open(form.get("action"), urllib.parse.urlencode(data).encode(), {})

    def _open(self, path: str, data: bytes | None, headers: dict[str, str]) -> Page:
        url = urllib.parse.urljoin(f"{self.site}/", path)
        request = urllib.request.Request(url, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                elsewhere = answer.headers.get("HX-Redirect")
                page = Page(
                    answer.url, answer.status, answer.read(), answer.headers.get_content_type()
                )
        except urllib.error.HTTPError as error:
            page = Page(url, error.code, error.read(), error.headers.get_content_type())
            said = page.root.text or page.body.decode("utf-8", "replace")
            raise PageError(
                f"a page at {path}", f"{error.code}: {said[:300]}", error.code
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise PageError(f"an answer of {url}", str(error)) from error
        return self.get(elsewhere) if elsewhere else page


def fields_of(form: Node) -> dict[str, str]:
    """Return what a form holds by name; of buttons and choices nothing."""
    inputs = (node for node in form if node.tag == "input" and node.get("name"))
    return {node.get("name"): node.get("value") for node in inputs}


def _parse(body: bytes) -> Node:
    reader = _Reader()
    reader.feed(body.decode("utf-8", "replace"))
    reader.close()
    return reader.root


class _Reader(HTMLParser):
    """Builds the elements of a page; an end tag closes everything inside its element."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].parts.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].parts.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        names = [node.tag for node in self._open]
        if tag in names:
            last = len(names) - 1 - names[::-1].index(tag)
            del self._open[max(1, last) :]

    def handle_data(self, data: str) -> None:
        if self._open[-1].tag not in ("script", "style"):
            self._open[-1].parts.append(data)
