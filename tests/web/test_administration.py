"""主管機關_系統管理 over HTTP: another unit's account is not there, and each act has its answer."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from portal.domain.account import Account, AccountState
from portal.domain.audit import AuditEvent
from portal.domain.base import Base
from portal.domain.letter import LetterState, OutgoingLetter
from tests.rig.pages import read_page
from tests.rig.rows import new_account
from tests.rig.visits import ACCOUNTS, page_of, send, signed_in_client

UNITS = {
    "own": ("county-bureau", "EPB-65000"),
    "team": ("cleaning-team", "CT-65000010"),
    "other bureau": ("county-bureau", "EPB-63000"),
    "other team": ("cleaning-team", "CT-63000050"),
    "ministry": ("ministry", "MOENV"),
}
WITHIN = {"own", "team"}


@pytest.fixture
def clerks(make_person):
    return {
        name: make_person(f"clerk{n}", unit=of, state="waiting") for n, (name, of) in enumerate(UNITS.items())
    }


@pytest.fixture
def boss(app, make_person, clerks):
    """The browser of the bureau's administrator."""
    return signed_in_client(app, make_person("boss", kind="unit-administrator"))


def states(session) -> dict[str, tuple[AccountState, bool]]:
    session.rollback()
    return {
        row.public_id: (row.state, row.reviewed_at is not None) for row in session.scalars(select(Account))
    }


def rows_in_all(session) -> int:
    session.rollback()
    return sum(
        session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    )


def test_the_list_shows_those_within_reach(boss, clerks):
    answer = boss.get(ACCOUNTS)
    page_of(answer)
    for name, person in clerks.items():
        assert (person.email in answer.text) == (name in WITHIN), name
        assert (person.account_id in answer.text) == (name in WITHIN), name
    for words in (
        "帳號類型",
        "所屬單位",
        "姓名",
        "性別",
        "連絡電話",
        "傳真電話",
        "資料認證",
        "未認證",
        "環保局帳號啟用",
    ):
        assert words in answer.text


def test_another_units_account_is_not_there_whatever_one_wants_of_it(boss, clerks, session):
    before, rows = states(session), rows_in_all(session)
    nobody = boss.get(f"{ACCOUNTS}/nobody")
    for name in set(UNITS) - WITHIN:
        address = f"{ACCOUNTS}/{clerks[name].account_id}"
        answers = [boss.get(address), boss.get(f"{address}/form.pdf")]
        answers += [
            send(boss, f"{address}/{act}") for act in ("activation", "deletion", "verification-letter")
        ]
        assert [answer.status_code for answer in answers] == [404] * 5, name
        for answer in answers:
            assert clerks[name].email not in answer.text
            assert read_page(answer.text).headings == read_page(nobody.text).headings, "nobody learns which"
    assert (states(session), rows_in_all(session)) == (before, rows)


@pytest.mark.parametrize("act", ["activation", "deletion", "verification-letter"])
def test_several_at_once_leave_those_of_others_alone(boss, clerks, session, act):
    before = states(session)
    answer = send(
        boss, f"{ACCOUNTS}/batch", {"act": act, "accounts": [p.account_id for p in clerks.values()]}
    )
    page_of(answer)
    after = states(session)
    for name, person in clerks.items():
        changed = after[person.account_id] != before[person.account_id]
        assert changed == (name in WITHIN and act != "verification-letter"), name
        assert (person.name in answer.text) == (name in WITHIN), name
    assert answer.text.count("找不到這筆資料") >= 3


def test_a_batch_of_nothing_of_junk_and_of_too_many(boss, clerks, session):
    before = states(session)
    assert send(boss, f"{ACCOUNTS}/batch", {"act": "promotion", "accounts": "x"}).status_code == 400
    assert send(boss, f"{ACCOUNTS}/batch", {"accounts": "x"}).status_code == 400
    assert send(boss, f"{ACCOUNTS}/batch", {"act": "activation"}).status_code in {200, 422}
    many = {"act": "activation", "accounts": ["nobody"] * 500 + [clerks["own"].account_id]}
    assert send(boss, f"{ACCOUNTS}/batch", many).status_code in {200, 400}
    assert states(session) == before


def test_activation_deletion_and_letter_tell_what_they_did(boss, clerks, session):
    own, team = (f"{ACCOUNTS}/{clerks[name].account_id}" for name in ("own", "team"))
    for address, words in (
        (f"{own}/verification-letter", "已發送認證信給 clerk0"), (f"{own}/activation", "帳號 clerk0 已啟用"),
        (f"{team}/deletion", "帳號 clerk1 已刪除"),
    ):  # fmt: skip
        answer = send(boss, address, {"reason": "測試"})
        assert answer.status_code == 303
        assert answer.headers["Location"] == ACCOUNTS
        assert words in boss.get(ACCOUNTS).text
    assert states(session)[clerks["own"].account_id] == (AccountState.PENDING, True)
    assert states(session)[clerks["team"].account_id][0] is AccountState.ENDED
    again = send(boss, f"{own}/activation")
    assert again.status_code == 409
    assert "已經由其他人啟用" in again.text
    assert session.scalars(select(AuditEvent.actor).order_by(AuditEvent.id.desc())).first() == "hwms/boss"


