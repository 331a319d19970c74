"""Templates: htmx only where the page works without it, no code or style in the markup, nothing missing."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, Environment

from tests.rig.templates import troubles
from tests.rig.tools import ROOT
from tests.rules.markup import offences, offences_in_template
from tests.rules.tree import template_files

GOOD = """
{% from "components/form.html" import text %}{# <p style="x"> #}
<form method="post" action="{{ url_for('a', b='"') }}" hx-post="{{ here }}" {% if x > 1 %}hx-target="#main"{% endif %}>
  <button hx-get="/b">b</button>
</form>
<a href="/x" hx-get="/x">x</a>
<script src="{{ static_url('js/a.js') }}" defer></script>
"""

FLAWS = {
    "htmx on a div": '<div hx-get="/x"></div>',
    "htmx on a field": '<form method="get"><select hx-get="/x"><option>1</option></select></form>',
    "a button outside a form": '<form method="post"></form><button hx-post="/x">x</button>',
    "a button that submits nothing": '<form method="post"><button type="button" hx-post="/x">x</button></form>',
    "a link to nowhere": '<a hx-get="/x">x</a>',
    "a form to nowhere": '<form hx-post="/x"></form>',
    "hidden in a macro": "{{ select(form.kind, hx_get=url_for('x')) }}",
    "inline style": '<p style="color: red">x</p>',
    "a style element": "<style>p { color: red }</style>",
    "code in the page": "<script>alert(1)</script>",
    "code in an attribute": '<input onchange="x()">',
    "code in an address": '<a href="javascript:x()">x</a>',
}


def is_part(source: str) -> bool:
    """A macro's or a part's button may stand in the form of the page that takes it in (the page is read, too)."""
    return "{% extends" not in source


def test_templates_hold_no_offence() -> None:
    sources = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in template_files()}
    found = [
        f"{path}, {offence}"
        for path, source in sources.items()
        for offence in offences_in_template(source, is_part(source))
    ]
    assert found == []


def test_a_good_template_passes() -> None:
    assert offences_in_template(GOOD) == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_an_offence_would_be_found(flaw: str) -> None:
    assert len(offences_in_template(FLAWS[flaw])) == 1


def test_a_button_of_a_part_may_stand_in_its_callers_form() -> None:
    assert offences('<button hx-post="/x">x</button>', part=True) == []


def test_a_template_that_names_a_missing_one_would_be_found() -> None:
    pages = {
        "a.html": '{% extends "base.html" %}',
        "b.html": "{{ x|nofilter }}",
        "c.html": "{% if %}",
        "d.html": "x",
    }
    found = troubles(Environment(loader=DictLoader(pages)))
    assert [line.split(":")[0] for line in found] == [
        "templates/a.html",
        "templates/b.html",
        "templates/c.html",
    ]
