"""What people type into 單位查詢: words that are common, rare or nobody's, and a mix of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from tests.rig.many_units import institutions

FEW = 5_165
"""The manual's list; words are made from the names of so many units, which any longer list begins with."""
WORDS = 500
COMMONEST = 20
NONE = ("局診", "鑫龘", "所醫局", "診所安安安")
"""Nobody is called so; some of their halves are common."""


@dataclass(frozen=True)
class Search:
    """Something typed, and where one looks at what was found."""

    typed: str
    county: str = ""
    last: bool = False


def searches(seed: int = 7) -> dict[str, list[Search]]:
    """Kinds of searches; `words` is the mix of B4 and B5. The same for every size: made from the first units."""
    names = [row.name for row in institutions(FEW)]
    chance = random.Random(seed)
    grams = {
        n: Counter(name[i : i + n] for name in names for i in range(len(name) - n + 1)) for n in range(1, 6)
    }
    every = sum((grams[n] for n in range(2, 6)), Counter())
    commonest = [word for word, _ in every.most_common(COMMONEST)]
    mixed = []
    while len(mixed) < WORDS:
        name, size = chance.choice(names), chance.randint(2, 5)
        if len(name) >= size:
            begin = chance.randint(0, len(name) - size)
            mixed.append(name[begin : begin + size])
    found = {"words": [Search(word) for word in mixed + commonest]}
    for size in (2, 3, 5):
        ordered = [word for word, _ in grams[size].most_common()]
        few = [name[:size] for name in names if len(name) > size][:20]
        found[f"{size} characters, common"] = [Search(word) for word in ordered[:5]]
        found[f"{size} characters, common, last page"] = [Search(word, last=True) for word in ordered[:5]]
        found[f"{size} characters, rare"] = [Search(word) for word in few]
    pairs = {
        "rare": [
            f"{name[:2]} {name[1:3]}" for name in names[:80:4]
        ],  # every fourth begins with three of its own
        "common": [" ".join(two) for two in combinations([word for word, _ in grams[2].most_common(5)], 2)],
        "common and rare": [f"{name[:2]} {name[-2:]}" for name in names[:20]],
    }
    found |= {f"two words, {kind}": [Search(typed) for typed in both] for kind, both in pairs.items()}
    found["nothing found"] = [Search(word) for word in NONE]
    found["1 character"] = [Search(word) for word, _ in grams[1].most_common(5)]
    found["beginning of a code"] = [Search("35"), Search("3500")]
    found["nothing typed"] = [Search("")]
    found["nothing typed, last page"] = [Search("", last=True)]
    found["a county"] = [Search("", county="臺北市"), Search("", county="連江縣")]
    found["a county, 2 characters"] = [
        Search(word, county=place) for word in ("診所", "安仁") for place in ("臺北市", "連江縣")
    ]
    return found
