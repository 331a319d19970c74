"""One account and one open application per holder, however many browsers apply at the same moment."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.domain.account import Account
from portal.domain.application import Application
from portal.domain.refusal import Refusal
from portal.usecases.apply.apply_for_account import apply_for_account
from tests.rig.people import circumstance
from tests.rig.smis import SMIS, institution, personal_number, smis_person, smis_submission
from tests.rig.threads import together


def rows(session) -> tuple[int, int]:
    session.rollback()
    count = select(func.count())
    return session.scalar(count.select_from(Account)), session.scalar(count.select_from(Application))


def send_from(app, number: str):
    """Somebody sends the form with this number, each time with a name and a key of their own."""
    return lambda local: apply_for_account(SMIS, smis_submission(local, number=number), circumstance(app))


def test_six_browsers_with_one_number(app, session):
    institution(app)
    answers = together(app, send_from(app, personal_number()), ["a", "b", "c", "d", "e", "f"])
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert (len(answers) - len(refused), {answer.code for answer in refused}) == (1, {"application-waiting"})
    assert rows(session) == (1, 1)


def test_a_suspended_holder_comes_back_once(app, session):
    person = smis_person(app, state="suspended")
    answers = together(app, send_from(app, person.number), ["a", "b", "c"])
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert (len(refused), {answer.code for answer in refused}) == (2, {"application-waiting"})
    assert rows(session) == (1, 2)
