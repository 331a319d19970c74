"""Whatever is sent to whichever address: an answer for people, 4xx where it must be, and never 500."""

from __future__ import annotations

import io
import random
from itertools import product
from urllib.parse import quote

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from tests.rig.people import csrf_token
from tests.rig.visits import signed_in_client

PLACES = [
    "x", "狐", "%00", "%ff%fe", "..", "..%2f..%2fetc%2fpasswd", "a" * 3000, "0", "-1", "9" * 30, "'", "%E2%80%AE",
    "%25", "{{7*7}}", "%0d%0aX-Bad:%201", "null", "%5c%5cevil", "1e309", "%c0%af", ";", "~", "__proto__", "<script>",
]  # fmt: skip
NAMES = [
    "name", "password", "password_again", "current", "email", "captcha", "captcha_id", "captcha_pass", "unit_kind",
    "act", "county", "unit", "gender", "phone", "phone_extension", "fax", "account_kind", "permissions", "consent",
    "do", "to", "accounts", "reason", "version", "choose", "back", "size", "state", "kind", "before", "after",
]  # fmt: skip
VALUES = [
    "", " ", "狐", "\0", "x\0y", "9" * 40, "-1", "1e309", "NaN", "１２３", "\u202e", "\ufffd", "a" * 3000, "%", "_",
    "\\", "1", "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "../../x", "https://evil.example/", "[]", "{}",
    "//evil.example", "\r\nSet-Cookie: a=b", "true", "activation", "deletion", "check-name", "unit", "🦊" * 300,
]  # fmt: skip
QUERIES = [
    "before=" + "9" * 40, "before=" + "9" * 18, "before=2147483648", "before=-1", "after=%EF%BC%91", "before=1&after=1",
    "unit=%00", "email=a%00b", "state=nothing", "name=%ff%fe", "zone=x&system=y&endpoint=z", "unit_kind=a&unit_kind=b",
    "_external=1&_scheme=evil&_anchor=x&_method=POST", "county[]=x", "a" * 3000 + "=1", "&&&===", "%=%&%zz", "token=x",
    "filename=..%2f&v=x", "unit_kind=cleaning-team&county=%27", "permissions=" + "x" * 3000, "back=//evil.example",
    "id=x", "name=%25%5F%5C",
]  # fmt: skip
READ_A_QUERY = ["administration/accounts", "application", "application/choices"]
ALLOWED = {200, 204, 302, 303, 304, 308, 400, 403, 404, 405, 409, 410, 413, 414, 415, 422, 429}


def addresses(app, chance: random.Random, methods: set[str]):
    """Every route for these methods with something in its places: once as it should be, then junk."""
    known = {"zone": ["authority", "citizen"], "system": ["hwms", "portal", "狐"]}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if not methods & (rule.methods or set()):
            continue
        for number in range(4 if rule.arguments else 1):
            values = {
                name: known[name][0]
                if name in known and number < 3
                else chance.choice(known.get(name, PLACES))
                for name in rule.arguments
            }
            address = rule.rule
            for name, value in values.items():
                for shape in (f"<{name}>", f"<path:{name}>", f"<any(citizen, vendor, authority):{name}>"):
                    address = address.replace(shape, quote(value, safe="%./"))
            yield address


def bodies(chance: random.Random, token: str):
    """Things to post; with the token, so that they reach what is behind it."""
    several = MultiDict([("csrf_token", token)])
    for name in NAMES:
        for _ in range(chance.randint(1, 2)):
            several.add(name, chance.choice(VALUES))
    yield {"data": several}
    hidden_second = MultiDict(
        [("csrf_token", token), *((name, value) for name in NAMES for value in ("x", "y\0z"))]
    )
    yield {"data": hidden_second}
    files = {
        name: FileStorage(io.BytesIO(b"x"), filename="x.txt", name=name) for name in chance.sample(NAMES, 12)
    }
    yield {"data": {**files, "csrf_token": token}, "content_type": "multipart/form-data"}
    names = "&".join(f"{name}=%ff%fe%00" for name in NAMES)
    yield {
        "data": f"csrf_token={token}&{names}".encode(),
        "content_type": "application/x-www-form-urlencoded",
    }
    yield {"data": MultiDict([("csrf_token", token), *((f"field{n}", "x") for n in range(1000))])}
    arrays = "&".join(f"{name}[]=1&{name}[a][b]=2" for name in NAMES)
    yield {"data": f"csrf_token={token}&{arrays}", "content_type": "application/x-www-form-urlencoded"}


