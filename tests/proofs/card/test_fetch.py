"""Asking an authority: only written-down addresses, within time and size, without detours."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from portal.proofs.card.fetch import NotFetched, fetcher


def why(fetch, address, body=None):
    with pytest.raises(NotFetched) as caught:
        fetch(address, body)
    return caught.value.reason


def test_what_was_asked_for(authority_server):
    address = f"{authority_server.address}/list?part=1"
    authority_server.answers["/list?part=1"] = lambda _: b"x" * 100_000
    authority_server.answers["/ask"] = lambda asked: asked[::-1]
    ask = f"{authority_server.address}/ask"
    fetch = fetcher(frozenset({address, ask}), largest=100_000)
    assert fetch(address, None) == b"x" * 100_000
    assert fetch(ask, b"abc") == b"cba"


def test_no_other_address_is_asked(authority_server):
    authority_server.answers["/a"] = lambda _: b"yes"
    fetch = fetcher(frozenset({f"{authority_server.address}/a"}))
    for address in (f"{authority_server.address}/b", "http://127.0.0.1:9/", "file:///etc/passwd", ""):
        assert why(fetch, address) == "not-allowed"
    assert authority_server.asked == []


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 404, 500, 503])
def test_no_detours(status, authority_server):
    authority_server.answers["/a"] = lambda _: (status, b"")
    assert (
        why(fetcher(frozenset({f"{authority_server.address}/a"})), f"{authority_server.address}/a") == "down"
    )
    assert authority_server.asked == ["/a"]


@pytest.mark.parametrize("size", [1001, 5_000_000])
def test_too_much(size, authority_server):
    authority_server.answers["/a"] = lambda _: b"x" * size
    address = f"{authority_server.address}/a"
    assert why(fetcher(frozenset({address}), largest=1000), address) == "too-large"


class Raw:
    """Says these pieces to whoever comes, with pauses, and hangs up."""

    def __init__(self, *pieces: bytes, pause: float = 0.0) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.pieces, self.pause = pieces, pause
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        line, _ = self.listener.accept()
        with self.listener, line:
            line.settimeout(2)
            try:
                line.recv(65536)
                for piece in self.pieces:
                    line.sendall(piece)
                    time.sleep(self.pause)
            except OSError:
                return

    def told(self, **how) -> bytes | str:
        try:
            return fetcher(frozenset({self.address}), **how)(self.address, None)
        except NotFetched as problem:
            return problem.reason
        finally:
            self.thread.join()


def test_without_a_length_the_limit_holds():
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    assert Raw(head, b"x" * 900).told(largest=1000) == b"x" * 900
    assert Raw(head, *[b"x" * 900] * 3).told(largest=1000) == "too-large"


def test_cut_off_in_the_middle():
    assert Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"12345").told() == "down"
    assert Raw(b"220 smtp.example ESMTP\r\n").told() == "down"
    assert Raw().told() == "down"


def test_a_byte_now_and_then():
    """No single read is late, all together are: in the head, and in the body."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 40
    for pieces in ([bytes([one]) for one in head], endless.splitlines(True), [head, *[b"x"] * 40]):
        begun = time.monotonic()
        assert Raw(*pieces, pause=0.05).told(seconds=0.4) == "slow"
        assert time.monotonic() - begun < 2.5


def test_nothing_is_said(authority_server):
    authority_server.wait = 4.0
    address = f"{authority_server.address}/a"
    begun = time.monotonic()
    assert why(fetcher(frozenset({address}), seconds=0.2), address) == "slow"
    assert time.monotonic() - begun < 3.5


def test_nobody_is_there():
    assert why(fetcher(frozenset({"http://127.0.0.1:9/"})), "http://127.0.0.1:9/") == "down"
    assert why(fetcher(frozenset({"http://nowhere.invalid/"})), "http://nowhere.invalid/") == "down"
