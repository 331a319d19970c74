"""One letter, one real SMTP conversation; refusals are sorted into later and never."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as SMTPConversation  # noqa: N811  a class, whatever its letters
from aiosmtpd.smtp import AuthResult
from flask import Flask

from portal.config import Settings
from portal.mail.delivery import Later, Never, send, use_mail_server
from tests.rig.mail import SMTPServer, free_port

MESSAGE_ID = "<kq2J_3-x.Zy@portal.example>"
SUBJECT = "【生活廢棄物質管理資訊系統】請認證您的信箱（帳號 fox52fox01），主旨很長時也要完整送達收件人"
BODY = "張曉美、𠮷田 您好：\n\n.一個點開頭的行\nFrom here\n" + "很長的一行" * 400 + "\n"


def post_office(port: int, **changes: Any) -> Flask:
    app = Flask(__name__)
    usual: dict[str, Any] = {
        "mail_server": "127.0.0.1", "mail_port": port, "mail_use_tls": False, "mail_timeout": 5,
        "mail_sender": "noreply@portal.example",
    }  # fmt: skip
    use_mail_server(app, Settings(**{**usual, **changes}))
    return app


def send_one(
    app: Flask, to: str = "fox52fox@a.gov.tw", subject: str = SUBJECT, message_id: str = MESSAGE_ID
) -> None:
    with app.app_context():
        send(message_id, to, subject, BODY)


def test_the_letter_arrives_as_it_was_written(smtp_server: SMTPServer) -> None:
    send_one(post_office(smtp_server.port))
    (message,) = smtp_server.messages
    assert smtp_server.recipients == [["fox52fox@a.gov.tw"]]
    assert message["Subject"] == SUBJECT
    assert message["Message-ID"] == MESSAGE_ID
    assert message["To"] == "fox52fox@a.gov.tw"
    assert message["From"] == "環境部環境管理署 <noreply@portal.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == BODY


def test_the_bytes_suit_every_server(smtp_server: SMTPServer) -> None:
    send_one(post_office(smtp_server.port))
    raw = smtp_server.messages[0].as_bytes()
    assert max(map(len, raw.splitlines())) < 998
    assert raw.isascii()


def test_in_tests_too_the_letter_really_leaves(smtp_server: SMTPServer) -> None:
    app = post_office(smtp_server.port)
    app.testing = True
    send_one(app)
    assert smtp_server.tried == 1


@pytest.mark.parametrize(
    "subject",
    ["a\r\nBcc: x@evil.example", "a\nb", "a\r\n\r\nbody", "中\r\nBcc: x@evil.example"],
)
def test_no_header_through_the_subject(smtp_server: SMTPServer, subject: str) -> None:
    with pytest.raises(Never):
        send_one(post_office(smtp_server.port), subject=subject)
    assert smtp_server.tried == 0


@pytest.mark.parametrize(
    "to",
    ["a@b.example\r\nBcc: x@evil.example", "a@b.example, x@evil.example", "A <a@b.example>", "a@b.example\n", "a b@c",
     "", "nobody", "名@b.example", "a@環境.example", "a@b.example>", '"a@x"@b.example', "a@b.example\x00"],
)  # fmt: skip
def test_only_one_plain_address(smtp_server: SMTPServer, to: str) -> None:
    with pytest.raises(Never, match="malformed"):
        send_one(post_office(smtp_server.port), to=to)
    assert smtp_server.tried == 0


@pytest.mark.parametrize("message_id", ["<a@b>\r\nBcc: x@evil.example", "a@b", "<a b@c>", "<a@b><c@d>", ""])
def test_no_header_through_the_message_id(smtp_server: SMTPServer, message_id: str) -> None:
    with pytest.raises(Never, match="malformed"):
        send_one(post_office(smtp_server.port), message_id=message_id)
    assert smtp_server.tried == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("451 try again", Later), ("452 disk full", Later), ("421 closing", Later), ("550 no such user", Never),
     ("554 refused", Never)],
)  # fmt: skip
def test_refused_after_the_text(smtp_server: SMTPServer, answer: str, kind: type[Exception]) -> None:
    smtp_server.answer = answer
    with pytest.raises(kind, match=answer):
        send_one(post_office(smtp_server.port))
    assert smtp_server.messages == []


class Moody:
    """Says what it is told at one step of the conversation."""

    def __init__(self, step: str, answer: str) -> None:
        setattr(self, f"handle_{step}", self.say)
        self.answer = answer
        self.taken = 0

    async def say(self, *_: Any) -> str:
        return self.answer

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802
        self.taken += 1
        return "250 OK"


@contextmanager
def serving(handler: Any, **options: Any) -> Iterator[int]:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [("RCPT", "550 5.1.1 unknown", Never), ("RCPT", "450 4.2.1 greylisted", Later), ("MAIL", "451 busy", Later),
     ("MAIL", "550 sender not allowed", Later)],
)  # fmt: skip
def test_refused_before_the_text(step: str, answer: str, kind: type[Exception]) -> None:
    with serving(Moody(step, answer)) as port, pytest.raises(kind, match=answer[:3]):
        send_one(post_office(port))


def test_our_own_wrong_password_is_no_reason_to_give_letters_up() -> None:
    options = {
        "authenticator": lambda *_: AuthResult(success=False, handled=False),
        "auth_require_tls": False,
    }
    with serving(Moody("NOOP", "250 OK"), **options) as port:
        app = post_office(port, mail_username="portal", mail_password="wrong")
        with pytest.raises(Later, match="535"):
            send_one(app)


def test_a_server_without_tls_gets_no_letter_where_tls_is_asked_for(smtp_server: SMTPServer) -> None:
    with pytest.raises(Later, match="STARTTLS"):
        send_one(post_office(smtp_server.port, mail_use_tls=True))
    assert smtp_server.tried == 0


def test_a_down_server() -> None:
    with pytest.raises(Later, match="refused"):
        send_one(post_office(free_port()))


def test_no_server_configured() -> None:
    with pytest.raises(Later, match="MAIL_SERVER"):
        send_one(post_office(25, mail_server=""))


def test_a_name_nobody_knows() -> None:
    with pytest.raises(Later):
        send_one(post_office(25, mail_server="mail.invalid"))


@contextmanager
def answering(*sentences: bytes, then_silent: bool) -> Iterator[int]:
    """A server that says these lines, one after each of ours, and then nothing more, or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                for sentence in sentences:
                    connection.sendall(sentence)
                    connection.recv(65536)
                if then_silent:
                    over.wait(20)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(5)


