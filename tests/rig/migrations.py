"""`make check`: the migrations, run on an empty database, give exactly the tables that the domain declares."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS


def main() -> int:
    """Migrate an empty SQLite database and compare; 1 when they differ."""
    from flask_migrate import check, upgrade

    from portal import create_app

    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        places = {"DATABASE_URL": f"sqlite:///{Path(folder) / 'portal.sqlite3'}", "INSTANCE_PATH": folder}
        app = create_app(**{**TEST_SETTINGS, **places})
        try:
            with app.app_context():
                upgrade()
                check()  # ends the program when something is missing, and says what
        finally:
            let_go(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
