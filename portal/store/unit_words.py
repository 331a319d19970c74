"""The words under which a unit is found, and the expressions that ask for them.

Names are cut into pieces of one to five characters, so that any part of a name up to five is **one** word
of the index; longer parts are a phrase of pieces of five that overlap. (Pieces of two alone made 安仁診所
an intersection of two long lists, ten times as dear.) Every word stands there twice: marked with the unit's
kind, and with its kind and county. So a system asks for its kinds, or for a county, without walking a second
list beside. Codes are words by each of their beginnings. Full-width forms never come out of `search_key`,
so they stand in for punctuation, which the tokenizer of FTS5 would drop; nor do the circled letters below.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from portal.domain.county import COUNTIES
from portal.domain.normalisation import search_key

RULES: Final = 1
"""Raise it with every change of `words_of`: the next load of units then makes the index anew."""
PIECE: Final = 5
LONGEST: Final = 120
"""Characters of a name; what is longer is found nowhere."""
MOST_WORDS: Final = 10
_MARK: Final = 5
_CODE, _ALL = "Ⓒ", "Ⓐ"
_PLACES: Final = {search_key(name): chr(ord("a") + number) for number, name in enumerate(COUNTIES.values())}
"""A letter for each county."""
_EVERYWHERE: Final = "0"
_LETTERS: Final = (
    {code: 0x2400 + code for code in range(0x20)}
    | {0x7F: 0x2421}
    | {code: 0xFEE0 + code for code in range(0x21, 0x7F) if not chr(code).isalnum()}
)
_CODELIKE: Final = re.compile(r"[0-9a-z－]+")


class Findable(NamedTuple):
    """What of a unit can be searched."""

    id: int
    kind: str
    code: str
    name: str
    aliases: Sequence[str]
    county: str | None


def words_of(unit: Findable) -> list[str]:
    """All words of a unit, in the order of its text."""
    found = [_ALL]
    code = _letters(unit.code)
    found += [_CODE + code[:end] for end in range(1, len(code) + 1)]
    for name in (unit.name, *unit.aliases):
        for part in _letters(name).split(" "):
            # The single characters come last: they part the phrase of one name from the next one's.
            for size in range(PIECE, 0, -1):
                found += [part[at : at + size] for at in range(len(part) - size + 1)]
    marks = [_mark(unit.kind, None)]
    if unit.county and search_key(unit.county) in _PLACES:
        marks.append(_mark(unit.kind, unit.county))
    return [mark + word for mark in marks for word in found]


def as_sqlite_text(words: Sequence[str]) -> str:
    """For FTS5 with the tokenizer `ascii`, which parts at blanks and counts positions itself."""
    return " ".join(words)


def as_tsvector(words: Sequence[str]) -> str:
    """For PostgreSQL; only pieces of phrases need their positions."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        found = places.setdefault(word, [])
        if len(word) == _MARK + PIECE and place < 16_000:
            found.append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" if at else f"'{word}'" for word, at in places.items())


def sqlite_query(kinds: Sequence[str], typed: str, county: str | None) -> str | None:
    """A MATCH expression; None when nothing can be found."""
    return _query(kinds, typed, county, ('"{}"', " ", " AND ", " OR "))


def tsquery(kinds: Sequence[str], typed: str, county: str | None) -> str | None:
    """A `tsquery`; None when nothing can be found."""
    return _query(kinds, typed, county, ("({})", " <-> ", " & ", " | "))


def _query(
    kinds: Sequence[str], typed: str, county: str | None, signs: tuple[str, str, str, str]
) -> str | None:
    quoted, after, both, either = signs
    quote = "'{}'" if after != " " else "{}"
    parts = sorted(set(_letters(typed).split()))
    parts = [part for part in parts if not any(_follows(part, other) for other in parts)]
    if len(parts) > MOST_WORDS or any(len(part) > LONGEST for part in parts) or not kinds:
        return None

    def phrase(words: list[str]) -> str:
        return quoted.format(after.join(quote.format(word) for word in words))

    def asked(mark: str, part: str) -> str:
        last = max(len(part) - PIECE, 0)
        named = phrase([mark + part[at : at + PIECE] for at in range(last + 1)])
        if _CODELIKE.fullmatch(part):
            return f"({named}{either}{phrase([mark + _CODE + part])})"
        return named

    of_kinds = []
    for mark in (_mark(kind, county) for kind in kinds):
        all_of = [asked(mark, part) for part in parts] or [phrase([mark + _ALL])]
        of_kinds.append(f"({both.join(all_of)})")
    return either.join(of_kinds)


def _follows(part: str, other: str) -> bool:
    """Whether everything with the other has this part, too: then it need not be asked for."""
    return part != other and (other.startswith(part) or (part in other and not _CODELIKE.fullmatch(other)))


@lru_cache(maxsize=1024)
def _mark(kind: str, county: str | None) -> str:
    """Five letters for a kind, everywhere or in a county; two kinds are alike with a chance of one in a million."""
    place = _PLACES[search_key(county)] if county else _EVERYWHERE
    return b32encode(sha256(kind.encode()).digest())[: _MARK - 1].decode().lower() + place


def _letters(text: str) -> str:
    clean = search_key(text).encode("utf-8", "replace").decode("utf-8")
    return clean.translate(_LETTERS)
