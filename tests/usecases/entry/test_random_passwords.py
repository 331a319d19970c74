"""Passwords made for the demonstration keep the rule of their system, whatever chance brings."""

from __future__ import annotations

import pytest

from portal.domain.password_policy import check_password
from portal.usecases.operate.prepare_demonstration import random_password
from portal.usecases.read_systems import systems


@pytest.mark.parametrize("key", sorted(systems()))
def test_a_made_password_always_passes(key):
    rule = systems()[key].password
    made = [random_password(rule) for _ in range(300)]
    for password in made:
        check_password(password, rule, words=["bureau.admin@demo.example", "系統服務台", key])
        assert not set(password) & set("0O1lI"), "nobody mistakes one letter for another"
    assert len(set(made)) == len(made)


def test_made_passwords_use_what_the_rule_offers():
    rule = systems()["hwms"].password
    seen = set("".join(random_password(rule) for _ in range(300)))
    assert set(rule.symbols) <= seen
    assert len(seen) > 50
