"""What a system file says, as the rest of the portal sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Zone = Literal["citizen", "vendor", "authority"]


@dataclass(frozen=True)
class Contact:
    """聯絡方式: one line of whom to ask."""

    label: str
    value: str


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


@dataclass(frozen=True)
class UnitKind:
    """單位類別 that may apply, and by which steps its unit is chosen."""

    key: str
    label: str
    choose_by: tuple[Literal["county", "unit"], ...] = ("unit",)


@dataclass(frozen=True)
class AccountKind:
    """帳號類型; `reviews` says whose accounts its holders review."""

    key: str
    label: str
    unit_kinds: tuple[str, ...]
    reviews: Literal["accounts", "every-system"] | None = None
    default: bool = False


@dataclass(frozen=True)
class Choice:
    """選項: one answer of a field of type `choice`."""

    key: str
    label: str


@dataclass(frozen=True)
class Field:
    """欄位: one question of the application; its type decides what is accepted."""

    key: str
    type: Literal[
        "captcha",
        "unit",
        "email",
        "person-name",
        "choice",
        "password",
        "password-again",
        "phone-with-extension",
        "phone",
        "account-kind",
        "permissions",
        "consent",
    ]
    label: str
    required: bool = True
    hint: str | None = None
    max: int = 60
    autocomplete: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Step:
    """步驟: fields under one title."""

    title: str
    field: tuple[Field, ...]


@dataclass(frozen=True)
class PermissionOffer:
    """功能權限 of an information system, and the unit kinds that may ask for it."""

    key: str
    group: str
    label: str
    unit_kinds: tuple[str, ...]


@dataclass(frozen=True)
class PasswordRule:
    """密碼規則; lengths count characters."""

    length: tuple[int, int]
    label: str
    require: tuple[Literal["upper", "lower", "digit", "symbol"], ...] = ()
    symbols: str = ""
    history: int = 3


@dataclass(frozen=True)
class CardRule:
    """憑證規則: which families of cards a system accepts."""

    profiles: tuple[Literal["moica", "moeaca", "hca"], ...] = ("moica",)


@dataclass(frozen=True)
class ReviewRule:
    """審核方式."""

    per: Literal["application", "request"] = "application"
    route: tuple[Literal["unit", "ancestors", "service-desk"], ...] = ("unit", "ancestors", "service-desk")
    menu: str = "帳號啟用"


@dataclass(frozen=True)
class InformationSystem:
    """資訊系統: one government information system, as its TOML file declares it."""

    key: str
    title: str
    short: str
    agency: str
    zone: Zone
    password: PasswordRule
    review: ReviewRule
    account_kind: tuple[AccountKind, ...]
    unit_kind: tuple[UnitKind, ...]
    listed: bool = True
    demo: bool = False
    account_name: Literal["email-local-part"] = "email-local-part"
    sign_in: tuple[Literal["password", "card"], ...] = ("password",)
    card: CardRule = field(default_factory=CardRule)
    active_when: tuple[Literal["review", "email-link"], ...] = ()
    form: Literal["account-application"] | None = None
    messages: dict[str, str] = field(default_factory=dict)
    contact: tuple[Contact, ...] = ()
    news: tuple[News, ...] = ()
    faq: tuple[Faq, ...] = ()
    link: tuple[Link, ...] = ()
    notice: Notice | None = None
    step: tuple[Step, ...] = ()
    permission: tuple[PermissionOffer, ...] = ()

    def fields(self) -> list[Field]:
        """All questions, in order."""
        return [field for step in self.step for field in step.field]

    def unit_kind_of(self, key: str) -> UnitKind | None:
        """The unit kind with this key, if it may apply here."""
        return next((kind for kind in self.unit_kind if kind.key == key), None)

    def account_kind_of(self, key: str) -> AccountKind | None:
        """The account kind with this key."""
        return next((kind for kind in self.account_kind if kind.key == key), None)

    def account_kinds_for(self, unit_kind: str) -> list[AccountKind]:
        """What may be asked for in a unit of this kind (manual 1 step 2: 清潔隊 has only 一般帳號)."""
        return [kind for kind in self.account_kind if unit_kind in kind.unit_kinds]

    def permissions_for(self, unit_kind: str) -> dict[str, list[PermissionOffer]]:
        """What may be asked for in a unit of this kind, by group (manual 1 step 3)."""
        groups: dict[str, list[PermissionOffer]] = {}
        for offer in self.permission:
            if unit_kind in offer.unit_kinds:
                groups.setdefault(offer.group, []).append(offer)
        return groups

    def permission_labels(self, keys: set[str]) -> dict[str, list[str]]:
        """Labels of these permissions by group, in the order of the file."""
        groups: dict[str, list[str]] = {}
        for offer in self.permission:
            if offer.key in keys:
                groups.setdefault(offer.group, []).append(offer.label)
        return groups

    def reviewing_kinds(self) -> list[str]:
        """Account kinds whose holders review accounts."""
        return [kind.key for kind in self.account_kind if kind.reviews]
