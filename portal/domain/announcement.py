"""What a system tells people on its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Contact:
    """聯絡方式: one line of whom to ask."""

    label: str
    value: str


@dataclass(frozen=True)
class Office:
    """機關地址: where the agency of a system is, for the foot of its pages; without one, the portal's own."""

    address: str
    telephone: str


@dataclass(frozen=True)
class News:
    """最新消息."""

    date: date
    title: str
    body: str


@dataclass(frozen=True)
class Faq:
    """常見問題."""

    question: str
    answer: str


@dataclass(frozen=True)
class Link:
    """相關連結; without an address it is named only."""

    label: str
    address: str | None = None


@dataclass(frozen=True)
class NoticeItem:
    """告知項目: one of the items that article 8 of the 個人資料保護法 asks for."""

    label: str
    text: str


@dataclass(frozen=True)
class Notice:
    """告知事項: the privacy notice, whose version is kept with each application."""

    version: str
    title: str
    item: tuple[NoticeItem, ...]
    explanation: tuple[str, ...] = ()
