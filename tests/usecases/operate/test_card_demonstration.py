"""The demonstration's cards: made once, bound to 王小明's account, whatever broke off before."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.domain.account import Account
from portal.domain.application import PermissionRequest, RequestState
from portal.domain.card_challenge import CardPurpose
from portal.proofs.card.authorities import FILE
from portal.proofs.card.demo_cards import CARDS, DEMO_PIN, write_demonstration
from portal.store.audit_events import broken_links
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read
from portal.store.units import unit_by_code
from portal.usecases.card import bind_demonstration_card as bind_module
from portal.usecases.card import trust_authorities as trust_module
from portal.usecases.card.bind_demonstration_card import _signed
from portal.usecases.card.prove_card import ask_card
from portal.usecases.card.sign_in_with_card import CodeMailed, sign_in_with_card
from portal.usecases.entry.sign_in import actor_of
from portal.usecases.operate import prepare_demonstration as prepare_module
from portal.usecases.operate.deliver_letters import waiting_letters
from portal.usecases.operate.prepare_demonstration import prepare_demonstration
from tests.rig.acts import HWMS, more_rows, row_counts
from tests.rig.card_acts import all_bindings
from tests.rig.card_holders import newest_code
from tests.rig.people import circumstance
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import SMIS

BROWSER = "a newcomer's browser"


@pytest.fixture
def database_kind():
    """The cards are files; what is bound is tested on both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def app_settings():
    return {"PORTAL_DEMO": True, "PUBLIC_ORIGIN": "http://127.0.0.1:8000"}


@pytest.fixture
def at(app, ready_cards):
    with app.app_context():
        yield circumstance(app)


def sign_in(app, tmp_path, card: str, system=HWMS):
    at = circumstance(app)
    challenge = ask_card(system, CardPurpose.SIGN_IN, BROWSER, at)
    signed = _signed(tmp_path / "demonstration-cards/cards" / card, challenge)
    return sign_in_with_card(system, signed, BROWSER, at)


def enter(app, tmp_path, card: str, system=HWMS):
    return actor_of(sign_in(app, tmp_path, card, system).token, circumstance(app))


def refusal_code(app, tmp_path, card: str) -> str:
    return outcome(sign_in, app, tmp_path, card, SMIS).code


def ming() -> Account:
    return read().scalars(select(Account).where(Account.name == "ming")).one()


def test_a_newcomer_signs_in_with_a_card(app, at, tmp_path):
    told = prepare_demonstration(at)
    assert f"示範卡片 citizen（PIN {DEMO_PIN}）" in told
    assert enter(app, tmp_path, "citizen").name == "ming"
    assert broken_links(read()) == []


def test_every_other_card_shows_how_cards_are_turned_away(app, at, tmp_path):
    prepare_demonstration(at)
    codes = {card: refusal_of(enter, app, tmp_path, card).code for card in CARDS if card != "citizen"}
    assert codes == {
        "expired": "card-expired",
        "revoked": "card-revoked",
        "suspended": "card-suspended",
        "company": "card-kind",
        "professional": "card-kind",
        "institution": "card-institution",
        **dict.fromkeys(("central", "bureau", "dormant", "applicant", "newcomer"), "card-not-bound"),
    }


def test_smis_shows_each_answer(app, at, tmp_path):
    """Signed in, a first card's code, and the three refusals of manual 5."""
    prepare_demonstration(at)
    names = {card: enter(app, tmp_path, card, SMIS).name for card in ("central", "bureau", "professional")}
    assert names == {"central": "central", "bureau": "bureau", "professional": "yichun"}
    assert isinstance(sign_in(app, tmp_path, "citizen", SMIS), CodeMailed)
    code = newest_code("xiaoming@demo.example", at)
    assert f"　　{code[:4]} {code[4:]}\n" in waiting_letters(at.settings)[0].body
    codes = {
        card: refusal_code(app, tmp_path, card) for card in ("dormant", "applicant", "newcomer", "expired")
    }
    assert codes == {
        "dormant": "sign-in-suspended",
        "applicant": "card-waiting",
        "newcomer": "card-not-bound",
        "expired": "card-expired",
    }


def test_the_reviewers_of_smis_have_something_to_review(app, at):
    prepare_demonstration(at)
    waiting = select(PermissionRequest).where(PermissionRequest.state == RequestState.REQUESTED)
    requests = [one for one in read().scalars(waiting) if one.system == "smis"]
    bureau = unit_by_code(read(), "HB-65000")
    assert {one.review_path for one in requests} == {bureau.path}


