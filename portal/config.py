"""Every setting, with a default that is safe in production; an unsafe start is refused."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent


class UnsafeSettings(Exception):
    """The portal does not start: the text says which setting is wrong and what to do."""


@dataclass(frozen=True)
class Settings:
    """設定: read from environment variables named as the fields, in capitals."""

    database_url: str = ""
    """Where data is kept; empty: SQLite under `instance/`."""
    secret_key: str = ""
    """At least 32 characters; signs cookies and derives mailed links. Empty: made once under `instance/`."""
    pepper: str = ""
    """Mixed into every password hash; losing it makes all passwords useless. Empty: made once under `instance/`."""
    public_origin: str = ""
    """Scheme and host that people see, such as `https://portal.example.gov.tw`; letters are built from it."""
    mail_server: str = ""
    """SMTP host; empty: letters wait in the outbox."""
    mail_port: int = 587
    """SMTP port."""
    mail_use_tls: bool = True
    """STARTTLS before anything is said."""
    mail_username: str = ""
    """SMTP account."""
    mail_password: str = ""
    """SMTP password."""
    mail_sender: str = "noreply@portal.invalid"
    """From address of every letter."""
    mail_timeout: int = 20
    """Seconds one SMTP step may take."""
    authorities_path: str = ""
    """Folder with `authorities.toml` and pinned certificates; empty: `authorities/` in the instance folder."""
    admin_networks: str = ""
    """Networks administration is limited to, as `10.0.0.0/8, 192.0.2.0/24`; empty: no limit."""
    proxy_networks: str = ""
    """Addresses of the reverse proxy whose X-Forwarded-For is believed; empty: nobody's."""
    bcrypt_cost: int = 12
    """Rounds of bcrypt as a power of two; below 12 only in tests."""
    instance_path: str = ""
    """Folder for local data; empty: `instance/` beside the program."""
    site_agency: str = "環境部環境管理署"
    """Agency named in the bar at the top."""
    site_telephone: str = "02-2311-7722"
    """Telephone in the footer and on error pages."""
    site_address: str = "100006 臺北市中正區中華路一段83號"
    """Postal address in the footer."""
    portal_demo: bool = False
    """Demonstration: mailbox page, captcha answers, random passwords in a file. Set only by `make run`."""
    testing: bool = False
    """Set only by the test suite."""

    @property
    def instance(self) -> Path:
        """The folder for local data."""
        return Path(self.instance_path) if self.instance_path else ROOT / "instance"

    def key(self, purpose: str) -> bytes:
        """A key of its own for each purpose, so that one leak opens one thing."""
        return hashlib.sha256(f"{purpose}\0{self.secret_key}".encode()).digest()

    @property
    def secure(self) -> bool:
        """Whether people reach the portal through TLS."""
        return self.public_origin.startswith("https://")

    @property
    def administration_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """`admin_networks`, read."""
        return networks(self.admin_networks, "ADMIN_NETWORKS")


def networks(text: str, name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Comma-separated networks; raises `UnsafeSettings` with the setting's name."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as problem:
        raise UnsafeSettings(
            f"{name}: {problem}; write networks as 10.0.0.0/8, separated by commas"
        ) from None


def read_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment, then `overrides`; completed and checked."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for field in fields(Settings):
        name = field.name.upper()
        text = environ.get(name)
        if text is None:
            continue
        if field.type == "bool":
            values[field.name] = text.strip().lower() in {"1", "true", "yes", "on"}
        elif field.type == "int":
            if not (text.isascii() and text.strip().isdigit()):
                raise UnsafeSettings(f"{name} must be a whole number, not {text!r}")
            values[field.name] = int(text)
        else:
            values[field.name] = text
    values.update({name.lower(): value for name, value in overrides.items()})
    return _complete(values)


def _complete(values: dict[str, Any]) -> Settings:
    given = Settings(**values)
    instance = given.instance
    values["database_url"] = _driver(given.database_url or f"sqlite:///{instance / 'portal.sqlite3'}")
    if not given.public_origin:
        port = os.environ.get("PORT", "8000")
        values["public_origin"] = f"http://127.0.0.1:{port}"
    for name in ("secret_key", "pepper"):
        if not getattr(given, name):
            values[name] = _kept_secret(instance / name.replace("_", "-"))
    settings = Settings(**values)
    _refuse_unsafe(settings)
    return settings


def _driver(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _kept_secret(path: Path) -> str:
    """A random value made once, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        draft.touch(0o600, exist_ok=False)
        draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(36)).decode())
        with contextlib.suppress(FileExistsError):  # another process was first; its value stands
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _refuse_unsafe(settings: Settings) -> None:
    origin = urlsplit(settings.public_origin)
    local = origin.hostname in {"127.0.0.1", "localhost", "::1"}
    more = origin.path.strip("/") or origin.query or origin.fragment or origin.username
    if origin.scheme not in {"http", "https"} or not origin.hostname or more:
        raise UnsafeSettings(
            "PUBLIC_ORIGIN must be a scheme and a host, such as https://portal.example.gov.tw"
        )
    if not local and not settings.secure:
        raise UnsafeSettings("PUBLIC_ORIGIN must begin with https:// unless it is this machine")
    if settings.portal_demo and not local:
        raise UnsafeSettings("PORTAL_DEMO=1 is for this machine only; take it away, or use a loopback origin")
    if len(settings.secret_key) < 32 or len(settings.pepper) < 32:
        raise UnsafeSettings("SECRET_KEY and PEPPER need at least 32 characters each")
    if settings.bcrypt_cost < 12 and not settings.testing:
        raise UnsafeSettings("BCRYPT_COST below 12 is for tests only")
    networks(settings.admin_networks, "ADMIN_NETWORKS")
    if any(network.prefixlen == 0 for network in networks(settings.proxy_networks, "PROXY_NETWORKS")):
        raise UnsafeSettings("PROXY_NETWORKS would believe everybody; name the addresses of the proxy")
