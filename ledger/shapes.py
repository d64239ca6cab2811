"""Shapes: an entry that holds the fields of its kind and no others, read in one go. Pure.

Nearly every entry is spelled as this version spells it. A shape knows all fields of a kind with
their bounds, and spells what it has read once more: only where the same bytes come out was it
read. So they are canonical JSON (RFC 8785), no field is unknown, twice or out of its bounds.

What no shape reads may be an entry all the same, with fields of a later version: `ledger.codec`
reads it the long way, by the same bounds, and it alone says what is wrong.

Which characters a text may have is asked of all texts with that bound at once: together they
have no other character exactly when none of them has. How long each may be is asked of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, Struct, UnsetType, structs

from ledger.canonical import LARGEST_INTEGER
from ledger.records import Party, Position, Record

_ENCODER = msgspec.json.Encoder(order="sorted")
_OF_ONE_CLASS = re.compile(r"\^\[([a-z0-9_-]+)\]\{([0-9]+)(?:,([0-9]+))?\}\\Z", re.ASCII)
_PLAIN: tuple[Any, ...] = (str, bool, NoneType, UnsetType)
_PARTIES: tuple[Party, ...] = ("device", "gateway")


class Shape:
    """Reads entries of one kind from one party."""

    def __init__(self, record: type[Record], party: Party) -> None:
        self.party, self.kind = party, record.kind
        self._record = record
        bounds = _bounds(record, party)
        self.names = frozenset(bounds)
        whole = msgspec.defstruct(
            record.__name__,
            [_field(name, *bounds[name]) for name in sorted(bounds)],
            kw_only=True,
            frozen=True,
            gc=False,
            forbid_unknown_fields=True,
        )
        self._decoder = msgspec.json.Decoder(whole)
        self._texts = tuple(_texts(bounds))
        self._of_body = tuple(field.name for field in structs.fields(record))
        self._body_values = _values(self._of_body)
        self._left_out = [name for name in self._of_body if bounds[name][1]]

    def read(self, payload: bytes) -> Any | None:
        """Return an entry with all its fields as attributes; None: it is not of this shape."""
        try:
            found = self._decoder.decode(payload)
            if _ENCODER.encode(found) != payload:
                return None
        except (ValueError, RecursionError, msgspec.MsgspecError):
            return None
        for characters, texts in self._texts:
            if "".join(texts(found)).encode().translate(None, characters):
                return None
        return found

    def position(self, found: Any) -> Position:
        """Return the position of what `read` returned."""
        author: str = getattr(found, self.party)
        return Position(
            device=author if self.party == "device" else None,
            gateway=author if self.party == "gateway" else None,
            epoch=found.epoch,
            seq=found.seq,
            prev=found.prev,
            boot=found.boot,
            at_ms=found.at_ms,
            mark=found.mark,
        )

    def body(self, found: Any) -> Record:
        """Return the body of what `read` returned."""
        values = dict(zip(self._of_body, self._body_values(found), strict=True))
        for name in self._left_out:
            if values[name] is UNSET:
                del values[name]
        return self._record(**values)


@cache
def of(record: type[Record]) -> tuple[Shape, ...]:
    """Return the shapes of a kind: one for each party that signs it; none if it has unusual fields.

    Nothing is wrong with such a kind: its entries are read the long way.
    """
    hints = get_type_hints(record, include_extras=True)
    own = {field.name for field in structs.fields(Position)} | {"kind"}
    usual = _is_known(Position) and all(
        field.name not in own and field.name == field.encode_name and _is_known(hints[field.name])
        for field in structs.fields(record)
    )
    return tuple(Shape(record, party) for party in record.authors) if usual else ()


def _bounds(record: type[Record], party: Party) -> dict[str, tuple[Any, bool]]:
    """Return, by name, the type of each field of an entry and whether it may be left out."""
    bounds: dict[str, tuple[Any, bool]] = {"kind": (Literal[record.kind], False)}
    for part in (Position, record):
        hints = get_type_hints(part, include_extras=True)
        for field in structs.fields(part):
            required = field.default is NODEFAULT and field.default_factory is NODEFAULT
            bounds[field.name] = hints[field.name], not required
    author = next(one for one in get_args(bounds[party][0]) if one is not NoneType)
    for name in _PARTIES:
        del bounds[name]
    bounds[party] = author, False
    return bounds


def _field(name: str, bound: Any, optional: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    """Return a field for `msgspec.defstruct`, without what `_texts` asks of it."""
    if optional:
        return name, bound | UnsetType, UNSET
    known = _class_of(bound)
    if known is None:
        return name, bound
    _, least, most = known
    return name, Annotated[str, Meta(min_length=least, max_length=most)]


def _texts(
    bounds: dict[str, tuple[Any, bool]],
) -> Iterator[tuple[bytes, Callable[[Any], Iterable[str]]]]:
    """Yield characters, and what returns the texts of an entry that may have no others."""
    names: dict[bytes, list[str]] = {}
    for name, (bound, optional) in bounds.items():
        known = None if optional else _class_of(bound)
        if known is not None:
            names.setdefault(known[0], []).append(name)
    for characters, those in names.items():
        twice = those if len(those) == 1 else []  # of one name alone it gives no tuple
        yield characters, attrgetter(*those, *twice)


def _class_of(bound: Any) -> tuple[bytes, int, int] | None:
    """Return the characters, the least and the most length of a text that has no other bound."""
    if get_origin(bound) is not Annotated:
        return None
    base, *metas = get_args(bound)
    pattern = metas[0].pattern if base is str and len(metas) == 1 else None
    if pattern is None or metas[0] != Meta(pattern=pattern):
        return None
    match = _OF_ONE_CLASS.fullmatch(pattern)
    if match is None:
        return None
    inside, least, most = match.groups()
    one = re.compile(f"[{inside}]", re.ASCII)
    characters = bytes(at for at in range(128) if one.fullmatch(chr(at)))
    return characters, int(least), int(most or least)


def _values(names: Iterable[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gets these attributes as a tuple, whatever their number."""
    those = tuple(names)
    if len(those) > 1:
        return attrgetter(*those)
    return lambda found: tuple(getattr(found, name) for name in those)


def _is_known(bound: Any) -> bool:
    """Tell whether canonical JSON allows whatever this type allows, in the spelling of `read`."""
    origin, inner = get_origin(bound), get_args(bound)
    if bound in _PLAIN or origin is Literal:
        return True
    if origin is Annotated:
        return _is_small(inner[1:]) if inner[0] is int else _is_known(inner[0])
    if origin is dict:
        return _class_of(inner[0]) is not None and _is_known(inner[1])
    if origin in (Union, UnionType, tuple):
        return all(one is ... or _is_known(one) for one in inner)
    if not (isinstance(bound, type) and issubclass(bound, Struct)):
        return False
    hints = get_type_hints(bound, include_extras=True)
    return all(_is_known(hints[field.name]) for field in structs.fields(bound))


def _is_small(metas: Iterable[Any]) -> bool:
    """Tell whether these bounds keep an integer to those that canonical JSON allows."""
    return any(
        isinstance(one, Meta)
        and isinstance(one.ge, int)
        and isinstance(one.le, int)
        and one.ge >= -LARGEST_INTEGER
        and one.le <= LARGEST_INTEGER
        for one in metas
    )
