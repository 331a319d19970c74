"""匯出申請表 as it comes out of the printer: its text, and what its QR code holds."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Download
from pypdf import PdfReader


def text_of(pdf: bytes) -> str:
    """All text; line ends and spaces depend on the layout and are left out."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in pages))


def codes_on(pdf: bytes, folder: Path) -> list[str]:
    """What a scanner reads on the first page."""
    (folder / "form.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-png", "form.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    (page,) = folder.glob("page*.png")
    return [code.text for code in zxingcpp.read_barcodes(Image.open(page).convert("L"))]


def content_of(download: Download) -> bytes:
    """The bytes that were saved."""
    return Path(download.path()).read_bytes()
