"""A database made ready the way an operator does: migrations, then the units from the seed files."""

from __future__ import annotations

from pathlib import Path

from tests.rig.settings import TEST_SETTINGS


def prepare_database(url: str, instance: Path) -> None:
    """Migrate and seed the database at `url`, then let go of it."""
    from flask_migrate import upgrade

    from portal import create_app

    app = create_app(**{**TEST_SETTINGS, "DATABASE_URL": url, "INSTANCE_PATH": str(instance)})
    with app.app_context():
        upgrade()
    loaded = app.test_cli_runner().invoke(args=["portal", "load-units"])
    if loaded.exit_code != 0:
        raise RuntimeError(f"the units could not be loaded:\n{loaded.output}") from loaded.exception
    let_go(app)


def let_go(app: object) -> None:
    """Close every connection that an application holds."""
    from flask import Flask

    assert isinstance(app, Flask)
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()
