"""卡號 as it is shown: enough to know one's own card, too little for anybody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.certificate_binding import CertificateBinding, masked_card_number


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("AB12345678901234", "AB••••••••••1234"),
        ("TPAB000000000042", "TP••••••••••0042"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_number_is_masked(number, shown):
    assert masked_card_number(number) == shown


@given(st.from_regex(r"[A-Z]{2}[A-Z0-9]{2}[0-9]{12}", fullmatch=True))
def test_ten_places_are_never_shown(number):
    shown = masked_card_number(number)
    assert len(shown) == len(number)
    assert shown.count("•") == 10
    assert (shown[:2], shown[-4:]) == (number[:2], number[-4:])


def test_uniqueness_is_over_what_is_bound_now():
    indexes = {index.name: index for index in CertificateBinding.__table__.indexes if index.unique}
    assert set(indexes) == {"uq_certificate_binding_certificate", "uq_certificate_binding_key"}
    for index in indexes.values():
        for database in ("sqlite", "postgresql"):
            assert str(index.dialect_options[database]["where"]) == "unbound_at IS NULL"


def test_no_column_holds_the_number_in_the_clear():
    columns = {column.name for column in CertificateBinding.__table__.columns if "number" in column.name}
    assert columns == {"sealed_card_number", "card_number_index"}
