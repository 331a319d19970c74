"""An unsafe start is refused, and says which setting is wrong; what is not set is safe."""

from __future__ import annotations

import stat

import pytest

from portal import create_app
from portal.config import Settings, UnsafeSettings, read_settings
from tests.rig.settings import TEST_SETTINGS
from tests.rig.threads import together

SAFE = {
    "SECRET_KEY": "k" * 32, "PEPPER": "p" * 32, "PUBLIC_ORIGIN": "https://portal.example.gov.tw",
    "DATABASE_URL": "postgresql://portal@db.example/portal",
}  # fmt: skip
UNSAFE = {
    "a short key": ({"SECRET_KEY": "k" * 31}, "SECRET_KEY"),
    "a short pepper": ({"PEPPER": "short"}, "PEPPER"),
    "no TLS": ({"PUBLIC_ORIGIN": "http://portal.example.gov.tw"}, "PUBLIC_ORIGIN must begin with https://"),
    "a path in the origin": ({"PUBLIC_ORIGIN": "https://portal.example.gov.tw/portal"}, "PUBLIC_ORIGIN"),
    "a query in the origin": ({"PUBLIC_ORIGIN": "https://portal.example.gov.tw?x=1"}, "PUBLIC_ORIGIN"),
    "a fragment in the origin": ({"PUBLIC_ORIGIN": "https://portal.example.gov.tw#x"}, "PUBLIC_ORIGIN"),
    "somebody in the origin": ({"PUBLIC_ORIGIN": "https://a:b@portal.example.gov.tw"}, "PUBLIC_ORIGIN"),
    "no host in the origin": ({"PUBLIC_ORIGIN": "https://"}, "PUBLIC_ORIGIN"),
    "no scheme": ({"PUBLIC_ORIGIN": "portal.example.gov.tw"}, "PUBLIC_ORIGIN"),
    "another scheme": ({"PUBLIC_ORIGIN": "ftp://portal.example.gov.tw"}, "PUBLIC_ORIGIN"),
    "a demonstration for the world": ({"PORTAL_DEMO": "1"}, "PORTAL_DEMO"),
    "the same, said otherwise": ({"PORTAL_DEMO": " Yes "}, "PORTAL_DEMO"),
    "cheap hashes": ({"BCRYPT_COST": "11"}, "BCRYPT_COST"),
    "a cost in words": ({"BCRYPT_COST": "twelve"}, "BCRYPT_COST must be a whole number"),
    "a port below nothing": ({"MAIL_PORT": "-25"}, "MAIL_PORT must be a whole number"),
    "a port in full-width digits": ({"MAIL_PORT": "２５"}, "MAIL_PORT must be a whole number"),
    "an exponent for a port": ({"MAIL_PORT": "²"}, "MAIL_PORT must be a whole number"),
    "networks nobody can read": ({"ADMIN_NETWORKS": "the office"}, "ADMIN_NETWORKS"),
    "a network with bits beyond its mask": ({"ADMIN_NETWORKS": "10.0.0.1/8"}, "ADMIN_NETWORKS"),
    "one bad network among good ones": ({"PROXY_NETWORKS": "10.0.0.0/8, 300.0.0.0/8"}, "PROXY_NETWORKS"),
    "everybody for a proxy": ({"PROXY_NETWORKS": "0.0.0.0/0"}, "PROXY_NETWORKS"),
    "everybody for a proxy, in six": ({"PROXY_NETWORKS": "10.0.0.0/8,::/0"}, "PROXY_NETWORKS"),
}  # fmt: skip


@pytest.mark.parametrize("why", UNSAFE)
def test_an_unsafe_start_is_refused(tmp_path, why):
    changes, said = UNSAFE[why]
    with pytest.raises(UnsafeSettings, match=said):
        read_settings({**SAFE, "INSTANCE_PATH": str(tmp_path), **changes})


def test_a_safe_start_is_not(tmp_path):
    settings = read_settings({**SAFE, "INSTANCE_PATH": str(tmp_path)})
    assert settings.secure
    assert settings.database_url == "postgresql+psycopg://portal@db.example/portal"
    assert settings.bcrypt_cost >= 12
    assert not settings.portal_demo
    assert not settings.testing


def test_the_application_itself_refuses(tmp_path):
    unsafe = {
        **TEST_SETTINGS,
        "INSTANCE_PATH": str(tmp_path),
        "PUBLIC_ORIGIN": "http://portal.example.gov.tw",
    }
    with pytest.raises(UnsafeSettings):
        create_app(**unsafe)


def test_what_is_not_set_is_safe(tmp_path):
    defaults = Settings()
    assert (defaults.portal_demo, defaults.testing, defaults.mail_use_tls) == (False, False, True)
    assert (defaults.proxy_networks, defaults.admin_networks) == ("", "")
    assert defaults.bcrypt_cost == 12


def test_secrets_that_are_not_set_are_made_once_and_kept_for_oneself(tmp_path):
    first = read_settings({"INSTANCE_PATH": str(tmp_path)})
    second = read_settings({"INSTANCE_PATH": str(tmp_path)})
    assert (first.secret_key, first.pepper) == (second.secret_key, second.pepper)
    assert first.secret_key != first.pepper
    assert min(len(first.secret_key), len(first.pepper)) >= 32
    for name in ("secret-key", "pepper"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"secret-key", "pepper"}, "no drafts are left"


def test_eight_workers_that_start_at_once_have_one_secret(tmp_path):
    read = together(None, lambda _: read_settings({"INSTANCE_PATH": str(tmp_path)}).secret_key, range(8))
    assert len(set(read)) == 1


def test_every_purpose_has_a_key_of_its_own():
    settings = Settings(secret_key="k" * 32)
    keys = {settings.key(purpose) for purpose in ("captcha", "device", "one-time-token")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert settings.key("captcha") != Settings(secret_key="K" * 32).key("captcha")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_the_demonstration_on_this_machine(tmp_path, origin):
    settings = read_settings({"INSTANCE_PATH": str(tmp_path), "PORTAL_DEMO": "1", "PUBLIC_ORIGIN": origin})
    assert settings.portal_demo


def test_the_demonstration_answers_this_machine_only(make_app):
    client = make_app(PORTAL_DEMO=True, PUBLIC_ORIGIN="http://127.0.0.1:8000").test_client()
    for address in ("/", "/demo/", "/authority/hwms/application"):
        assert client.get(address).status_code == 200
        for elsewhere in ("198.51.100.7", "10.0.0.1", "::ffff:198.51.100.7", ""):
            away = client.get(address, environ_overrides={"REMOTE_ADDR": elsewhere})
            assert away.status_code == 403, (address, elsewhere)


def test_the_mailbox_and_the_answers_are_the_demonstrations_alone(client):
    assert client.get("/demo/").status_code == 404
    assert "答案是" not in client.get("/authority/hwms/application").text


def test_whom_to_ask_is_the_same_in_english(make_app):
    app = make_app(SITE_AGENCY="測試署", SITE_ADDRESS="測試路 1 號", SITE_TELEPHONE="07-1234567")
    told = app.test_client().get("/english").text.partition("<h2>Contact</h2>")[2].partition("</div>")[0]
    assert "測試署，測試路 1 號" in told
    assert "+886-7-1234567" in told
