"""Whom the portal believes: nobody unless it is told, generated authorities in the demonstration alone."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.card_challenge import CardPurpose
from portal.domain.refusal import Refusal
from portal.proofs.card.authorities import FILE, BadAuthorities
from portal.usecases.card.prove_card import read_card
from portal.usecases.card.trust_authorities import cards_are_trusted, refresh_revocation_lists, trusted
from tests.rig.acts import HWMS, row_counts
from tests.rig.authority import DAY, NOON
from tests.rig.card_acts import BROWSER, asked, enter
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of

DEMONSTRATION = {"PORTAL_DEMO": True, "PUBLIC_ORIGIN": "http://127.0.0.1:8000"}
REFRESH = ["portal", "refresh-revocation-lists"]


@pytest.fixture
def database_kind():
    """Files decide here, not rows."""
    return "sqlite"


@pytest.fixture
def authorities(tree, tmp_path):
    """A folder of this test's own; its lists are of now, for what asks a clock."""
    (tmp_path / "kept").mkdir()
    return tree.write(tmp_path / "kept", datetime.now(UTC))


def test_production_refuses_generated_authorities_at_its_start(make_app, authorities):
    with pytest.raises(BadAuthorities, match="demonstration authorities are only for `make run`"):
        make_app(AUTHORITIES_PATH=str(authorities))


def test_production_refuses_those_in_its_own_folder_too(make_app, authorities, tmp_path):
    shutil.copytree(authorities, tmp_path / "authorities")
    with pytest.raises(BadAuthorities):
        make_app()
    assert make_app(**DEMONSTRATION), "the demonstration has a folder of its own"


def test_what_the_demonstration_left_behind_does_not_stop_production(make_app, authorities, tmp_path):
    shutil.copytree(authorities, tmp_path / "demonstration-cards/authorities")
    assert cards_are_trusted(make_app(**DEMONSTRATION).extensions["portal-settings"])
    assert not cards_are_trusted(make_app().extensions["portal-settings"])


@pytest.mark.parametrize("broken", ["", "[[authority]]\n", "nonsense", '[[authority]]\nname = "x"\n'])
def test_a_broken_file_is_told_at_the_start(make_app, authorities, broken):
    (authorities / FILE).write_text(broken)
    with pytest.raises(BadAuthorities, match=FILE):
        make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)


def test_without_authorities_the_portal_starts_and_takes_no_card(make_app, tree):
    app = make_app()
    settings = app.extensions["portal-settings"]
    assert not cards_are_trusted(settings)
    with pytest.raises(Refusal) as refused:
        trusted(settings)
    assert refused.value.status == 404
    client = app.test_client()
    assert "憑證卡片登入" not in client.get("/authority/hwms/").text
    for page in ("/authority/hwms/card", "/authority/hwms/card/check", "/account/certificates"):
        assert client.get(page).status_code in {303, 404}, page
    with app.app_context():
        at = circumstance(app, NOON)
        assert "用其他方式登入" in refusal_of(enter, tree.card(), at).sentence
        assert row_counts()["login_session"] == 0


def test_no_lists_no_cards(make_app, tree, authorities):
    """Before the job has run, nobody can tell who is revoked: every card is refused."""
    app = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)
    with app.app_context():
        at = circumstance(app, datetime.now(UTC))
        signed = asked(tree.card(), CardPurpose.CHECK, at)
        assert (
            refusal_of(read_card, HWMS, CardPurpose.CHECK, signed, BROWSER, at).code == "status-crl-missing"
        )


def test_the_job_takes_lists_in_and_keeps_them_fresh(make_app, tree, authorities, tmp_path):
    now = datetime.now(UTC)
    app = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)
    settings = app.extensions["portal-settings"]
    told = refresh_revocation_lists(settings, now)
    assert [(one.authority, one.outcome, one.entries) for one in told] == [
        ("root", "kept", 0), ("moica", "kept", 2), ("moeaca", "kept", 2), ("hca", "kept", 2),
    ]  # fmt: skip
    assert len(list((tmp_path / "revocation").iterdir())) >= 4
    assert {one.outcome for one in refresh_revocation_lists(settings, now)} == {"unchanged"}
    with app.app_context():
        signed = asked(tree.card(), CardPurpose.CHECK, at := circumstance(app, now))
        shown = read_card(HWMS, CardPurpose.CHECK, signed, BROWSER, at)
        assert shown.status_source == "crl"
        late = circumstance(app, now + 9 * DAY)
        signed = asked(tree.card(), CardPurpose.CHECK, late)
        assert (
            refusal_of(read_card, HWMS, CardPurpose.CHECK, signed, BROWSER, late).code == "status-crl-stale"
        )


def test_a_running_portal_sees_a_fresh_list(make_app, tree, authorities):
    """The job and the workers are other processes: what the one keeps, the others must notice."""
    now = datetime.now(UTC)
    app = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)
    settings = app.extensions["portal-settings"]
    refresh_revocation_lists(settings, now)
    later = now + 8 * DAY
    with app.app_context():

        def look():
            signed = asked(tree.card(), CardPurpose.CHECK, at := circumstance(app, later))
            return read_card(HWMS, CardPurpose.CHECK, signed, BROWSER, at)

        assert refusal_of(look).code == "status-crl-stale"
        tree.write(authorities, later)
        refresh_revocation_lists(settings, later)
        assert look().status_source == "crl"


def test_one_bad_list_does_not_stop_the_others(make_app, authorities):
    (authorities / "moica.crl").write_bytes(b"not a list")
    (authorities / "hca.crl").unlink()
    app = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)
    told = refresh_revocation_lists(app.extensions["portal-settings"], datetime.now(UTC))
    assert [one.outcome for one in told] == ["kept", "crl-malformed", "kept", "crl-no-file"]


def test_the_command(make_app, authorities):
    run = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION).test_cli_runner().invoke
    first = run(args=REFRESH)
    assert first.exit_code == 0
    assert first.output.splitlines() == [
        "root root.crl: kept, 0 entries",
        "moica moica.crl: kept, 2 entries",
        "moeaca moeaca.crl: kept, 2 entries",
        "hca hca.crl: kept, 2 entries",
        "accounts signed out for a revoked card: 0",
    ]
    assert "unchanged" in run(args=REFRESH).output


def test_the_command_says_when_there_is_nothing_to_fetch(make_app):
    told = make_app().test_cli_runner().invoke(args=REFRESH)
    assert told.exit_code == 1
    assert "AUTHORITIES_PATH" in told.output


def test_the_clock_of_the_server_may_be_a_little_off(make_app, tree, authorities):
    """A list of five minutes from now is taken: the authority's clock is not ours."""
    app = make_app(AUTHORITIES_PATH=str(authorities), **DEMONSTRATION)
    early = datetime.now(UTC) - DAY - timedelta(minutes=4)
    told = refresh_revocation_lists(app.extensions["portal-settings"], early)
    assert {one.outcome for one in told} == {"kept"}
