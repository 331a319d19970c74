"""The information systems that are live."""

from __future__ import annotations

from functools import cache

from portal.domain.refusal import NotFound
from portal.domain.system import InformationSystem
from portal.store.system_files import read_system_files


@cache
def systems() -> dict[str, InformationSystem]:
    """All systems by key; read once, at start, so that a wrong file stops the start."""
    return read_system_files()


def system_in_zone(zone: str, key: str) -> InformationSystem:
    """The system of an address; raises `NotFound`."""
    system = systems().get(key)
    if system is None or system.zone != zone:
        raise NotFound
    return system
