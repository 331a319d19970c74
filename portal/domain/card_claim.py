"""Cards that claim to be the first of an account."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.account import Account
from portal.domain.base import Base, UtcDateTime
from portal.domain.certificate import CardHolder, CardProfile, PresentedCertificate
from portal.domain.counter import Limit
from portal.domain.one_time_token import TOKEN_LIFE, TokenPurpose

CLAIM_LIFE: Final = TOKEN_LIFE[TokenPurpose.BIND_CARD]
CODES_BY_CLAIM: Final = Limit("claim-codes", 5, CLAIM_LIFE)
"""Codes that may be tried before a claim is worth nothing."""
_BETWEEN_NAMES: Final = re.compile(r"[\s.\u00b7\u2022\u2027\u22c5\u30fb\uff0e\uff65]+")
"""Blanks, and the dots that names of indigenous people are written with, each office with another one."""


class CardClaim(Base):
    """卡片認領: a verified card whose name and last digits fit an account that has no card yet.

    They identify nobody, so the account opens only for the code that was mailed to the address of its
    application (the code of the token). Several rows share one `id` where several accounts fit; the code
    says which is meant. The certificate is kept sealed until then.
    """

    __tablename__ = "card_claim"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_id: Mapped[str] = mapped_column(ForeignKey("one_time_token.id"), primary_key=True, index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    system: Mapped[str] = mapped_column(String(40))
    browser_hash: Mapped[str] = mapped_column(String(64))
    sealed_certificate: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def new_claim_id() -> str:
    """192 random bits; the browser keeps it in its signed cookie."""
    return secrets.token_urlsafe(24)


def same_name(certified: str, typed: str) -> bool:
    """Whether a card and an application mean the same name, however it was keyed in."""
    return _name_key(certified) == _name_key(typed)


def fits(account: Account, certificate: PresentedCertificate) -> bool:
    """Whether a person's card tells the account's name and last four digits: a candidate, which proves nothing."""
    holder = certificate.holder
    known = holder.is_person and holder.last_four is not None
    return (
        known
        and holder.last_four == account.identity_last_four
        and same_name(holder.name, account.holder_name)
    )


def _name_key(name: str) -> str:
    return _BETWEEN_NAMES.sub("", unicodedata.normalize("NFKC", name).casefold())


def read_code(typed: str) -> str:
    """驗證碼 as people type it: full-width digits, blanks and hyphens are folded; "" if it is none."""
    code = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed[:60]))
    return code if re.fullmatch(r"\d{8}", code, re.ASCII) else ""


def certificate_text(certificate: PresentedCertificate) -> str:
    """The certificate as text, to be sealed until the code comes."""
    told = asdict(certificate)
    told |= {name: told[name].isoformat() for name in ("not_before", "not_after")}
    told["holder"]["profile"] = certificate.holder.profile.value
    return json.dumps(told, ensure_ascii=False)


def certificate_of(text: str) -> PresentedCertificate:
    """The certificate again."""
    told = json.loads(text)
    told |= {name: datetime.fromisoformat(told[name]) for name in ("not_before", "not_after")}
    holder = told.pop("holder")
    profile = CardProfile(holder.pop("profile"))
    told["distribution_points"] = tuple(told["distribution_points"])
    return PresentedCertificate(**told, holder=CardHolder(profile=profile, **holder))