@pytest.mark.parametrize("said", [(), (b"220 hello\r\n",), (b"220 hello\r\n", b"250 OK\r\n")])
def test_a_slow_server_costs_its_time_out_and_no_more(said: tuple[bytes, ...]) -> None:
    with answering(*said, then_silent=True) as port:
        begun = time.monotonic()
        with pytest.raises(Later):
            send_one(post_office(port, mail_timeout=1))
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("said", [(b"220 hello\r\n",), (b"220 hello\r\n", b"250 OK\r\n"), (b"nonsense\r\n",)])
def test_a_server_that_hangs_up_or_talks_nonsense(said: tuple[bytes, ...]) -> None:
    with answering(*said, then_silent=False) as port, pytest.raises(Later):
        send_one(post_office(port))


class HangingUpAtQuit(SMTPConversation):
    """A server that takes the letter and then hangs up without a good-bye."""

    async def smtp_QUIT(self, _: str) -> None:  # noqa: N802
        self.transport.abort()


def test_a_rude_good_bye_after_the_letter_was_taken_is_success() -> None:
    handler = Moody("NOOP", "250 OK")

    class Rude(Controller):
        def factory(self) -> SMTPConversation:
            return HangingUpAtQuit(self.handler)

    controller = Rude(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        send_one(post_office(controller.port))
    finally:
        controller.stop()
    assert handler.taken == 1


def test_the_complaint_is_short_enough_to_be_kept(smtp_server: SMTPServer) -> None:
    smtp_server.answer = "550 " + "no " * 150
    with pytest.raises(Never) as caught:
        send_one(post_office(smtp_server.port))
    assert len(str(caught.value)) <= 300
