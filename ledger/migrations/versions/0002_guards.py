"""The database itself refuses a break in the chain of hashes, and PostgreSQL every change of an event."""

from alembic import op

from ledger.schema import GUARDS

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in GUARDS.get(op.get_context().dialect.name, {}).get(revision, ()):
        op.execute(statement)
