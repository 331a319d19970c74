"""htmx gets the fragment it asks for and no more; without it the same address gives the page."""

from __future__ import annotations

from portal.usecases.read_systems import systems
from tests.rig.pages import read_page
from tests.rig.visits import ACCOUNTS, APPLY, HOME, filled, send, signed_in_client

CHOICES = f"{APPLY}/choices?unit_kind=county-bureau"


def asking(target: str) -> dict[str, dict[str, str]]:
    return {"headers": {"HX-Request": "true", "HX-Target": target}}


def is_whole(answer) -> bool:
    return "<html" in answer.text and "<main" in answer.text


def test_the_choices_of_a_unit(client):
    answer = client.get(CHOICES, **asking("unit-choices"))
    assert answer.status_code == 200
    assert not is_whole(answer)
    page = read_page(answer.text)
    assert "EPB-65000" in page.offered["unit"]
    assert page.offered["account_kind"] == ["general", "unit-administrator"]
    assert len(page.offered["permissions"]) == 29
    assert "csrf_token" not in page.fields
    assert {"HX-Request", "HX-Target"} <= set(answer.vary)


def test_what_was_ticked_stays_ticked_as_far_as_it_is_offered(client):
    more = "&account_kind=unit-administrator&permissions=plastic-microbeads&permissions=reporting-control"
    page = read_page(client.get(CHOICES + more, **asking("unit-choices")).text)
    assert page.fields["permissions"] == ["plastic-microbeads"]
    assert page.fields["account_kind"] == ["unit-administrator"]


def test_the_choices_are_sent_once(client):
    first = client.get(CHOICES, **asking("unit-choices"))
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] != "no-store"
    again = client.get(
        CHOICES, headers={"HX-Request": "true", "HX-Target": "unit-choices", "If-None-Match": etag}
    )
    assert (again.status_code, again.data) == (304, b"")
    other = f"{APPLY}/choices?unit_kind=ministry"
    fresh = client.get(
        other, headers={"HX-Request": "true", "HX-Target": "unit-choices", "If-None-Match": etag}
    )
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != etag
    assert "EPB-65000" not in fresh.text


def test_nothing_of_one_visitor_comes_to_another(app, make_person):
    person = make_person("fox")
    inside = signed_in_client(app, person)
    answers = [
        browser.get(CHOICES, **asking("unit-choices")) for browser in (inside, app.test_client(), inside)
    ]
    assert len({answer.text for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert person.holder not in answers[0].text
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3


def test_the_address_of_a_fragment_opened_in_a_browser_leads_to_the_page(client):
    answer = client.get(f"{CHOICES}&county=x&endpoint=x&_external=1&zone=citizen")
    assert answer.status_code == 303
    target = answer.headers["Location"]
    assert target.startswith(f"{APPLY}?")
    assert is_whole(client.get(target))
    assert "EPB-65000" in read_page(client.get(target).text).offered["unit"]


def test_the_main_part_alone_with_its_title(client):
    for address in (APPLY, HOME, "/authority/", "/sitemap", f"{HOME}verification"):
        whole, part = client.get(address), client.get(address, **asking("main"))
        assert is_whole(whole)
        assert not is_whole(part)
        assert part.text.startswith("<title>")
        assert read_page(part.text).headings == read_page(whole.text).headings, address


def test_a_target_that_no_page_has(client):
    for target in ("nothing-like-it", "__class__", "a" * 2000, "self.title", "\xe7\x8b\x90", "../x"):
        answer = client.get(APPLY, **asking(target))
        assert answer.status_code == 200, target
        assert is_whole(answer)
        assert answer.headers["HX-Retarget"] == "body"


def test_boosted_and_restored_pages_are_whole(client):
    for more in ({"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}):
        answer = client.get(APPLY, headers={"HX-Request": "true", "HX-Target": "main", **more})
        assert is_whole(answer)


def test_the_list_as_a_fragment(app, make_person, make_desk):
    make_person("fox", state="waiting")
    client = signed_in_client(app, make_desk())
    whole = client.get(f"{ACCOUNTS}?name=張")
    assert is_whole(whole)
    targets = [name for name in read_page(whole.text).ids if "account" in name or name == "main"]
    parts = {name: client.get(f"{ACCOUNTS}?name=張", **asking(name)) for name in targets}
    fragments = {name: part for name, part in parts.items() if not is_whole(part)}
    assert {"main"} < set(fragments), "the table and the main part can be had alone"
    assert all("fox@example.com" in part.text for part in fragments.values())


def test_name_check_and_new_picture_as_fragments(app, client):
    data = filled(app, client)
    told = client.post(f"{APPLY}/draft", data={**data, "do": "check-name"}, **asking("email-check"))
    assert not is_whole(told)
    assert "fox52fox" in told.text
    assert "captcha_pass" in read_page(told.text).fields, "the solved captcha comes along, out of band"
    fresh = client.post(
        f"{APPLY}/draft", data={**data, "captcha": "", "do": "captcha"}, **asking("captcha-field")
    )
    assert not is_whole(fresh)
    assert read_page(fresh.text).value("captcha_id") != data["captcha_id"]


def test_errors_come_into_the_main_part(app, client):
    missing = client.get("/nothing", **asking("unit-choices"))
    assert missing.status_code == 404
    assert not is_whole(missing)
    assert missing.headers["HX-Retarget"] == "#main"
    sent = client.post(APPLY, data=filled(app, client, name=""), **asking("main"))
    assert sent.status_code == 422
    assert not is_whole(sent)
    assert "name" in read_page(sent.text).errors


def test_after_an_act_htmx_is_told_to_leave_the_page(app, client):
    answer = client.post(APPLY, data=filled(app, client), **asking("main"))
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith(f"{APPLY}/receipt/")
    size = send(client, "/preferences/text-size", {"size": "large", "back": "/sitemap"}, **asking("main"))
    assert size.headers["HX-Redirect"] == "/sitemap"


def test_the_foot_gives_the_address_of_the_systems_own_agency(client):
    def foot(path: str) -> str:
        return client.get(path).text.partition("<footer")[2]

    smis = systems()["smis"]
    assert smis.office is not None
    assert smis.agency in foot("/authority/smis/")
    assert smis.office.address in foot("/authority/smis/")
    for path in ("/", "/authority/", "/authority/hwms/"):
        assert smis.agency not in foot(path)
        assert smis.office.telephone not in foot(path)
        assert "環境部環境管理署" in foot(path)
