"""The way out: one letter, one SMTP conversation, through Flask-Mail with a time-out."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from email.charset import BASE64, Charset
from email.mime.text import MIMEText
from types import TracebackType
from typing import Final

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message

from portal.config import Settings

_ADDRESS: Final = re.compile(r"[!-~]+@[!-~]+")
_SEPARATORS: Final = frozenset('<>(),;:\\"')
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


class Later(Exception):
    """The letter did not leave, and may the next time: server down, slow, full, or set up wrongly."""


class Never(Exception):
    """The letter will never be taken: the address is refused for good, or is none."""


def use_mail_server(app: Flask, settings: Settings) -> None:
    """Tell Flask-Mail where the server is and who writes."""
    app.config.update(
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USE_TLS=settings.mail_use_tls,
        MAIL_USERNAME=settings.mail_username or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_DEFAULT_SENDER=(settings.site_agency, settings.mail_sender),
        MAIL_SUPPRESS_SEND=False,
        MAIL_TIMEOUT=settings.mail_timeout,
    )
    Mail(app)


def send(message_id: str, to: str, subject: str, body: str) -> None:
    """Hand one letter to the server; returns when the server has taken it. Needs an application context.

    The Message-ID is the caller's, so that a letter sent twice is recognised as one. Raises `Later` or
    `Never` with a sentence for the administrator's list of dead letters (at most 300 characters).
    """
    if not current_app.config["MAIL_SERVER"]:
        raise Later("no mail server is configured (MAIL_SERVER)")
    if not _ADDRESS.fullmatch(to) or _SEPARATORS & set(to) or not _MESSAGE_ID.fullmatch(message_id):
        raise Never("the address or the Message-ID is malformed")
    message = _Message(
        subject=subject,
        recipients=[to],
        body=body,
        extra_headers={"Auto-Submitted": "auto-generated", "Content-Language": "zh-TW"},
    )
    message.msgId = message_id
    try:
        with _Connection(current_app.extensions["mail"]) as connection:
            connection.send(message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, reply = next(iter(refused.recipients.values()))
        raise _sorted(code, reply) from refused
    except smtplib.SMTPDataError as refused:
        raise _sorted(refused.smtp_code, refused.smtp_error) from refused
    except (BadHeaderError, UnicodeError) as problem:
        raise Never(_told(f"the letter cannot be written: {problem!r}")) from problem
    except OSError as problem:  # no connection, time-out, TLS; also all of smtplib's other complaints
        raise Later(_told(f"{type(problem).__name__}: {problem}")) from problem


class _Connection(Connection):
    """Flask-Mail's connection with what it leaves out: a time-out, and a look at the certificate."""

    def __enter__(self) -> _Connection:
        self.host = self.configure_host()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The server has taken the letter or not; how it says good-bye changes nothing.
        if self.host is not None:
            with contextlib.suppress(OSError):
                self.host.quit()
            self.host.close()

    def configure_host(self) -> smtplib.SMTP:
        timeout = current_app.config["MAIL_TIMEOUT"]
        host = smtplib.SMTP(self.mail.server, self.mail.port or 0, timeout=timeout)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except OSError:
            host.close()
            raise
        return host


class _Message(Message):
    """Flask-Mail's message with its body in base64: no server needs 8BITMIME, no line is too long."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = BASE64
        return MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]  # typeshed knows names only


def _sorted(code: int, reply: bytes | str) -> Later | Never:
    """5xx is for good, anything else may pass."""
    said = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    sentence = _told(f"{code} {said}")
    return Never(sentence) if 500 <= code < 600 else Later(sentence)


def _told(text: str) -> str:
    return " ".join(text.split())[:300]
