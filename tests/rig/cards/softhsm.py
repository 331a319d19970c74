"""SoftHSM: a PKCS#11 token in a folder. Fast, but it never locks and cannot be pulled out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.rig.cards.issued import Issued
from tests.rig.tools import opensc_tool, softhsm

KEY_ID = "01"


def make_token(
    folder: Path, issued: Issued, pin: str, number: str = "softhsm"
) -> tuple[Path, dict[str, str]]:
    """A token with this certificate and key; the module, and the environment in which it finds the token."""
    module, util = softhsm()
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    environment = {"SOFTHSM2_CONF": str(configuration)}
    key, certificate = folder / "key.pem", folder / "certificate.der"
    key.write_bytes(issued.key_pem)
    certificate.write_bytes(issued.der)
    _run(environment, util, "--init-token", "--free", "--label", number, "--so-pin", "87654321", "--pin", pin)
    _run(
        environment, util, "--import", key, "--token", number, "--label", "key", "--id", KEY_ID, "--pin", pin
    )
    _run(
        environment, opensc_tool(), "--module", module, "--token-label", number, "--login", "--pin", pin,
        "--write-object", certificate, "--type", "cert", "--id", KEY_ID, "--label", "certificate",
    )  # fmt: skip
    return module, environment


def _run(environment: dict[str, str], *command: object) -> None:
    subprocess.run(
        list(map(str, command)), env={**os.environ, **environment}, check=True, capture_output=True
    )
