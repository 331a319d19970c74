"""What a browser has typed so far, between the pages of an application."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from portal.domain.actor import Circumstance
from portal.domain.draft import DRAFT_LIFE, PROOF_LIFE, ApplicationDraft, new_draft_id
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.database import read, write
from portal.store.drafts import draft_by_id, drop_draft, note_proof
from portal.store.sealed import seal, unseal

TOO_OLD: Final = "這份申請已超過 2 小時沒有繼續填寫，為了保護您的個人資料，內容已經清除，請從頭開始申請。"


@dataclass(frozen=True)
class Draft:
    """A draft as it stands; `id` is kept in the browser's cookie and nowhere else.

    `account` is the one whose application the visitor wants to change, `proved_account` the same after a
    proof by card, as long as that counts.
    """

    id: str
    answers: dict[str, Any] = field(default_factory=dict)
    proved_account: int | None = None
    account: int | None = None


def find_draft(system: InformationSystem, draft_id: str, at: Circumstance) -> Draft | None:
    """The browser's draft, if it has one that is not too old."""
    row = draft_by_id(read(), draft_id, system.key, at.now) if draft_id else None
    if row is None:
        return None
    return _draft(row, json.loads(unseal(at.settings.key("application-drafts"), row.sealed)), at)


def need_draft(system: InformationSystem, draft_id: str, at: Circumstance) -> Draft:
    """The browser's draft; raises `Refusal` where it is gone."""
    draft = find_draft(system, draft_id, at)
    if draft is None:
        raise Refusal(TOO_OLD, status=410, code="draft-gone")
    return draft


def keep_draft(system: InformationSystem, draft_id: str, at: Circumstance, **answers: Any) -> Draft:
    """Add answers to the draft (a new one, if there is none); it lives on for another while."""
    key = at.settings.key("application-drafts")
    with write() as session:
        row = draft_by_id(session, draft_id, system.key, at.now) if draft_id else None
        known = json.loads(unseal(key, row.sealed)) if row else {}
        known |= answers
        sealed = seal(key, json.dumps(known, ensure_ascii=False))
        if row is None:
            row = ApplicationDraft(id=new_draft_id(), system=system.key, sealed=sealed)
            session.add(row)
        row.sealed, row.expires_at = sealed, at.now + DRAFT_LIFE
        session.flush()
        return _draft(row, known, at)


def forget_draft(draft_id: str) -> None:
    """Drop it: it was sent, or the visitor begins anew."""
    with write() as session:
        drop_draft(session, draft_id)


def prove_draft(system: InformationSystem, draft_id: str, account_id: int, at: Circumstance) -> None:
    """Note that the holder of the account that is meant was proved just now. Raises `Refusal`."""
    with write() as session:
        found = draft_by_id(session, draft_id, system.key, at.now)
        if found is None or not note_proof(session, draft_id, account_id, at.now):
            raise Refusal(TOO_OLD, status=410, code="draft-gone")


def _draft(row: ApplicationDraft, answers: dict[str, Any], at: Circumstance) -> Draft:
    fresh = row.proved_at is not None and at.now - row.proved_at < PROOF_LIFE
    return Draft(row.id, answers, row.account_id if fresh else None, row.account_id)
