"""The permission matrix: what its form sends is read as what it shows (manual 5 step 5)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from portal.domain.offers import UnitOffer, WantedPermission, check_wanted, unit_offers
from portal.domain.refusal import Refusal
from portal.domain.system import permission_heading
from portal.usecases.read_systems import systems
from portal.web.permission_matrix import TypedMatrix, matrix_of, read_matrix, typed_matrix
from tests.rig.pages import PageText, read_page

ROOT = Path(__file__).parents[2]
SMIS = systems()["smis"]
PAGES = Environment(
    loader=FileSystemLoader(ROOT / "templates"), undefined=StrictUndefined, autoescape=True,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
PAGES.filters["heading"] = permission_heading
COMPONENT = PAGES.get_template("components/matrix.html").module
LABEL = next(field.label for field in SMIS.fields() if field.type == "permissions")
KINDS = [kind.key for kind in SMIS.unit_kind]
BUSINESSES = sorted({offer.needs_business or "" for offer in SMIS.permission})


def rendered(offers: list[UnitOffer], typed: TypedMatrix, prefix: str = "", **more: object) -> str:
    """The matrix as a page shows it."""
    return str(
        COMPONENT.matrix(prefix, "同泰診所", offers, SMIS.role, typed.roles, typed.options, LABEL, **more)
    )


def sent(page: PageText) -> MultiDict[str, str]:
    """What a browser would send of it."""
    return MultiDict([(name, value) for name, values in page.fields.items() for value in values])


@st.composite
def choices(draw: st.DrawFn) -> tuple[list[UnitOffer], tuple[WantedPermission, ...]]:
    """A unit with some businesses, and what somebody there might choose."""
    businesses = draw(st.none() | st.lists(st.sampled_from(BUSINESSES), unique=True))
    offers = unit_offers(SMIS, draw(st.sampled_from(KINDS)), businesses)
    wanted = []
    for each in offers:
        role = draw(st.sampled_from(["", *(role.key for role in SMIS.role)]))
        if each.allowed and role:
            keys = [choice.key for choice in each.offer.options]
            ticked = draw(st.sets(st.sampled_from(keys))) if keys else set()
            wanted.append(WantedPermission(each.offer.key, role, tuple(key for key in keys if key in ticked)))
    return offers, tuple(wanted)


@given(choices(), st.sampled_from(["", "other-"]))
def test_what_it_shows_is_what_is_read(chosen, prefix):
    offers, wanted = chosen
    page = read_page(rendered(offers, matrix_of(wanted), prefix))
    assert read_matrix(SMIS, sent(page), prefix) == wanted


@given(choices())
def test_what_the_unit_cannot_have_is_shown_and_cannot_be_chosen(chosen):
    offers, wanted = chosen
    markup = rendered(offers, matrix_of(wanted))
    page = read_page(markup)
    barred = [each.offer.key for each in offers if not each.allowed]
    assert markup.count("【單位無此業務權限】") == len(barred)
    assert not {f"role-{key}" for key in barred} & set(page.offered)
    assert all(markup.count(f">{each.offer.label}</") == 1 for each in offers)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["role-ppe", "role-antivenoms", "role-emerging-infection-drugs", "role-nothing",
                             "option-emerging-infection-drugs", "option-ppe"]),
            st.sampled_from(["", "manager", "viewer", "covid-19", "king", "x" * 5000]),
        )
    )
)  # fmt: skip
def test_whatever_is_sent_is_read_or_refused_in_a_sentence(pairs):
    form: MultiDict[str, str] = MultiDict(pairs)
    typed_matrix(SMIS, form)
    wanted = []
    with suppress(Refusal):
        wanted = check_wanted(SMIS, "medical-institution", None, read_matrix(SMIS, form))
    assert {one.role for one in wanted} <= {role.key for role in SMIS.role}
    assert len({one.permission for one in wanted}) == len(wanted)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("role-ppe", "manager"), ("role-ppe", "viewer")], "同一個類別只能選擇一個角色"),
        ([("role-biological-protection", "viewer")], "沒有「生物防護裝備」的業務"),
        ([("role-ppe", "king")], "不在可以申請的範圍"),
        ([("role-everything", "manager")], "不在可以申請的範圍"),
        ([("option-emerging-infection-drugs", "covid-19")], "沒有選擇角色"),
        ([("role-emerging-infection-drugs", "manager")], "請至少勾選一個選項"),
        ([("role-ppe", "manager"), ("option-ppe", "covid-19")], "選項不在可以申請的範圍"),
        ([("role-ppe", "")], "請至少選擇一個類別的角色"),
    ],
)
def test_each_wrong_choice_has_its_sentence(pairs, words):
    form: MultiDict[str, str] = MultiDict(pairs)
    with pytest.raises(Refusal, match=words) as refused:
        check_wanted(SMIS, "medical-institution", None, read_matrix(SMIS, form))
    assert refused.value.field == "permissions"


def test_what_does_not_fit_together_is_shown_again_as_it_was_typed():
    form = MultiDict([("role-ppe", ""), ("option-emerging-infection-drugs", "covid-19")])
    offers = unit_offers(SMIS, "medical-institution", None)
    page = read_page(rendered(offers, typed_matrix(SMIS, form), error="請選擇角色。"))
    assert page.fields["option-emerging-infection-drugs"] == ["covid-19"]
    assert page.errors == {"permissions": "請選擇角色。"}
    assert "permissions" in page.ids  # where the summary of errors leads


def test_two_matrices_share_a_page():
    offers = unit_offers(SMIS, "health-bureau", None)
    read_page(rendered(offers, TypedMatrix()) + rendered(offers, TypedMatrix(), "other-"))


def test_what_is_held_is_told_per_category():
    markup = str(COMPONENT.matrix_state([("新北市政府衛生局", {"ppe": "管理者(審核中)"})], SMIS.permission))
    assert "單位名稱／物資類別" in markup
    assert permission_heading(systems()["hwms"].permission) == "權限", (
        "groups of several names have no one name"
    )
    assert markup.count("無此權限") == len(SMIS.permission) - 1
    assert 'data-label="個人防護裝備">管理者(審核中)<' in markup
