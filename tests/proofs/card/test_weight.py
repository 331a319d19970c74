"""What the verifier drags into a worker: it must not cost the memory of a library that nobody uses."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.rig.tools import ROOT

LOADED = """
import json, sys
from portal.proofs.card import crl, revocation, verify
print(json.dumps([name for name in ("aiohttp", "lxml", "oscrypto", "requests", "pyhanko", "asyncio.runners", "ssl")
                  if name in sys.modules]))
"""


def test_no_client_for_http_and_no_pdf_comes_along():
    told = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert not {"aiohttp", "lxml", "oscrypto", "requests", "pyhanko"} & set(json.loads(told))
