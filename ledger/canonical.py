"""Canonical JSON: the one way in which a payload may be written (RFC 8785 within our limits).

ASCII keys, sorted; strings, booleans, null, integers below 2^53 in size, arrays and objects;
no floats, no duplicate keys. `decode` encodes once more and compares, so that every byte
string it accepts is the only encoding of its value.
"""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec

from ledger.errors import MalformedError

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 16  # nesting of our records is at most four; more is an attack on the parser
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_NUMBER = b"0" * len(str(LARGEST_INTEGER))


def _no_float(text: str) -> NoReturn:
    raise MalformedError(f"expected JSON values without floats, found {text}")


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(float_hook=_no_float)


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        MalformedError: a float, a large integer, a non-ASCII key or a lone surrogate.
    """
    _check(value, 0)
    return _spell(value)


def decode(data: bytes) -> dict[str, Any]:
    """Return the object that these canonical bytes say.

    Raises:
        MalformedError: not JSON, not an object, or not the canonical form of its value.
    """
    try:
        value = _DECODER.decode(data)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise MalformedError(f"expected canonical JSON, found no JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedError(f"expected a JSON object, found {type(value).__name__}")
    if not _is_plain(data):
        _check(value, 0)
    if _spell(value) != data:
        raise MalformedError("expected canonical JSON (RFC 8785), found another spelling of it")
    return value


def _spell(value: Any) -> bytes:
    try:
        return _ENCODER.encode(value)
    except (UnicodeEncodeError, msgspec.MsgspecError) as error:
        raise MalformedError(f"expected Unicode text, found a lone surrogate: {error}") from error


def _is_plain(data: bytes) -> bool:
    """Whether these bytes show at a glance that `_check` has nothing to find in their value."""
    return (
        data.isascii()
        and data.count(b"{") + data.count(b"[") <= DEEPEST
        and _LONG_NUMBER not in data.translate(_DIGITS)
    )


def _check(value: Any, depth: int) -> None:
    """Refuse what our form forbids; on every entry's way, so it asks for exact types."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if depth > DEEPEST:
        raise MalformedError(f"expected at most {DEEPEST} levels, found more")
    if kind is int:
        if abs(value) > LARGEST_INTEGER:
            raise MalformedError(f"expected an integer below 2^53, found {value}")
    elif kind is list or kind is tuple:
        for item in value:
            _check(item, depth + 1)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise MalformedError(f"expected an ASCII key, found {key!r}")
            kind = type(item)
            if kind is int and -LARGEST_INTEGER <= item <= LARGEST_INTEGER:
                continue
            if kind is not str:
                _check(item, depth + 1)
    else:
        raise MalformedError(f"expected JSON values without floats, found {kind.__name__}")
