"""匯出申請表 (manual 1 step 5): the application on paper, to be signed and stamped.

Set by typst from the template beside this module. What people typed goes in as data, never as markup.
"""

from __future__ import annotations

import functools
import io
import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import typst

_TEMPLATE: Final = Path(__file__).with_suffix(".typ")
_FONT_FOLDER: Final = Path(__file__).resolve().parents[2] / "static" / "vendor" / "fonts"
_FAMILIES: Final[tuple[str, ...]] = (
    "Noto Sans TC",
    "Noto Sans CJK TC",
    "Noto Serif CJK TC",
    "Microsoft JhengHei",
    "PingFang TC",
)
_LONGEST_VALUE: Final = 300  # characters; a form of at most two pages, the portal keeps the whole
_HALF_LINE: Final = 26  # half-width characters that fit beside a second field
_MOST_SPELLED: Final = 40  # different characters spelled out; beyond them the font's empty box is good enough
_NO_FONT_FOR: Final = re.compile(r'the text `"(.+?)"` could not be displayed')

Row = tuple[str, str]


class NoChineseFont(RuntimeError):
    """typst would print the form with its Chinese left out: a fault of the installation."""

    def __init__(self) -> None:
        super().__init__(
            f"no font with Chinese characters, neither in {_FONT_FOLDER} nor in the system; "
            "run `make` to fetch it, or install fonts-noto-cjk"
        )


@dataclass(frozen=True)
class ApplicationForm:
    """帳號申請表: what the paper shows. Only labels and texts, no keys."""

    system_title: str
    agency: str
    case_number: str
    submitted_at: str
    """When the application was sent, as people read it in Taiwan (民國)."""
    account_name: str
    account_kind: str
    unit_label: str
    rows: list[Row]
    """Label and value of each further field, in the order of the application; never the password."""
    permissions: list[tuple[str, list[str]]]
    """Group and the labels asked for in it."""
    notice_version: str
    title: str = "主管機關帳號申請表"


def render_application_form(form: ApplicationForm) -> bytes:
    """The form as a tagged PDF (PDF/UA-1), A4, at most two pages.

    A character that no installed font has is printed as its code point, `［U+20BB7］`, so that nothing
    vanishes. Raises `NoChineseFont` where the Chinese would be missing.
    """
    import typst

    fonts, families = _fonts(_FONT_FOLDER)
    data = json.dumps({**_content(form), "fonts": families}, ensure_ascii=False)
    for _ in range(_MOST_SPELLED):
        try:
            return _set(data, fonts)
        except typst.TypstError as problem:
            missing = _without_glyph(problem, data)
            if not missing:
                raise
            data = data.translate({ord(char): _code_point(char) for char in missing})
    return _set(data, fonts, standard=None)


def _set(data: str, fonts: typst.Fonts, standard: Literal["ua-1"] | None = "ua-1") -> bytes:
    import typst

    inputs = {"form": data}
    pdf = typst.compile(_TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs=inputs, pdf_standards=standard)
    if not isinstance(pdf, bytes):
        raise TypeError("typst made pages instead of one document")
    return pdf


@functools.cache
def _fonts(folder: Path, include_system: bool = True) -> tuple[typst.Fonts, list[str]]:
    """Fonts to set with, and the preferred families among them; raises `NoChineseFont`."""
    import typst

    fonts = typst.Fonts(include_system_fonts=include_system, font_paths=[folder] if folder.is_dir() else [])
    installed = set(fonts.families())
    families = [name for name in _FAMILIES if name in installed]
    probe = '#set document(title: "probe")\n#set text(lang: "zh", region: "TW")\n帳號申請表'
    try:
        typst.compile(probe.encode(), font_paths=fonts, pdf_standards=["ua-1"])
    except typst.TypstError:
        raise NoChineseFont from None
    return fonts, families


def _content(form: ApplicationForm) -> dict[str, object]:
    first = [("帳號", form.account_name), ("帳號類型", form.account_kind), ("所屬單位", form.unit_label)]
    rows = [(_line(label), _line(value)) for label, value in [*first, *form.rows]]
    return {
        "title": _line(form.title),
        "system_title": _line(form.system_title),
        "agency": _line(form.agency),
        "case_number": _line(form.case_number),
        "submitted_at": _line(form.submitted_at),
        "notice_version": _line(form.notice_version),
        "rows": _in_pairs(rows),
        "permissions": [
            (_line(group), [_line(label) for label in labels]) for group, labels in form.permissions
        ],
        "qr": _qr(form.case_number),
    }


def _in_pairs(rows: list[Row]) -> list[list[Row]]:
    """Two short fields share a line; a long one has its own."""
    lines: list[list[Row]] = []
    for row in rows:
        short = _width(row[1]) <= _HALF_LINE
        if short and lines and len(lines[-1]) == 1 and _width(lines[-1][0][1]) <= _HALF_LINE:
            lines[-1].append(row)
        else:
            lines.append([row])
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _line(text: str) -> str:
    """One line of printable text; long words may break (a zero-width space after each 12 characters)."""
    kept = " ".join("".join(map(_printable, text)).split(" ")).strip() or "—"
    if len(kept) > _LONGEST_VALUE:
        kept = kept[: _LONGEST_VALUE - 1] + "…"
    return re.sub(r"[!-~]{25,}", lambda word: re.sub(r"(.{12})", "\\1\u200b", word[0]), kept)


def _printable(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Cs" | "Zl" | "Zp":
            return " "
        case "Cf":  # invisible: direction marks, joiners
            return ""
        case "Co":  # private use: every font draws another shape, or none
            return _code_point(char)
        case _:
            return char


def _qr(case_number: str) -> str:
    """SVG of a QR code that holds the case number and nothing else."""
    import segno

    out = io.BytesIO()
    segno.make(case_number, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def _without_glyph(problem: Exception, data: str) -> set[str]:
    """Characters that typst found no glyph for; empty if it complains about something else.

    For a letter under a mark no font has, it names the letter: then it is the marks on it that go.
    """
    found = _NO_FONT_FOR.search(str(problem))
    if found is None:
        return set()
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda escape: chr(int(escape[1], 16)), found[1])
    marks = {mark for letter, mark in pairwise(data) if letter in text and _is_mark(mark)}
    return marks or {char for char in text if not char.isascii()}


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def _code_point(char: str) -> str:
    return f"［U+{ord(char):04X}］"
