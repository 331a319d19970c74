"""The paths that letters name are pages of the portal."""

from __future__ import annotations

from flask import Flask, url_for

from portal.mail.addresses import LETTER_PAGES, PAGES

VALUES = {"token": "abc.def", "zone": "authority", "system": "hwms"}


def test_each_path_is_in_the_url_map(app: Flask) -> None:
    with app.test_request_context("/"):
        for endpoint, path in PAGES.items():
            named = {name: value for name, value in VALUES.items() if f"{{{name}}}" in path}
            assert url_for(endpoint, **named) == path.format(**VALUES)


def test_every_letter_leads_to_one_of_them() -> None:
    assert set(LETTER_PAGES.values()) == set(PAGES)
