"""Certificate cards: who a card says its holder is, and the words for every card that is turned away."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.domain.refusal import Refusal


class CardProfile(enum.Enum):
    """憑證種類: which authority's family a card belongs to; told by the key that signed it, never by a name."""

    MOICA = "moica"
    """自然人憑證: a person."""
    MOEACA = "moeaca"
    """工商憑證: a company; several cards and people stand behind one 統一編號."""
    HCA = "hca"
    """醫事人員卡: a health professional."""


class CertificateStatus(enum.Enum):
    """憑證狀態: 有效, 廢止, 停用; a suspended certificate may be resumed, so its binding is kept."""

    GOOD = "good"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class CardHolder:
    """持卡人: what the authority certified about the holder; None is what this kind of card does not tell."""

    profile: CardProfile
    name: str
    """Of the person, or of the company."""
    last_four: str | None
    """身分證字號末四碼. Name and last four identify nobody by themselves."""
    subject_serial: str | None
    """serialNumber of the subject. It is not the card number; whether it survives a re-issue is unverified."""
    ubn: str | None
    """統一編號, eight digits, of a company."""
    subject_class: str | None
    """The kind of subject as a dotted OID below 2.16.886.1.100.3, such as …3.1.7, a health professional."""
    rank: str | None
    """`primary` (正卡) or `secondary` (附卡) of a company's card."""

    @property
    def is_person(self) -> bool:
        """Whether one human being is meant; a company's card proves the company and nobody in particular."""
        return self.profile is not CardProfile.MOEACA


@dataclass(frozen=True)
class PresentedCertificate:
    """出示憑證: a certificate whose card has just signed our challenge, checked in every way."""

    issuer_key_id: str
    """Hex; with `serial` it names the certificate for ever. DNs do not: generations share them."""
    serial: str
    """Hex, lower case, even number of digits."""
    fingerprint: str
    """SHA-256 of the whole certificate in hex, for the audit trail."""
    spki_hash: str
    """SHA-256 of the holder's public key in hex: one key belongs to one account."""
    not_before: datetime
    not_after: datetime
    card_number: str | None
    """卡號 as the reader told it. The card signed it along, the authority did not certify it: show, never trust."""
    holder: CardHolder
    status_source: str
    """Who said that it is not revoked: `ocsp` or `crl`."""
    distribution_points: tuple[str, ...] = ()
    """Which partial list of its authority covers it, to look it up again; these addresses are never asked."""
    challenge: str = ""
    """The number of the challenge it signed."""

    @property
    def told(self) -> dict[str, str]:
        """What the audit trail says of it: never the text that was signed."""
        return {"challenge": self.challenge, "card": self.fingerprint, "holder": self.holder.name}


class CardTrouble(enum.Enum):
    """卡片狀況: what a person can do something about; each has one sentence."""

    DAMAGED = "卡片的簽章資料不完整或已損壞，請重新插卡後再試一次；若仍無法完成，請更新讀卡元件。"
    OUTDATED = "讀卡元件使用的簽章方式過舊，本站無法接受，請更新讀卡元件後再試一次。"
    OTHER_REQUEST = "這個簽章不是為本次作業產生的，請回到原頁面重新開始。"
    TOO_LATE = "這次作業已逾時或已使用過，請重新開始。"
    WRONG_KIND = "這張卡片或憑證不能用在這裡，請改用符合本系統規定的憑證卡片。"
    WEAK_CARD = "這張卡片的金鑰強度不符現行安全規定，請向發卡機關換發新卡。"
    UNKNOWN_ISSUER = "無法確認這張卡片是由政府憑證機構簽發，請改用有效的憑證卡片。"
    UNREADABLE = "這張卡片的憑證內容無法辨識，請洽發卡機關確認憑證。"
    EXPIRED = "這張卡片的憑證已過期，請先至發卡機關網站辦理展期或換發新卡。"
    NOT_YET_VALID = "這張卡片的憑證尚未生效，請於生效日之後再使用。"
    REVOKED = "這張卡片的憑證已廢止，無法使用，請向發卡機關申請新卡。"
    SUSPENDED = "這張卡片的憑證目前停用中，請先向發卡機關辦理復用；您在本站的綁定仍會保留。"
    UNCHECKED = "目前無法向憑證機構查證這張卡片的狀態，不是您的卡片有問題，請過幾分鐘再試一次。"


