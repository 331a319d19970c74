"""Who may ask the bridge, and for what: foreign sites, evil names, used tokens, anything but a challenge."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.bridge.codes import LastError, Ret
from portal.bridge.tokens import AT_MOST, LIFE, Tokens
from tests.bridge.asking import PIN, READER, body, challenge, headers, sign
from tests.bridge.shape import opened
from tests.rig.cards.bridges import ALLOWED, Bridge
from tests.rig.cards.demo import DemoFolder
from tests.rig.cards.popup import ask, send


def plain(bridge: Bridge, method: str, path: str, host: str | None = None) -> http.client.HTTPResponse:
    with closing(http.client.HTTPConnection("localhost", urlsplit(bridge.url).port, timeout=30)) as line:
        line.putrequest(method, path, skip_host=host is not None)
        if host:
            line.putheader("Host", host)
        line.endheaders()
        answer = line.getresponse()
        answer.read()
        return answer


def test_every_character_of_a_pin_arrives(bridge: Bridge) -> None:
    assert opened(sign(bridge)).content == challenge().encode()


def test_a_foreign_site_is_told_so_and_nothing_else(bridge: Bridge) -> None:
    for func in ("CheckEnvir", "GetUserCert", "MakeSignature"):
        for origin in ("https://evil.example", "null", "", f"{ALLOWED}.evil.example", f"{ALLOWED}:8443", "*"):
            told = ask(bridge.url, func, origin, tbs=challenge(), pin=PIN)
            assert told["ret_code"] == Ret.FOREIGN_SITE, (func, origin)
            assert not {"slots", "signature", "certb64", "cardSN"} & set(told)


@pytest.mark.parametrize("path", ["/", "/popupForm", "/pkcs11info", "/sign", "/prepare", "/state"])
def test_another_name_for_this_machine_is_refused(bridge: Bridge, path: str) -> None:
    for host in ("evil.example", "localhost", "localhost:1", "localhost.evil.example:61161", ""):
        assert plain(bridge, "GET", path, host or " ").status == 421
        assert plain(bridge, "POST", path, host or " ").status == 421


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": ALLOWED},
        {"Sec_Fetch_Site": "cross-site"},
        {"X_Popup_Token": ""},
        {"X_Popup_Token": "guessed"},
    ],
)
@pytest.mark.parametrize("path", ["/pkcs11info", "/pkcs11info?withcert=true", "/sign", "/prepare", "/state"])
def test_only_our_own_popup_may_ask(bridge: Bridge, path: str, changed: dict[str, str]) -> None:
    status, answer = send(bridge.url + path, body(), headers(bridge, **changed))
    assert (status, answer["ret_code"]) == (403, Ret.FOREIGN_SITE)


def test_a_token_opens_one_operation(bridge: Bridge) -> None:
    once = headers(bridge)
    assert send(f"{bridge.url}/prepare", body(pin=""), once)[0] == 200, "looking first does not use it up"
    assert send(f"{bridge.url}/sign", body(), once)[0] == 200
    for path in ("/sign", "/prepare", "/pkcs11info"):
        assert send(bridge.url + path, body(), once)[0] == 403
    own_page = headers(bridge, X_Popup_Token=bridge.token("/"))
    assert send(f"{bridge.url}/sign", body(), own_page)[0] == 403, "the self-test signs nothing"


def test_tokens_grow_old_and_few() -> None:
    now = [0.0]
    tokens = Tokens(lambda: now[0])
    first, second = tokens.issue("popup"), tokens.issue("popup")
    now[0] = LIFE - 1
    assert tokens.accept(first, "popup", last=True)
    assert not tokens.accept(first, "popup", last=True)
    now[0] = LIFE
    assert not tokens.accept(second, "popup", last=True)
    early = tokens.issue("popup")
    for _ in range(AT_MOST):
        tokens.issue("popup")
    assert not tokens.accept(early, "popup", last=False)


def test_cards_come_and_go(bridge: Bridge, folder: DemoFolder) -> None:
    """The page is told at once: it waits for the next change, not for a while."""
    page = bridge.token("/")
    seen = bridge.state("", page)
    assert isinstance(seen["slots"][0]["token"], dict)
    folder.remove(READER)
    assert bridge.state(str(seen["changes"]), page)["slots"][0]["token"] is None


def test_one_at_a_time(bridge: Bridge) -> None:
    """Wrong PINs sent together are counted one by one: no more than three are tried."""
    answers: list[int] = []

    def guess() -> None:
        answers.append(sign(bridge, pin="wrong", lastTryConfirmed="true")["last_error"])

    everyone = [threading.Thread(target=guess) for _ in range(8)]
    for one in everyone:
        one.start()
    for one in everyone:
        one.join()
    counted = [LastError.TWO_TRIES_LEFT, LastError.ONE_TRY_LEFT]
    assert sorted(answers) == sorted([*counted, *[LastError.PIN_LOCKED] * 6])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"tbsPackage=",
        b"tbsPackage=[]",
        b"tbsPackage={",
        b"tbsPackage=%ff",
        b"tbsPackage=" + b"[" * 60_000,
    ],
)
def test_bad_bodies(bridge: Bridge, text: bytes) -> None:
    status, answer = send(f"{bridge.url}/sign", text, headers(bridge))
    assert (status, answer["ret_code"]) == (200, Ret.BAD_JSON)


def test_a_body_may_be_only_so_large(bridge: Bridge) -> None:
    assert send(f"{bridge.url}/sign", b"x" * 65_537, headers(bridge))[0] == 413
    assert send(f"{bridge.url}/sign", b"", headers(bridge, Transfer_Encoding="chunked"))[0] == 411


def test_what_is_not_there(bridge: Bridge) -> None:
    for path in ("/p11Image.bmp", "/decrypt", "/ChtPopupForm", "/addDomain", "/../x"):
        assert plain(bridge, "GET", path).status == 404
    assert plain(bridge, "OPTIONS", "/sign").status == 501, "no CORS"


def test_every_answer_is_guarded(bridge: Bridge) -> None:
    for path in ("/", "/popupForm", "/sign", "/nothing"):
        answer = plain(bridge, "GET", path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["Access-Control-Allow-Origin"] is None
        assert (answer.headers["X-Frame-Options"], answer.headers["Cache-Control"]) == ("DENY", "no-store")
    both = [plain(bridge, "GET", "/popupForm").headers["Content-Security-Policy"] for _ in range(2)]
    assert both[0] != both[1], "a nonce counts once"


def test_both_loopback_addresses_and_no_other(bridge: Bridge) -> None:
    port = urlsplit(bridge.url).port
    socket.create_connection(("127.0.0.1", port)).close()
    if Path("/proc/net/if_inet6").read_text().strip():
        socket.create_connection(("::1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port))
