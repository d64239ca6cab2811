"""Canonical JSON: the one way in which a payload may be written (RFC 8785 within our limits).

ASCII keys, sorted; strings, booleans, null, integers below 2^53 in size, arrays and objects;
no floats, no duplicate keys. `decode` encodes once more and compares, so that every byte
string it accepts is the only encoding of its value.
"""

from __future__ import annotations

import json
from typing import Any

from ledger.errors import MalformedError

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 16  # nesting of our records is at most four; more is an attack on the parser


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        MalformedError: a float, a large integer, a non-ASCII key or a lone surrogate.
    """
    _check(value, 0)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MalformedError(f"expected Unicode text, found a lone surrogate: {error}") from error


def decode(data: bytes) -> dict[str, Any]:
    """Return the object that these canonical bytes say.

    Raises:
        MalformedError: not JSON, not an object, or not the canonical form of its value.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"expected canonical JSON, found no JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedError(f"expected a JSON object, found {type(value).__name__}")
    if encode(value) != data:
        raise MalformedError("expected canonical JSON (RFC 8785), found another spelling of it")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise MalformedError(f"expected at most {DEEPEST} levels, found more")
    match value:
        case None | bool() | str():
            return
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise MalformedError(f"expected an integer below 2^53, found {value}")
        case list() | tuple():
            for item in value:
                _check(item, depth + 1)
        case dict():
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise MalformedError(f"expected an ASCII key, found {key!r}")
                _check(item, depth + 1)
        case _:
            raise MalformedError(
                f"expected JSON values without floats, found {type(value).__name__}"
            )
