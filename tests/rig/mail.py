"""A real SMTP server in this process: keeps what it is sent, and can be told to refuse."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

ACCEPTED = "250 OK"


@dataclass
class SMTPServer:
    """Messages in the order of their arrival; `answer` is said to every message from now on (451 …, 550 …)."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = ACCEPTED
    tried: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> dict[str, Any]:
        """What an application needs to send here."""
        return {"MAIL_SERVER": self.host, "MAIL_PORT": self.port, "MAIL_USE_TLS": False}

    def to(self, address: str) -> list[EmailMessage]:
        """The messages for one address."""
        return [message for message in self.messages if address in str(message["To"])]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd for every message."""
        with self._lock:
            self.tried += 1
            if self.answer == ACCEPTED:
                message = message_from_bytes(envelope.content, policy=policy.default)
                assert isinstance(message, EmailMessage)
                self.messages.append(message)
                self.recipients.append(list(envelope.rcpt_tos))
            return self.answer


def free_port() -> int:
    """A port of the loopback address that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def smtp_server() -> Iterator[SMTPServer]:
    """A server of the test's own."""
    server = SMTPServer("127.0.0.1", free_port())
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    yield server
    controller.stop()