def test_cards_of_an_older_version_are_made_anew(app, at, tmp_path, ready_cards):
    prepare_demonstration(at)
    shutil.rmtree(tmp_path / "demonstration-cards/cards/central")
    monkey = tmp_path / "demonstration-cards/cards/citizen/card.toml"
    monkey.unlink()
    prepare_demonstration(circumstance(app))
    assert monkey.exists()
    assert enter(app, tmp_path, "central", SMIS).name == "central"


def test_the_real_folder_is_made_and_private(app, tmp_path):
    """With keys of its own, as `make run` does it."""
    with app.app_context():
        prepare_demonstration(circumstance(app))
        folder = tmp_path / "demonstration-cards"
        assert {path.name for path in (folder / "cards").iterdir()} == set(CARDS)
        assert stat.S_IMODE((folder / "cards/citizen/key.pem").stat().st_mode) == 0o600
        assert enter(app, tmp_path, "citizen").name == "ming"


def test_a_second_start_keeps_cards_and_bindings(app, at, tmp_path):
    prepare_demonstration(at)
    citizen = tmp_path / "demonstration-cards/cards/citizen/certificate.pem"
    before, certificate = row_counts(), citizen.read_bytes()
    prepare_demonstration(circumstance(app))
    assert more_rows(before) == {}
    assert citizen.read_bytes() == certificate
    assert ming().id in [row.account_id for row in all_bindings()]


def test_new_passwords_leave_the_card_where_it_is(app, at, tmp_path):
    prepare_demonstration(at)
    before = [row.fingerprint for row in all_bindings()]
    (tmp_path / prepare_module.FILE).unlink()
    prepare_demonstration(circumstance(app))
    assert [row.fingerprint for row in all_bindings()] == before
    assert enter(app, tmp_path, "citizen").name == "ming"


def broken_off(*_, **__):
    raise KeyboardInterrupt


def test_broken_off_while_cards_were_made(app, at, tmp_path, ready_cards, monkeypatch):
    def half(folder: Path, now: datetime) -> None:
        ready_cards(folder, now)
        (folder / "authorities" / FILE).unlink()  # it is written last
        raise KeyboardInterrupt

    monkeypatch.setattr(trust_module, "write_demonstration", half)
    with pytest.raises(KeyboardInterrupt):
        prepare_demonstration(at)
    monkeypatch.setattr(trust_module, "write_demonstration", ready_cards)
    prepare_demonstration(circumstance(app))
    assert enter(app, tmp_path, "citizen").name == "ming"


def test_broken_off_before_the_lists_were_taken_in(app, at, tmp_path, monkeypatch):
    monkeypatch.setattr(trust_module, "refresh_lists", broken_off)
    with pytest.raises(KeyboardInterrupt):
        prepare_demonstration(at)
    monkeypatch.undo()
    prepare_demonstration(circumstance(app))
    assert enter(app, tmp_path, "citizen").name == "ming"


@pytest.mark.parametrize("step", ["ask_card", "bind_certificate"])
def test_broken_off_while_the_card_was_bound(app, at, tmp_path, monkeypatch, step):
    real = getattr(bind_module, step)
    monkeypatch.setattr(bind_module, step, broken_off)
    with pytest.raises(KeyboardInterrupt):
        prepare_demonstration(at)
    assert bindings_of(read(), ming().id) == []
    monkeypatch.setattr(bind_module, step, real)
    prepare_demonstration(circumstance(app))
    assert enter(app, tmp_path, "citizen").name == "ming"
    assert len(bindings_of(read(), ming().id)) == 1


def test_production_makes_no_cards(make_app, tmp_path):
    app = make_app(PORTAL_DEMO=False, PUBLIC_ORIGIN="http://localhost")
    assert app.test_cli_runner().invoke(args=["portal", "prepare"]).exit_code == 0
    assert not (tmp_path / "demonstration-cards").exists()


def test_writing_the_demonstration_leaves_no_key_of_an_authority(tmp_path):
    write_demonstration(tmp_path, datetime.now(UTC))
    keys = {
        path.relative_to(tmp_path).parts[0]
        for path in tmp_path.rglob("*.pem")
        if b"PRIVATE" in path.read_bytes()
    }
    assert keys == {"cards"}
