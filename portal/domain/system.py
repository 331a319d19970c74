"""What a system file says, as the rest of the portal sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from portal.domain.announcement import Contact, Faq, Link, News, Notice, Office
from portal.domain.dormancy import Dormancy
from portal.domain.system_rules import CardRule, ExpiryRule, PasswordRule, ReviewRule

Zone = Literal["citizen", "vendor", "authority"]


@dataclass(frozen=True)
class UnitKind:
    """單位類別 that may apply, and by which steps its unit is chosen."""

    key: str
    label: str
    choose_by: tuple[Literal["county", "unit", "search"], ...] = ("unit",)
    businesses: tuple[str, ...] = ()
    """What such a unit does, unless the unit itself says otherwise; permissions may need it."""


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
        "mobile-phone",
        "personal-number",
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
    """步驟: fields under one title; `own_page` puts them on a page of their own, before the next."""

    title: str
    field: tuple[Field, ...]
    own_page: bool = False


@dataclass(frozen=True)
class Role:
    """角色: in what capacity a permission is held, one per permission and unit.

    Who `reviews` decides about requests for the same permission within their reach.
    """

    key: str
    label: str
    reviews: bool = False


@dataclass(frozen=True)
class PermissionOffer:
    """功能權限 of an information system, and the unit kinds that may ask for it.

    `needs_business`: only units with this business may hold it. `options`: a further choice of several.
    """

    key: str
    group: str
    label: str
    unit_kinds: tuple[str, ...]
    needs_business: str | None = None
    options: tuple[Choice, ...] = ()
    options_label: str | None = None


@dataclass(frozen=True)
class InformationSystem:
    """資訊系統: one government information system, as its TOML file declares it."""

    key: str
    title: str
    short: str
    agency: str
    zone: Zone
    review: ReviewRule
    account_kind: tuple[AccountKind, ...]
    unit_kind: tuple[UnitKind, ...]
    password: PasswordRule = field(default_factory=lambda: PasswordRule((15, 128), ""))
    listed: bool = True
    demo: bool = False
    account_name: Literal["email-local-part"] = "email-local-part"
    sign_in: tuple[Literal["password", "card"], ...] = ("password",)
    second_proof: tuple[Literal["card", "authenticator"], ...] = ()
    """What those who review others show beside their password; empty: nothing."""
    card: CardRule = field(default_factory=CardRule)
    active_when: tuple[Literal["review", "email-link"], ...] = ()
    form: Literal["account-application"] | None = None
    messages: dict[str, str] = field(default_factory=dict)
    office: Office | None = None
    contact: tuple[Contact, ...] = ()
    news: tuple[News, ...] = ()
    faq: tuple[Faq, ...] = ()
    link: tuple[Link, ...] = ()
    notice: Notice | None = None
    step: tuple[Step, ...] = ()
    role: tuple[Role, ...] = ()
    permission: tuple[PermissionOffer, ...] = ()
    dormancy: Dormancy | None = None
    expiry: ExpiryRule | None = None

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

    def offer_of(self, key: str) -> PermissionOffer | None:
        """The permission with this key."""
        return next((offer for offer in self.permission if offer.key == key), None)

    def permission_label(self, key: str) -> str:
        """What the permission is called; one that is not declared any more shows its key."""
        return next((offer.label for offer in self.permission if offer.key == key), key)

    def role_label(self, key: str) -> str:
        """What the role is called; one that is not declared any more shows its key."""
        return next((role.label for role in self.role if role.key == key), key)

    def reviewing_roles(self) -> list[str]:
        """Roles whose holders decide about requests for the same permission."""
        return [role.key for role in self.role if role.reviews]

    def pages(self) -> list[tuple[Step, ...]]:
        """The steps by page of the application."""
        pages: list[tuple[Step, ...]] = [(step,) for step in self.step if step.own_page]
        rest = tuple(step for step in self.step if not step.own_page)
        return [*pages, rest] if rest else pages

    def has_pages(self) -> bool:
        """Whether the application has several pages (manual 5 steps 2 to 5)."""
        return len(self.pages()) > 1

    def searches_units(self) -> bool:
        """Whether a unit is found by 單位查詢 instead of lists."""
        return any("search" in kind.choose_by for kind in self.unit_kind)

    def usual_account_kind(self, unit_kind: str) -> str:
        """The kind that people of such a unit apply for where the form does not ask; "" if there is none."""
        kinds = sorted(self.account_kinds_for(unit_kind), key=lambda kind: not kind.default)
        return kinds[0].key if kinds else ""

    def question(self, type: str) -> Field | None:
        """The application's first field of this type."""
        return next((field for field in self.fields() if field.type == type), None)

    def asks(self, type: str) -> bool:
        """Whether the application has a field of this type."""
        return self.question(type) is not None

    def reviewing_kinds(self) -> list[str]:
        """Account kinds whose holders review accounts."""
        return [kind.key for kind in self.account_kind if kind.reviews]


def permission_heading(offers: Iterable[PermissionOffer]) -> str:
    """What lists call a permission among these: the name of their one group, or 權限 where there are several."""
    groups = {offer.group for offer in offers}
    return groups.pop() if len(groups) == 1 else "權限"
