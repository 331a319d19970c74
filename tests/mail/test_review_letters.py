"""The letter about a decision: what was decided, and what comes next for whom."""

from __future__ import annotations

import pytest

from portal.domain.account import AccountState
from portal.mail import letters
from portal.mail.render import render
from portal.store.system_files import read_system_files

SYSTEM = read_system_files()["smis"]
ACTIVE = AccountState.ACTIVE
NEXT = {
    "opened": (["核准"], 0, ACTIVE, True, ["帳號可以使用了"], ["個人資料維護", "重新申請"]),
    "approved later": (["核准", "駁回"], 0, ACTIVE, False, ["請開啟下面的頁面登入"], ["帳號可以使用了"]),
    "returned before": (["退回補件"], 0, AccountState.PENDING, False, ["填寫相同的證號與單位"], ["登入後到"]),
    "returned in use": (["退回補件"], 0, ACTIVE, False, ["登入後到「個人資料維護」"], ["填寫相同的證號"]),
    "others wait": (["駁回"], 2, AccountState.PENDING, False, ["其餘 2 項", "目前不需要"], ["重新申請"]),
    "all refused": (["駁回"], 0, AccountState.ENDED, False, ["重新申請"], ["其餘", "登入後到"]),
    "refused in use": (["駁回"], 0, ACTIVE, False, ["再次申請"], ["重新申請"]),
}


@pytest.mark.parametrize("what", NEXT)
def test_a_decision_says_what_comes_next(what):
    outcomes, waiting, state, opened, told, untold = NEXT[what]
    lines = [
        (outcome, "同泰診所　個人防護裝備：承辦人", "" if outcome == "核准" else "請補件")
        for outcome in outcomes
    ]
    letter = letters.requests_decided(SYSTEM, "a@b.tw", "SMIS-1", lines, waiting, state, opened)
    body = render(letter.kind, letter.context, "https://x/")[1]
    assert all(words in body for words in told), body
    assert not any(words in body for words in untold), body
    assert "\n\n\n" not in body
    assert body.count("原因：請補件") == len(outcomes) - outcomes.count("核准")
