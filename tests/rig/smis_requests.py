"""What people of 智慧防疫物資 ask for later, beside their first application."""

from __future__ import annotations

from flask import Flask

from portal.domain.application import ApplicationPurpose
from portal.domain.offers import WantedPermission
from tests.rig.people import circumstance
from tests.rig.smis import SMIS, SmisPerson


def ask_for(app: Flask, person: SmisPerson, *wanted: WantedPermission, unit: str = "") -> str:
    """An application of somebody whose account is in use; returns its public number."""
    from portal.store.accounts import locked
    from portal.store.database import write
    from portal.store.units import unit_by_code
    from portal.usecases.apply.write_application import Submission, new_application

    at = circumstance(app)
    with app.app_context(), write() as session:
        place = unit_by_code(session, unit or person.unit)
        assert place is not None
        answers = {"email": person.email, "name": person.holder}
        sent = Submission(place.kind, place.code, "general", wanted, "", answers, f"later-{at.request_id}")
        account = locked(session, person.row)
        return new_application(session, SMIS, sent, account, place, ApplicationPurpose.CHANGE, at).public_id
