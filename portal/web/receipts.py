"""Which applications this browser sent or proved: their numbers, in its signed cookie."""

from __future__ import annotations

from flask import session

from portal.domain.refusal import NotFound

MOST = 5


def keep_receipt(public_id: str) -> bool:
    """Remember an application, older ones make room; whether this browser had it before."""
    known = public_id in session.get("receipts", [])
    others = [other for other in session.get("receipts", []) if other != public_id]
    session["receipts"] = [public_id, *others][:MOST]
    return known


def kept_receipt(public_id: str) -> str:
    """The number, if this browser may see that application; raises `NotFound`."""
    if public_id not in session.get("receipts", []):
        raise NotFound
    return public_id