def complaints(app, client, chance: random.Random, token: str) -> list[str]:
    """Which requests were answered in a way that nobody meant."""
    found = []

    def look(method: str, address: str, **more: object) -> None:
        try:
            answer = client.open(address, method=method, **more)
        except Exception as problem:  # noqa: BLE001  whatever it is, it is what the test looks for
            found.append(
                f"{method} {address[:80]} {str(more)[:120]}: {type(problem).__name__} {str(problem)[:200]}"
            )
            return
        if answer.status_code not in ALLOWED or "Traceback" in answer.text[:200]:
            found.append(f"{method} {address[:80]} {str(more)[:120]}: {answer.status_code}")
        if "evil" in answer.headers.get("Location", "")[:12] or "X-Bad" in answer.headers:
            found.append(f"{method} {address[:80]}: leads to {answer.headers['Location']}")

    for address in addresses(app, chance, {"GET"}):
        look("GET", address)
        look("GET", address, query_string=chance.choice(QUERIES))
    for address in addresses(app, chance, {"POST"}):
        if address.endswith("session-end"):
            continue
        for body in chance.sample(list(bodies(chance, token)), 3):
            look("POST", address, **body)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_a_stranger_breaks_nothing(app, client, seed):
    token = csrf_token(client, "/authority/hwms/verification")
    assert complaints(app, client, random.Random(seed), token) == []


@pytest.mark.parametrize("seed", range(2))
def test_somebody_with_every_right_breaks_nothing(app, make_desk, make_person, seed):
    make_person("fox", state="waiting")
    client = signed_in_client(app, make_desk())
    token = csrf_token(client, "/authority/hwms/verification")
    assert complaints(app, client, random.Random(100 + seed), token) == []


def test_every_query_to_the_pages_that_read_one(app, make_desk):
    client = signed_in_client(app, make_desk())
    for page in READ_A_QUERY:
        for query in QUERIES:
            for headers in ({}, {"HX-Request": "true", "HX-Target": "unit-choices"}):
                answer = client.get(f"/authority/hwms/{page}", query_string=query, headers=headers)
                assert answer.status_code in ALLOWED, (page, query)
                location = answer.headers.get("Location", "/")
                assert location.startswith("/"), (page, query, location)
                assert not location.startswith("//"), (page, query, location)


def test_a_body_beyond_all_measure(client):
    token = csrf_token(client, "/authority/hwms/verification")
    for address in ("/authority/hwms/application", "/authority/hwms/session", "/preferences/text-size"):
        for size in (300_000, 3_000_000):
            answer = client.post(address, data={"csrf_token": token, "name": "x" * size})
            assert answer.status_code == 413, (address, size)
        parts = {"csrf_token": token, **{f"f{number}": "x" for number in range(1000)}}
        assert client.post(address, data=parts, content_type="multipart/form-data").status_code == 413
        large = {"csrf_token": token, "name": "x" * 70_000}
        assert client.post(address, data=large, content_type="multipart/form-data").status_code == 413


def test_a_body_of_another_kind(client):
    kinds = ["application/json", "text/xml", "multipart/form-data", "x", "multipart/form-data; boundary="]
    for content_type in kinds:
        for address in ("/authority/hwms/application", "/authority/hwms/session"):
            answer = client.post(address, data=b'{"name": [1e999]}', content_type=content_type)
            assert 400 <= answer.status_code < 500, content_type


def test_a_method_nobody_offers(client):
    for method, address in product(
        ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "X"),
        ("/", "/authority/hwms/application", "/account/", "/nothing"),
    ):
        assert client.open(address, method=method).status_code in {400, 404, 405}