def test_an_outdated_version_and_a_permission_not_offered_are_told_on_the_page(boss, clerks, session):
    address = f"{ACCOUNTS}/{clerks['own'].account_id}"
    page = page_of(boss.get(address))
    assert page.value("version") == "1"
    outdated = send(boss, f"{address}/activation", {"version": "7"})
    assert (outdated.status_code, "更動" in outdated.text) == (409, True)
    ticked = {"choose": "1", "version": "1", "permissions": ["reporting-control"]}
    refused = send(boss, f"{address}/activation", ticked)
    assert (refused.status_code, "不屬於這類單位" in refused.text) == (422, True)
    assert states(session)[clerks["own"].account_id] == (AccountState.PENDING, False)
    ticked["permissions"] = ["single-use-products", "fund-and-use"]
    assert send(boss, f"{address}/activation", ticked).status_code == 303


def test_nobody_reviews_their_own(app, make_person, session):
    person = make_person("boss", kind="unit-administrator")
    client = signed_in_client(app, person)
    for act in ("activation", "deletion"):
        assert send(client, f"{ACCOUNTS}/{person.account_id}/{act}").status_code in {403, 409}
    assert states(session)[person.account_id][0] is AccountState.ACTIVE


def test_fields_that_an_act_does_not_have_change_nothing(boss, clerks, session):
    extra = {
        "state": "active",
        "kind": "unit-administrator",
        "unit_id": "1",
        "role": "admin",
        "system": "portal",
    }
    send(boss, f"{ACCOUNTS}/{clerks['own'].account_id}/activation", extra)
    row = session.scalars(select(Account).where(Account.public_id == clerks["own"].account_id)).one()
    assert (row.state, row.kind, row.system) == (AccountState.PENDING, "general", "hwms")


def test_filters_and_pages_at_addresses_that_work_without_a_script(boss, session):
    for number in range(45):
        new_account(session, holder_name=f"王{number:02d}", email=f"wang{number:02d}@x.tw")
    session.commit()
    seen, address, pages = [], f"{ACCOUNTS}?name=王", 0
    while address:
        page = read_page(boss.get(address).text)
        numbers = list(page.offered.get("accounts", []))
        seen += numbers
        pages += 1
        following = [link for link in page.links if "before=" in link]
        address = following[0] if following else None
    assert (len(seen), len(set(seen)), pages) == (45, 45, 3)
    one = boss.get(f"{ACCOUNTS}?email=WANG07@")
    assert "wang07@x.tw" in one.text
    assert "wang08@x.tw" not in one.text
    kept = read_page(one.text)
    assert kept.value("email") == "WANG07@"
    assert "wang" not in boss.get(f"{ACCOUNTS}?name=%25").text, "a percent sign is a percent sign"


def test_after_an_act_one_is_back_where_one_was_and_nowhere_else(boss, clerks):
    address = f"{ACCOUNTS}/{clerks['own'].account_id}/verification-letter"
    where = f"{ACCOUNTS}?state=all"
    assert send(boss, address, {"back": where}).headers["Location"] == where
    for foreign in ("//evil.example", "https://evil.example", "/account/", f"{ACCOUNTS}/../../x", "\\\\evil"):
        target = send(boss, address, {"back": foreign})
        assert target.headers.get("Location", ACCOUNTS) == ACCOUNTS, foreign


def test_the_last_row_of_a_later_page_leads_back_to_the_first_and_not_to_an_empty_list(
    app, make_person, session
):
    fox = make_person("fox", state="waiting")
    for _ in range(20):
        new_account(session)
    session.commit()
    boss = signed_in_client(app, make_person("boss", kind="unit-administrator"))
    (second,) = [link for link in read_page(boss.get(ACCOUNTS).text).links if "before=" in link]
    assert list(read_page(boss.get(second).text).offered["accounts"]) == [fox.account_id]
    answer = send(boss, f"{ACCOUNTS}/{fox.account_id}/activation", {"back": second})
    assert answer.headers["Location"] == second
    left = boss.get(second)
    assert len(read_page(left.text).offered["accounts"]) == 20
    assert "共 20 筆" in left.text


def test_letters_that_nobody_will_get_are_shown_to_the_desk(app, make_desk, make_person, session):
    make_person("fox", state="waiting")
    session.execute(update(OutgoingLetter).values(state=LetterState.DEAD, last_error="550 no such user"))
    session.commit()
    page = signed_in_client(app, make_desk()).get("/authority/hwms/administration/letters")
    assert page.status_code == 200
    assert "fox@example.com" in page.text
    assert "550 no such user" in page.text
    assert "認證信" in page.text
