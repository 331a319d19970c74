"""A manager of the bureau, and somebody of a clinic who applies."""

from __future__ import annotations

import pytest

from tests.rig.reviewing import MANAGES, WANTS
from tests.rig.smis import (
    BUREAU,
    smis_actor,
    smis_person,
)


@pytest.fixture
def boss(app):
    """The bureau's manager of three categories, and how they act."""
    return smis_actor(app, smis_person(app, "boss", unit=BUREAU, wanted=MANAGES, holder="林主任"))


@pytest.fixture
def fox(app):
    """Somebody of a clinic who asks for three categories."""
    return smis_person(app, "fox", "waiting", wanted=WANTS)
