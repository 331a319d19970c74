"""Generated accounts: 100,000 times SCALE in all units of the seed, put into the database in bulk."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, insert, select, text

from portal.config import Settings
from portal.domain.account import Account, AccountState
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    RequestState,
)
from portal.domain.authenticator import Authenticator
from portal.domain.base import Base
from portal.domain.credential import PasswordCredential
from portal.domain.grant import Grant
from portal.domain.proof import Proof, ProofState
from portal.domain.unit import Unit, path_segment
from portal.store.credentials import SCHEME, hash_password
from portal.store.sealed import seal

SYSTEM, DESKS_SYSTEM = "hwms", "portal"
ACCOUNTS = 100_000
COUNTY_SHARE = 0.03
"""One county's part of all accounts: what the administrator whose list is measured may see."""
SIGN_INS = 500
"""Accounts of each hash cost that sign in."""
CHEAP, DEAR = 4, 12
"""Costs of a hash: where everything but the hash is measured, and the real one."""
PASSWORD = "Zx7#vmRkqLwp"
AUTHENTICATOR = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""The key of every administrator's app."""
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐周葉蘇莊呂江何蕭羅高"
GIVEN = "美怡雅淑家志俊宏豪文玉惠婷芬君明偉傑穎儀哲安心芳玲華國建欣品宜柏廷佳慧珮秀麗育承翰"
STATES = [(AccountState.PENDING, False, 78), (AccountState.PENDING, True, 3), (AccountState.ACTIVE, True, 16),
          (AccountState.SUSPENDED, True, 2), (AccountState.ENDED, True, 1)]  # fmt: skip
"""State, whether reviewed, and how many of a hundred: most wait, so that the list of those is long."""
BATCH = 5_000


@dataclass(frozen=True)
class People:
    """Who was made. Administrators are names; all share one password."""

    administrator: str
    path: str
    """The bureau of the administrator, whose county has about 3 % of the accounts."""
    other_administrator: str
    other_path: str
    """Another bureau, whose accounts are activated while the first list stays as it is."""
    desk: str
    sign_ins: dict[int, list[str]]
    """Names of active accounts by the cost of their hash."""


def generate(engine: Engine, settings: Settings, accounts: int) -> People:
    """Fill a migrated and seeded database."""
    with engine.begin() as connection:
        maker = _Maker(connection)
        people = maker.administrators()
        for first in range(0, accounts, BATCH):
            maker.accounts(min(BATCH, accounts - first))
            maker.write()
        maker.credentials(people, settings)
        maker.write()
        if connection.dialect.name == "postgresql":
            _tell_postgresql(connection)
    return people


