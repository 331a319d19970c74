"""The list of accounts, page by page, agrees with a naive model over random rows and filters."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from sqlalchemy import event, select

from portal.domain.account import Account, AccountState
from portal.domain.proof import Proof, ProofState
from portal.domain.reach import WHOLE_TREE, Reach, reach_from
from portal.domain.unit import Unit
from portal.store import account_lists
from portal.store.account_lists import PAGE, AccountFilter, account_count, account_in_reach, account_page
from portal.store.database import read, write
from tests.rig.rows import NOON, new_account, unit

UNITS = ["MOENV", "MOENV-EMA", "EPB-63000", "EPB-65000", "CT-65000010", "CT-65000020", "CT-63000050"]
NAMES = [
    "王小明", "王小美", "谷辣斯．尤達卡", "100%_王", r"a\b王", "O'Brien", "Kolas Yotaka", "kolas_yotaka", "李％四",
    "ｗａｎｇ",
]  # fmt: skip
EMAILS = ["fox@ntpc.gov.tw", "fo_x@ntpc.gov.tw", "fo%x@ntpc.gov.tw", r"f\x@epa.gov.tw", "wang@taipei.gov.tw"]
TYPED = ["", "王", "小", "%", "_", "\\", "%_", "100%", "o_", "o%", "a\\b", "'", "''", "fox", "ntpc", "kolas"]
TYPED += ["KOLAS", "Yotaka", "zzz", ".gov"]
KINDS = ["", "general", "unit-administrator", "nobody"]
UNIT_KINDS = ["", "ministry", "county-bureau", "cleaning-team", "nothing"]
STATES = [*AccountState, None]
CAP = 5001


@pytest.fixture
def filled(app):
    """170 accounts of all sorts, the same ones each time."""
    chance = random.Random(20261120)
    with app.app_context(), write() as session:
        for _ in range(170):
            account = new_account(
                session,
                chance.choice(UNITS),
                kind=chance.choice(["general", "unit-administrator"]),
                state=chance.choices(list(AccountState), [6, 3, 1, 1])[0],
                reviewed_at=chance.choice([None, NOON]),
                holder_name=chance.choice(NAMES),
                email=chance.choice(EMAILS),
                system="hwms" if chance.random() < 0.9 else "portal",
            )
            if chance.random() < 0.7:
                proved = chance.random() < 0.5
                session.add(
                    Proof(
                        account_id=account.id,
                        kind="email-link",
                        state=ProofState.PROVEN if proved else ProofState.AWAITED,
                        proved_at=NOON if proved else None,
                    )
                )
    with app.app_context():
        yield read()


def everything(session) -> list[tuple[Account, Unit]]:
    query = select(Account, Unit).join(Unit, Unit.id == Account.unit_id)
    return [(account, of) for account, of in session.execute(query)]


def random_filter(chance: random.Random) -> AccountFilter:
    narrow = chance.random() < 0.6
    return AccountFilter(
        state=chance.choice(STATES),
        reviewed=chance.choice([None, None, True, False]),
        email=chance.choice(TYPED).lower() if narrow else "",
        name=chance.choice(TYPED) if narrow else "",
        unit_kind=chance.choice(UNIT_KINDS) if chance.random() < 0.3 else "",
        kind=chance.choice(KINDS) if chance.random() < 0.3 else "",
    )


def random_reach(session, chance: random.Random) -> Reach:
    paths = [unit(session, code).path for code in UNITS]
    if chance.random() < 0.3:
        return WHOLE_TREE
    return reach_from(chance.choice(paths), chance.sample(paths, chance.randint(0, 4)))


def expected(rows: list[tuple[Account, Unit]], reach: Reach, wanted: AccountFilter) -> list[int]:
    """Numbers of the accounts that belong into the list, newest first."""
    found = [
        account.id
        for account, of in rows
        if account.system == "hwms"
        and (account.state is wanted.state if wanted.state else account.state is not AccountState.ENDED)
        and reach.covers(account.unit_path)
        and account.unit_path.startswith(wanted.unit_path)
        and (wanted.reviewed is None or wanted.reviewed == (account.reviewed_at is not None))
        and wanted.email in account.email_key
        and wanted.name.lower() in account.holder_name.lower()
        and wanted.kind in ("", account.kind)
        and wanted.unit_kind in ("", of.kind)
    ]
    return sorted(found, reverse=True)


def walk(session, reach: Reach, wanted: AccountFilter) -> list[list[int]]:
    """All pages from the newest to the oldest, each also found again on the way back."""
    pages, more = [], True
    before = None
    while more:
        rows, more, total = account_page(session, "hwms", reach, wanted, before, None, CAP)
        pages.append([row.id for row in rows])
        before = pages[-1][-1] if rows else None
    for nearer, farther in reversed(list(pairwise(pages))):
        rows, more_newer, same_total = account_page(session, "hwms", reach, wanted, None, farther[0], CAP)
        assert [row.id for row in rows] == nearer
        assert more_newer == (nearer is not pages[0])
        assert same_total == total
    assert total == sum(map(len, pages))
    return pages


def test_pages_there_and_back_are_those_of_the_model(filled, monkeypatch):
    monkeypatch.setattr(account_lists, "FEW", 30)  # so that both ways of finding them are walked
    chance = random.Random(7)
    rows = everything(filled)
    sizes = set()
    for _ in range(250):
        reach, wanted = random_reach(filled, chance), random_filter(chance)
        model = expected(rows, reach, wanted)
        pages = walk(filled, reach, wanted)
        assert [number for page in pages for number in page] == model, (reach, wanted)
        assert all(len(page) == PAGE for page in pages[:-1])
        assert account_count(filled, "hwms", reach, wanted, 3) == min(3, len(model))
        sizes.add(len(pages))
    assert {1, 2, 3} <= sizes, "some lists have several pages"


def test_a_unit_narrows_the_list_but_never_widens_it(filled):
    bureau, team = unit(filled, "EPB-65000"), unit(filled, "CT-65000010")
    rows = everything(filled)
    for reach, path, seen in [
        (WHOLE_TREE, bureau.path, Reach(bureau.path)),
        (Reach(bureau.path), team.path, Reach(team.path)),
        (Reach(team.path), bureau.path, Reach(team.path)),
        (Reach(bureau.path, (team.path,)), team.path, None),
        (Reach(bureau.path), unit(filled, "EPB-63000").path, Reach(bureau.path)),
    ]:
        wanted = AccountFilter(state=None, unit_path=path)
        found = [number for page in walk(filled, reach, wanted) for number in page]
        assert found == (expected(rows, seen, AccountFilter(state=None)) if seen else [])


def test_an_account_is_found_within_reach_only(filled):
    chance = random.Random(3)
    reaches = [random_reach(filled, chance) for _ in range(8)]
    for account in filled.scalars(select(Account)).all():
        for reach in reaches:
            within = reach.covers(account.unit_path) and account.state is not AccountState.ENDED
            found = account_in_reach(filled, "hwms", reach, account.public_id)
            assert (found is account) == (within and account.system == "hwms")
    assert account_in_reach(filled, "hwms", WHOLE_TREE, "nobody") is None


def test_a_row_says_what_the_list_shows(filled):
    proofs = {proof.account_id: proof.state for proof in filled.scalars(select(Proof))}
    rows, _, _ = account_page(filled, "hwms", WHOLE_TREE, AccountFilter(state=None), None, None, CAP)
    assert len(rows) == PAGE
    for row in rows:
        account = filled.get_one(Account, row.id)
        of = filled.get_one(Unit, account.unit_id)
        assert (row.public_id, row.name, row.email) == (account.public_id, account.name, account.email)
        assert (row.unit_kind, row.unit_name, row.county) == (of.kind, of.name, of.county)
        assert row.reviewed == (account.reviewed_at is not None)
        assert row.email_proved == (proofs.get(row.id) is ProofState.PROVEN)


def test_a_page_costs_two_statements_however_it_is_filtered(app, filled):
    statements: list[str] = []
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    chance = random.Random(5)
    for number in range(1, 11):
        account_page(filled, "hwms", WHOLE_TREE, random_filter(chance), 10_000, None, CAP)
        assert sum(statement.startswith("SELECT") for statement in statements) == 2 * number
