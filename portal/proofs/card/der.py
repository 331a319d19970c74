"""A look at the bare bytes before any library sees them: DER as X.690 writes it, one value and nothing after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEEPEST: Final = 24
"""Levels of nesting; a real answer has about ten."""
MOST: Final = 4000
"""Values in one answer; a real one has about two hundred."""

_BOOLEAN, _INTEGER, _BIT_STRING, _NULL, _OID, _ENUMERATED = 1, 2, 3, 5, 6, 10
_CONSTRUCTED_ONLY: Final = frozenset({8, 11, 16, 17})  # EXTERNAL, EMBEDDED PDV, SEQUENCE, SET


class NotDer(ValueError):
    """Bytes that are no DER; `trailing` if they begin well and something follows."""

    def __init__(self, problem: str, *, trailing: bool = False) -> None:
        super().__init__(problem)
        self.trailing = trailing


def check_der(data: bytes) -> None:
    """Raises `NotDer` unless `data` is exactly one value: definite and shortest lengths, canonical primitives.

    The order within a SET OF is left alone: signers exist that do not sort signed attributes, and the signature
    covers the bytes as they were sent.
    """
    _, _, first_end = read_head(data, 0, len(data))
    if first_end != len(data):
        raise NotDer("bytes follow the value", trailing=True)
    open_values = [(0, len(data), 1)]
    count = 0
    while open_values:
        start, end, depth = open_values.pop()
        while start < end:
            count += 1
            if count > MOST:
                raise NotDer("too many values")
            tag, content, start_of_next = read_head(data, start, end)
            if tag & 0x20:
                if depth == DEEPEST:
                    raise NotDer("nested too deeply")
                open_values.append((content, start_of_next, depth + 1))
            _check_value(tag, data, content, start_of_next)
            start = start_of_next


@dataclass(frozen=True)
class Value:
    """One value of checked DER."""

    tag: int
    whole: bytes
    content: bytes


def values_in(data: bytes) -> list[Value]:
    """The values that stand side by side in `data`, which `check_der` has seen; raises `NotDer`."""
    found, start = [], 0
    while start < len(data):
        tag, content, end = read_head(data, start, len(data))
        found.append(Value(tag, data[start:end], data[content:end]))
        start = end
    return found


def dotted(content: bytes) -> str:
    """The content of an OBJECT IDENTIFIER as people write it; raises `NotDer`."""
    arcs, arc = [], 0
    for byte in content:
        if arc == 0 and byte == 0x80:
            raise NotDer("an OID with padding")
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def read_head(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Tag byte, where the content begins and where it ends; raises `NotDer`."""
    if end - start < 2:
        raise NotDer("cut off")
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise NotDer("a tag above 30")
    content = start + 2
    if length & 0x80:
        size = length & 0x7F
        if size == 0:
            raise NotDer("an indefinite length")
        if size > 4 or content + size > end:
            raise NotDer("a length beyond the end")
        length = int.from_bytes(data[content : content + size], "big")
        if length < 0x80 or length >> (8 * (size - 1)) == 0:
            raise NotDer("a length not written the shortest way")
        content += size
    if content + length > end:
        raise NotDer("a length beyond the end")
    return tag, content, content + length


def _check_value(tag: int, data: bytes, start: int, end: int) -> None:
    if tag & 0xC0:
        return  # context tags carry their own rules
    number, constructed = tag & 0x1F, bool(tag & 0x20)
    if number == 0 or constructed != (number in _CONSTRUCTED_ONLY):
        raise NotDer("a value built in a way that DER has not")
    if not constructed and not _canonical(
        number, data[start : min(end, start + 2)], end - start, data[end - 1]
    ):
        raise NotDer("a primitive value not written the canonical way")


def _canonical(number: int, head: bytes, length: int, last: int) -> bool:
    if number == _BOOLEAN:
        return length == 1 and head in (b"\x00", b"\xff")
    if number in (_INTEGER, _ENUMERATED):
        padded = length > 1 and (head[0], head[1] >> 7) in ((0x00, 0), (0xFF, 1))
        return length >= 1 and not padded
    if number == _BIT_STRING:
        return (
            length >= 1 and head[0] <= 7 and (length > 1 or head[0] == 0) and not last & ((1 << head[0]) - 1)
        )
    if number == _NULL:
        return length == 0
    if number == _OID:
        return length >= 1 and not last & 0x80
    return True
