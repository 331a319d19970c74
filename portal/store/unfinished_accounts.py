"""Accounts not yet open whose applicant has something left to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import exists, or_, select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState
from portal.domain.proof import Proof, ProofState
from portal.store.database import read

BATCH: Final = 500


def unfinished_accounts(system: str, until: datetime) -> Iterator[Sequence[int]]:
    """Numbers of pending accounts made until then that await a proof or stand returned, in batches.

    Each batch is read behind the last one in a transaction of its own, so that acts may lie between.
    """
    awaited = exists().where(Proof.account_id == Account.id, Proof.state == ProofState.AWAITED)
    returned = exists().where(
        Application.account_id == Account.id, Application.state == ApplicationState.RETURNED
    )
    query = (
        select(Account.id)
        .where(
            Account.system == system,
            Account.state == AccountState.PENDING,
            Account.created_at <= until,
            or_(awaited, returned),
        )
        .order_by(Account.id)
        .limit(BATCH)
    )
    last = 0
    while True:
        session = read()
        session.rollback()
        batch = session.scalars(query.where(Account.id > last)).all()
        session.rollback()
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        last = batch[-1]
