"""The table of events, as version 0.1.0 of the program made it."""

import sqlalchemy as sa
from alembic import op

from ledger.schema import GUARDS

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(32), nullable=False, comment="UTC instant, ISO 8601"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("submission_id", sa.String(64), index=True, comment="SHA-256 of the received bytes"),
        sa.Column("district_code", sa.String(8)),
        sa.Column("period", sa.String(7), comment="YYYY-MM"),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False, comment="JSON object"),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    for statement in GUARDS.get(op.get_context().dialect.name, {}).get(revision, ()):
        op.execute(statement)