class _Maker:
    """Collects rows by table and writes them in batches; numbers are counted here."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.random = connection, random.Random(20_261_120)
        self.start, self.last, self.applications = datetime(2026, 1, 1, tzinfo=UTC), 0, 0
        self.rows_of: dict[type[Base], list[dict[str, Any]]] = {}
        self.units = connection.execute(select(Unit.id, Unit.path, Unit.kind, Unit.code)).all()
        self.active: list[tuple[int, str]] = []

    def write(self) -> None:
        for noun, rows in self.rows_of.items():
            table = noun.__table__
            assert isinstance(table, Table)
            self.connection.execute(insert(table), rows)
        self.rows_of.clear()

    def _add(self, noun: type[Base], **values: Any) -> None:
        self.rows_of.setdefault(noun, []).append(values)

    def administrators(self) -> People:
        """One in each bureau, and the service desk; the counties measured are those nearest to 3 %."""
        bureaus = [unit for unit in self.units if unit.kind == "county-bureau"]
        inside = Counter(unit.path[:10] for unit in self.units if unit.kind != "ministry")
        bureaus.sort(key=lambda unit: abs(inside[unit.path] / len(self.units) - COUNTY_SHARE))
        names = [self._account(unit, "unit-administrator", AccountState.ACTIVE, True) for unit in bureaus]
        desk_id = max(unit.id for unit in self.units) + 1
        path = path_segment(desk_id)
        self.connection.execute(
            insert(Unit).values(
                id=desk_id, kind="service-desk", code="SERVICE-DESK", name="系統服務台", path=path, aliases=[]
            )
        )
        desk = self.connection.execute(
            select(Unit.id, Unit.path, Unit.kind, Unit.code).where(Unit.id == desk_id)
        )
        desk_name = self._account(desk.one(), "service-desk", AccountState.ACTIVE, True, DESKS_SYSTEM)
        return People(names[0], bureaus[0].path, names[1], bureaus[1].path, desk_name, {})

    def accounts(self, number: int) -> None:
        """Applicants and holders, spread over all units and in all states."""
        for _ in range(number):
            unit = self.random.choice(self.units)
            ((state, reviewed, _),) = self.random.choices(STATES, [part for *_, part in STATES])
            name = self._account(unit, "general", state, reviewed)
            if state is AccountState.ACTIVE:
                self.active.append((self.last, name))

    def _account(
        self, unit: Any, kind: str, state: AccountState, reviewed: bool, system: str = SYSTEM
    ) -> str:
        self.last += 1
        number, chance = self.last, self.random
        made = self.start + timedelta(seconds=30 * number)
        name, email = f"person{number}", f"person{number}@gov.example"
        proved = state is not AccountState.PENDING or (not reviewed and chance.random() < 0.6)
        holder = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
        phone = f"0{chance.randint(2, 8)}{chance.randint(2_000_000, 9_999_999)}"
        self._add(
            Account, id=number, public_id=secrets.token_urlsafe(12), system=system, kind=kind, name=name, state=state,
            unit_id=unit.id, unit_path=unit.path, holder_name=holder, gender=chance.choice(["female", "male"]),
            email=email, email_key=email, phone=phone, phone_extension=chance.choice([None, "123", "5042"]),
            fax=chance.choice([None, phone]), created_at=made, reviewed_at=made if reviewed else None,
            activated_at=made if state is not AccountState.PENDING else None,
            ended_at=made if state is AccountState.ENDED else None,
        )  # fmt: skip
        self._add(
            Proof, account_id=number, kind="email-link", state=ProofState.PROVEN if proved else ProofState.AWAITED,
            evidence={}, proved_at=made if proved else None,
        )  # fmt: skip
        if system == SYSTEM:
            answers = {"email": email, "name": holder, "gender": "female", "phone": phone}
            self._application(unit, made, reviewed, state, answers)
        return name

    def _application(
        self, unit: Any, made: datetime, reviewed: bool, state: AccountState, answers: dict[str, Any]
    ) -> None:
        self.applications += 1
        number, account = self.applications, self.last
        self._add(
            Application, id=number, public_id=secrets.token_urlsafe(12), case_number=f"BENCH-{number:08}",
            account_id=account, purpose=ApplicationPurpose.OPEN, submission_key=f"bench-{number}", answers=answers,
            version=1,
            state=ApplicationState.DECIDED if reviewed else ApplicationState.SUBMITTED, notice_version="2026-11",
            agreed_at=made, submitted_at=made, decided_at=made if reviewed else None,
        )  # fmt: skip
        wanted = (
            ["monthly-collection"] if unit.kind == "cleaning-team" else ["plastic-microbeads", "fund-and-use"]
        )
        for key in wanted:
            self._add(
                PermissionRequest, public_id=secrets.token_urlsafe(12), application_id=number, account_id=account,
                system=SYSTEM, unit_id=unit.id, unit_path=unit.path, permission=key,
                state=RequestState.APPROVED if reviewed else RequestState.REQUESTED,
            )  # fmt: skip
            if state is AccountState.ACTIVE:
                self._add(
                    Grant,
                    account_id=account,
                    system=SYSTEM,
                    unit_id=unit.id,
                    unit_path=unit.path,
                    permission=key,
                    granted_at=made,
                )

    def credentials(self, people: People, settings: Settings) -> None:
        """Passwords for those who sign in, authenticators for administrators; one hash for each would take an hour."""
        signing_in = iter(self.random.sample(self.active, 2 * SIGN_INS))
        hashes = {cost: hash_password(PASSWORD, settings.pepper, cost) for cost in (CHEAP, DEAR)}
        for cost, hashed in hashes.items():
            chosen = [next(signing_in) for _ in range(SIGN_INS)]
            people.sign_ins[cost] = [name for _, name in chosen]
            for account, _ in chosen:
                self._credential(account, hashed)
        for name in (people.administrator, people.other_administrator, people.desk):
            number = int(name.removeprefix("person"))
            self._credential(number, hashes[DEAR])
            sealed = seal(settings.key("authenticator"), AUTHENTICATOR)
            self._add(
                Authenticator, account_id=number, sealed_secret=sealed, set_at=self.start, last_used_step=0
            )

    def _credential(self, account: int, hashed: str) -> None:
        self._add(PasswordCredential, account_id=account, hash=hashed, scheme=SCHEME, created_at=self.start)


def _tell_postgresql(connection: Connection) -> None:
    """Numbers go on after ours, and the planner learns what autovacuum would have told it."""
    for noun in (Account, Application, Unit):
        table = noun.__tablename__
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        )
    connection.execute(text("ANALYZE"))


def waiting(connection: Connection, path: str, skip: int, most: int) -> list[Any]:
    """Accounts below a path that wait for a review, newest first: number, public number and address."""
    query = select(Account.id, Account.public_id, Account.email).where(*_waiting(path))
    return list(connection.execute(query.order_by(Account.id.desc()).offset(skip).limit(most)))


def count_waiting(connection: Connection, path: str) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(Account).where(*_waiting(path))).scalar_one()


def _waiting(path: str) -> list[ColumnElement[bool]]:
    return [
        Account.system == SYSTEM,
        Account.state == AccountState.PENDING,
        Account.reviewed_at.is_(None),
        Account.unit_path.startswith(path),
    ]
