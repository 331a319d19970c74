"""The receipt where each request is decided by itself: what was sent, and nothing of who holds the number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.refusal import NotFound
from portal.store.database import read
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.show_application import Receipt, print_application, receipt
from portal.usecases.apply.update_application import update_application, withdraw_application
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.reviewing import BACK, MANAGES, NO, WANTS, YES, account, application, decide
from tests.rig.smis import (
    BUREAU,
    SMIS,
    institution,
    personal_number,
    smis_actor,
    smis_person,
    smis_submission,
)
from tests.rig.smis_acts import changes, proved

OTHER = "3501200002"


@pytest.fixture
def boss(app):
    """The bureau's manager of three categories, and how they act."""
    return smis_actor(app, smis_person(app, "boss", unit=BUREAU, wanted=MANAGES, holder="林主任"))


@pytest.fixture
def fox(app):
    """Somebody of a clinic who asks for three categories."""
    return smis_person(app, "fox", "waiting", wanted=WANTS)


def shown(app, public_id: str) -> Receipt:
    read().rollback()
    return receipt(SMIS, public_id, circumstance(app))


def test_somebody_who_comes_back_sees_what_they_sent_and_nothing_of_the_account(app):
    """Who sends it may be anybody who knows the number; so it looks like the receipt of somebody new."""
    number = personal_number()
    old = smis_person(app, "oldfox", "suspended", wanted=WANTS, holder="林小苗", number=number)
    institution(app, OTHER, "安康診所")
    with app.app_context():
        at = circumstance(app)
        sent = [smis_submission("new", OTHER, number=n) for n in (number, personal_number())]
        back, new = (shown(app, apply_for_account(SMIS, one, at)) for one in sent)
        assert account(old).email == old.email, "the account itself is as it was"
        for secret in (old.email, old.name, "同泰診所"):
            assert secret not in repr(back), secret
        assert (back.email, dict(back.answers)["所屬單位"]) == ("new@example.com", "醫事機構／安康診所")
        own = {"public_id": "", "case_number": "", "account_name": "", "outstanding": ()}
        strip = [replace(one, **own, answers=one.answers[1:]) for one in (back, new)]
        assert strip[0] == strip[1]
        assert isinstance(refusal_of(print_application, SMIS, back.public_id), NotFound), (
            "no printed form here"
        )


def test_the_personal_number_is_masked_and_telephones_are_as_understood(app):
    institution(app)
    number = personal_number()
    form = smis_submission(number=number, phone_extension="12", mobile="0912345678")
    with app.app_context():
        told = dict(shown(app, apply_for_account(SMIS, form, circumstance(app))).answers)
    assert told == {
        "使用者身分證號": f"{number[:3]}•••••{number[-2:]}", "所屬單位": "醫事機構／同泰診所",
        "使用者姓名": "林小苗", "主要連絡電話": "02-29603456#12", "主要電子信箱": "clover@example.com",
        "行動電話": "0912-345-678",
    }  # fmt: skip


STAGES = {
    "nothing decided": ({}, "waiting", False),
    "one approved": ({"ppe": YES}, "waiting", True),
    "one returned, others wait": ({"ppe": BACK}, "returned", False),
    "one of each": ({"ppe": YES, "antivenoms": BACK, "hiv_tb_drugs": NO}, "returned", True),
    "all returned": ({"ppe": BACK, "antivenoms": BACK, "hiv_tb_drugs": BACK}, "returned", False),
    "approved and refused": ({"ppe": YES, "antivenoms": NO, "hiv_tb_drugs": NO}, "approved", True),
    "all refused": ({"ppe": NO, "antivenoms": NO, "hiv_tb_drugs": NO}, "refused", False),
}


@pytest.mark.parametrize("what", STAGES)
def test_the_receipt_says_where_the_case_stands(app, boss, fox, what):
    wanted, stage, approved = STAGES[what]
    with app.app_context():
        if wanted:
            decide(fox, boss, **wanted)
        case = shown(app, fox.application_id)
        assert (case.stage, case.approved) == (stage, approved)
        over = stage in ("approved", "refused")
        assert case.closed_at == application(fox).decided_at == (boss.now if over else None)


def test_what_was_returned_and_sent_again_is_under_review(app, boss, fox):
    with app.app_context():
        decide(fox, boss, ppe=BACK)
        assert shown(app, fox.application_id).stage == "returned"
        update_application(SMIS, proved(app, fox), changes(fox), circumstance(app))
        case = shown(app, fox.application_id)
        assert (case.stage, case.closed_at) == ("waiting", None)


def test_what_the_holder_changed_behind_the_card_is_not_shown_to_who_sent_it(app, boss, fox):
    """A stranger may have sent it; the holder then puts their own data there."""
    with app.app_context():
        sent = changes(fox, email="holder@example.com", phone="0229609999")
        update_application(SMIS, proved(app, fox), sent, circumstance(app))
        case = shown(app, fox.application_id)
        assert (case.answers, case.asked, case.email) == (None, None, "")
        for secret in ("holder@example.com", "29609999"):
            assert secret not in repr(case)


def test_what_was_withdrawn(app, fox):
    with app.app_context():
        withdraw_application(SMIS, proved(app, fox), circumstance(app))
        assert shown(app, fox.application_id).stage == "withdrawn"
