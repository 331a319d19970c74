"""unit search: the search index over units."""

from alembic import op

revision = "5f0c2c8d1be7"
down_revision = "4865b7eed236"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this version; `flask portal load-units` enters the units that are there."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE unit_search USING fts5(words, content='', tokenize='ascii')")
    else:
        op.execute(
            "CREATE TABLE unit_search (unit_id integer NOT NULL, words tsvector NOT NULL) "
            "PARTITION BY RANGE (unit_id)"
        )
        # Each tier is at most eight times as large as all before it, so common words are met within the first ones.
        bounds = ("MINVALUE", 1 << 11, 1 << 14, 1 << 16, 1 << 18, 1 << 20, "MAXVALUE")
        for tier in range(len(bounds) - 1):
            # A hash keeps numbers unique and finds one; a tree would also tempt the planner to walk them in order.
            op.execute(
                f"CREATE TABLE unit_search_{tier} PARTITION OF unit_search (EXCLUDE USING hash (unit_id WITH =)) "
                f"FOR VALUES FROM ({bounds[tier]}) TO ({bounds[tier + 1]})"
            )
        op.execute("CREATE INDEX ix_unit_search_words ON unit_search USING gin (words)")
    op.execute("CREATE TABLE unit_search_closing (unit_id integer PRIMARY KEY, closed_on date NOT NULL)")
    op.execute("CREATE INDEX ix_unit_search_closing_closed_on ON unit_search_closing (closed_on)")
    op.execute("CREATE TABLE unit_search_rules (version integer PRIMARY KEY)")
    op.execute("INSERT INTO unit_search_rules (version) VALUES (0)")


def downgrade() -> None:
    """Go back to the version before."""
    op.execute("DROP TABLE unit_search_rules")
    op.execute("DROP TABLE unit_search_closing")
    op.execute("DROP TABLE unit_search")
