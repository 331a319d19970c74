"""匯出申請表: everything is on the paper, as text, and nothing typed is read as a command."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from portal.documents import application_form
from portal.documents.application_form import ApplicationForm, NoChineseFont, render_application_form
from portal.store.system_files import read_system_files

SYSTEM = read_system_files()["hwms"]
CASE = "HWMS-1151120-7K3M9Q"
PLAIN = ApplicationForm(
    system_title=SYSTEM.title,
    agency=SYSTEM.agency,
    case_number=CASE,
    submitted_at="115/11/20（五）14:05",
    account_name="fox52fox01",
    account_kind="一般帳號",
    unit_label="清潔隊 / 臺北市 / 中正區清潔隊",
    rows=[
        ("Email", "fox52fox@mail.taipei.gov.tw"),
        ("姓名", "張曉美"),
        ("性別", "女"),
        ("連絡電話", "02-25569785 分機 642"),
        ("傳真電話", ""),
    ],
    permissions=[("清除與回收", ["清除量與回收量月填報表"])],
    notice_version="2026-11",
)
EVERYTHING = [
    (group, [offer.label for offer in offers]) for group, offers in SYSTEM.permissions_for("ministry").items()
]


def reader(form: ApplicationForm) -> PdfReader:
    return PdfReader(io.BytesIO(render_application_form(form)))


def text(form: ApplicationForm) -> str:
    """All text of the form; line ends and spaces depend on the layout and are left out."""
    pages = [page.extract_text() for page in reader(form).pages]
    return re.sub(r"[\s\u200b]", "", "".join(pages))


def named(value: str) -> ApplicationForm:
    return replace(PLAIN, rows=[("姓名", value)])


def test_every_field_is_on_the_paper():
    found = text(PLAIN)
    for label, value in PLAIN.rows:
        assert re.sub(r"\s", "", label + (value or "—")) in found
    for words in [
        "主管機關帳號申請表",
        SYSTEM.title,
        SYSTEM.agency,
        CASE,
        "115/11/20（五）14:05",
        "帳號fox52fox01",
        "帳號類型一般帳號",
        "所屬單位清潔隊/臺北市/中正區清潔隊",
        "☑清除量與回收量月填報表",
        "申請人簽章",
        "單位主管核章",
        "機關（單位）印信／承辦人",
        "版本2026-11",
        f"案件編號{CASE}第1頁，共1頁",
    ]:
        assert words in found, words


def test_all_permissions_of_the_manual_by_group():
    form = replace(PLAIN, permissions=EVERYTHING)
    found = text(form)
    assert found.count("☑") == 30 + 1  # one in the head of the column
    for group, labels in EVERYTHING:
        assert group in found
        for label in labels:
            assert "☑" + re.sub(r"\s", "", label) in found
    assert len(reader(form).pages) == 1


def test_without_permissions_it_says_so():
    assert "本次未申請功能權限" in text(replace(PLAIN, permissions=[]))


def test_it_is_tagged_and_titled_a4():
    pdf = reader(PLAIN)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in root
    assert root["/Lang"].lower().startswith("zh")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert CASE in pdf.metadata.title
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert [round(float(side) / 72 * 25.4) for side in pdf.pages[0].mediabox[2:]] == [210, 297]


def test_the_title_is_the_systems():
    assert "廠商帳號申請表" in text(replace(PLAIN, title="廠商帳號申請表"))


@pytest.mark.parametrize(
    "typed",
    ["#let x = 1", "$x^2$", "*粗*", "_斜_", "\\ \\u{41}", "<script>alert(1)</script>", "@ref", "`raw`", "// 註解",
     "/* 註 */", "= 標題", "- 項目", "#image(\"/etc/passwd\")", "#sys.inputs", "{{ 7*7 }}", "\"引號\"", "~ -- --- ...",
     "https://evil.example", "[x](y)", "</g></svg>"],
)  # fmt: skip
def test_markup_is_printed_and_not_obeyed(typed):
    assert "姓名" + re.sub(r"\s", "", typed) in text(named(typed))


@pytest.mark.parametrize(
    "name", ["張堃喆", "游錫堃", "陶喆", "龔𠮷田", "犇", "王峯", "Müller Ünal", "Lâm Đại-Hà", "葛󠄀城"]
)
def test_rare_names(name):
    found = text(named(name))
    spelled = "".join(char if char in found else f"［U+{ord(char):04X}］" for char in re.sub(r"\s", "", name))
    assert f"姓名{spelled}" in found


@pytest.mark.parametrize("char", ["\U00030000", "\ue123", "\u1ab0", "\u20f0", "ሀ"])
def test_a_character_without_a_font_is_spelled_out(char):
    assert f"姓名王［U+{ord(char):04X}］明" in text(named(f"王{char}明"))


def test_controls_and_direction_marks_do_not_reach_the_paper():
    assert "姓名ab明" in text(named("a\x00\x07\u202e\u200fb\n\u2028明"))


def test_many_strange_characters_still_make_a_form():
    strange = "".join(map(chr, range(0x1200, 0x1240)))
    assert reader(named(strange)).pages


def test_nothing_at_all_is_a_dash():
    assert "姓名—" in text(named(" "))


def test_very_long_values_break_and_fit_two_pages():
    email = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.gov.tw"
    form = replace(
        PLAIN, unit_label="臺" * 120, permissions=EVERYTHING,
        rows=[("Email", email), ("姓名", "名" * 60), *[("連絡電話", "9" * 400)] * 5],
    )  # fmt: skip
    found = text(form)
    assert email in found
    assert "名" * 60 in found
    assert "…" in found
    pages = reader(form).pages
    assert len(pages) == 2
    for page in pages:
        assert CASE in page.extract_text()
    last = pages[-1].extract_text()
    assert "申請人簽章" in last, "the boxes stay together"
    assert "承辦人" in last


def test_nothing_reaches_over_the_edge(tmp_path):
    image = rasterised(replace(PLAIN, rows=[("Email", "W" * 250), ("姓名", "i" * 250)]), tmp_path)
    margin = round(image.width * 14 / 210)
    for box in ((0, 0, margin, image.height), (image.width - margin, 0, image.width, image.height)):
        assert image.crop(box).getextrema() == (255, 255)


def rasterised(form: ApplicationForm, folder: Path) -> Image.Image:
    (folder / "form.pdf").write_bytes(render_application_form(form))
    command = ["pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-png", "form.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    (page,) = folder.glob("page*.png")
    return Image.open(page).convert("L")


def test_the_qr_code_holds_the_case_number_and_nothing_else(tmp_path):
    codes = zxingcpp.read_barcodes(rasterised(PLAIN, tmp_path))
    assert [code.text for code in codes] == [CASE]


def test_without_a_chinese_font_it_fails_loudly(tmp_path):
    with pytest.raises(NoChineseFont, match="fonts-noto-cjk"):
        application_form._fonts(tmp_path / "none", include_system=False)


def test_a_chinese_font_is_enough_without_the_systems():
    folder = Path(application_form.__file__).parents[2] / "static/vendor/fonts"
    _, families = application_form._fonts(folder, include_system=False)
    assert families == ["Noto Sans TC"]
