"""A list of 400,000: how large it is, what memory it costs, and that it finds every one of its entries."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from portal.domain.certificate import CertificateStatus
from portal.proofs.card.crl import take_crl
from portal.proofs.card.serials import RevocationLists
from tests.rig.authority import NOON
from tests.rig.big_lists import big_crl, nth_serial
from tests.rig.tools import ROOT

COUNT, MIB = 400_000, 1024 * 1024
LOOKING_UP = """
import json, sys
from datetime import datetime
from pathlib import Path
from portal.proofs.card.serials import RevocationLists
from tests.rig.big_lists import nth_serial

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) * 1024

folder, key_id, now, count = sys.argv[1:]
now = datetime.fromisoformat(now)
serials = [nth_serial(number) for number in range(0, int(count), 40)]
lists, before = RevocationLists(Path(folder)), anonymous()
told = {lists.status_of(key_id, serial, (), now).value for serial in serials}
print(json.dumps([sorted(told), anonymous() - before]))
"""


@pytest.fixture(scope="module")
def kept(tree, pinned, tmp_path_factory):
    folder = tmp_path_factory.mktemp("big")
    facts, _ = take_crl(big_crl(tree.moica, COUNT, NOON), pinned.by_key_id(tree.moica.key_id), folder, NOON)
    assert facts.revoked + facts.suspended == COUNT
    return folder


def test_it_takes_six_mebibytes(kept):
    (path,) = kept.iterdir()
    assert path.stat().st_size < 6.2 * MIB


def test_it_finds_what_is_there_and_nothing_else(kept, tree):
    lists = RevocationLists(kept)

    def told(serial):
        return lists.status_of(tree.moica.key_id, serial, (), NOON)

    for number in range(0, COUNT, 97):
        suspended = number % 50 == 0
        assert told(nth_serial(number)) is (
            CertificateStatus.SUSPENDED if suspended else CertificateStatus.REVOKED
        )
        assert told(nth_serial(number) ^ 1) is CertificateStatus.GOOD
    for edge in (1, (1 << 127) - 1, 1 << 127, (1 << 160) - 1):
        assert told(edge) is CertificateStatus.GOOD


def test_a_worker_pays_next_to_nothing_for_it(kept, tree):
    """The file's pages are the system's, shared by every process that maps them."""
    told = subprocess.run(
        [sys.executable, "-c", LOOKING_UP, str(kept), tree.moica.key_id, NOON.isoformat(), str(COUNT)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    statuses, anonymous = json.loads(told.stdout)
    assert statuses == ["revoked", "suspended"]
    assert anonymous < 1 * MIB


def test_a_look_up_is_quick(kept, tree):
    lists = RevocationLists(kept)
    begun = time.thread_time()
    for number in range(1000):
        lists.status_of(tree.moica.key_id, nth_serial(number), (), NOON)
    assert time.thread_time() - begun < 1.0  # 1 ms each, where some 50 µs are usual