class CardRefusal(enum.Enum):
    """憑證拒絕原因: why an answer or a card was turned away. The value is for the audit log alone."""

    # the answer
    ANSWER_EMPTY = "answer-empty"
    ANSWER_TOO_LARGE = "answer-too-large"
    ANSWER_NOT_BASE64 = "answer-not-base64"
    ANSWER_SHAPE = "answer-shape"
    ANSWER_NOT_DER = "answer-not-der"
    ANSWER_TRAILING_BYTES = "answer-trailing-bytes"
    ANSWER_MALFORMED = "answer-malformed"
    ANSWER_DETACHED = "answer-detached"
    ANSWER_SIGNERS = "answer-signers"
    ANSWER_NO_CERTIFICATE = "answer-no-certificate"
    ANSWER_NO_SIGNED_ATTRIBUTES = "answer-no-signed-attributes"
    ANSWER_ATTRIBUTES = "answer-attributes"
    ANSWER_WEAK_DIGEST = "answer-weak-digest"
    ANSWER_ALGORITHM = "answer-algorithm"
    ANSWER_DIGEST = "answer-digest"
    ANSWER_SIGNATURE = "answer-signature"
    ANSWER_OTHER_CONTENT = "answer-other-content"
    # the challenge it answers; the last five are the use-case's to find
    CHALLENGE_MALFORMED = "challenge-malformed"
    CHALLENGE_EXPIRED = "challenge-expired"
    CHALLENGE_SPENT = "challenge-spent"
    CHALLENGE_OTHER_SESSION = "challenge-other-session"
    CHALLENGE_OTHER_PURPOSE = "challenge-other-purpose"
    CHALLENGE_OTHER_ACCOUNT = "challenge-other-account"
    # the certificate
    CARD_MALFORMED = "card-malformed"
    CARD_SERIAL = "card-serial"
    CARD_WEAK_KEY = "card-weak-key"
    CARD_WEAK_DIGEST = "card-weak-digest"
    CARD_ISSUER_UNKNOWN = "card-issuer-unknown"
    CARD_FORGED = "card-forged"
    CARD_ISSUER_EXPIRED = "card-issuer-expired"
    CARD_EXPIRED = "card-expired"
    CARD_NOT_YET_VALID = "card-not-yet-valid"
    CARD_WRONG_POLICY = "card-wrong-policy"
    CARD_WRONG_USAGE = "card-wrong-usage"
    CARD_PATH = "card-path"
    CARD_PROFILE = "card-profile"
    CARD_UBN_MISMATCH = "card-ubn-mismatch"
    CARD_INSTITUTION = "card-institution"
    CARD_KIND = "card-kind"
    # its status
    CARD_REVOKED = "card-revoked"
    CARD_SUSPENDED = "card-suspended"
    ISSUER_REVOKED = "issuer-revoked"
    STATUS_UNKNOWN = "status-unknown"
    STATUS_OCSP_DOWN = "status-ocsp-down"
    STATUS_OCSP_SLOW = "status-ocsp-slow"
    STATUS_OCSP_TOO_LARGE = "status-ocsp-too-large"
    STATUS_OCSP_MALFORMED = "status-ocsp-malformed"
    STATUS_OCSP_REFUSED = "status-ocsp-refused"
    STATUS_OCSP_UNSIGNED = "status-ocsp-unsigned"
    STATUS_OCSP_RESPONDER = "status-ocsp-responder"
    STATUS_OCSP_OTHER_CARD = "status-ocsp-other-card"
    STATUS_OCSP_REPLAYED = "status-ocsp-replayed"
    STATUS_OCSP_STALE = "status-ocsp-stale"
    STATUS_OCSP_EARLY = "status-ocsp-early"
    STATUS_CRL_MISSING = "status-crl-missing"
    STATUS_CRL_STALE = "status-crl-stale"
    STATUS_CRL_OTHER_SHARD = "status-crl-other-shard"

    @property
    def trouble(self) -> CardTrouble:
        """What to tell the person; nothing here says more about a check than they need."""
        if self.value.startswith("status-"):
            return CardTrouble.UNCHECKED
        return _TROUBLES.get(self, CardTrouble.DAMAGED)


_TROUBLES: Final = {
    CardRefusal.ANSWER_WEAK_DIGEST: CardTrouble.OUTDATED,
    CardRefusal.ANSWER_ALGORITHM: CardTrouble.OUTDATED,
    CardRefusal.ANSWER_OTHER_CONTENT: CardTrouble.OTHER_REQUEST,
    CardRefusal.CHALLENGE_MALFORMED: CardTrouble.OTHER_REQUEST,
    CardRefusal.CHALLENGE_EXPIRED: CardTrouble.TOO_LATE,
    CardRefusal.CHALLENGE_SPENT: CardTrouble.TOO_LATE,
    CardRefusal.CHALLENGE_OTHER_SESSION: CardTrouble.OTHER_REQUEST,
    CardRefusal.CHALLENGE_OTHER_PURPOSE: CardTrouble.OTHER_REQUEST,
    CardRefusal.CHALLENGE_OTHER_ACCOUNT: CardTrouble.OTHER_REQUEST,
    CardRefusal.CARD_MALFORMED: CardTrouble.UNREADABLE,
    CardRefusal.CARD_SERIAL: CardTrouble.UNREADABLE,
    CardRefusal.CARD_WEAK_KEY: CardTrouble.WEAK_CARD,
    CardRefusal.CARD_WEAK_DIGEST: CardTrouble.WEAK_CARD,
    CardRefusal.CARD_ISSUER_UNKNOWN: CardTrouble.UNKNOWN_ISSUER,
    CardRefusal.CARD_FORGED: CardTrouble.UNKNOWN_ISSUER,
    CardRefusal.CARD_ISSUER_EXPIRED: CardTrouble.UNKNOWN_ISSUER,
    CardRefusal.CARD_PATH: CardTrouble.UNKNOWN_ISSUER,
    CardRefusal.ISSUER_REVOKED: CardTrouble.UNKNOWN_ISSUER,
    CardRefusal.CARD_EXPIRED: CardTrouble.EXPIRED,
    CardRefusal.CARD_NOT_YET_VALID: CardTrouble.NOT_YET_VALID,
    CardRefusal.CARD_WRONG_POLICY: CardTrouble.WRONG_KIND,
    CardRefusal.CARD_WRONG_USAGE: CardTrouble.WRONG_KIND,
    CardRefusal.CARD_INSTITUTION: CardTrouble.WRONG_KIND,
    CardRefusal.CARD_KIND: CardTrouble.WRONG_KIND,
    CardRefusal.CARD_PROFILE: CardTrouble.UNREADABLE,
    CardRefusal.CARD_UBN_MISMATCH: CardTrouble.UNREADABLE,
    CardRefusal.CARD_REVOKED: CardTrouble.REVOKED,
    CardRefusal.CARD_SUSPENDED: CardTrouble.SUSPENDED,
}


def refusal(reason: CardRefusal) -> Refusal:
    """The refusal to raise: the sentence for the person, the code for the audit log."""
    return Refusal(reason.trouble.value, code=reason.value)
