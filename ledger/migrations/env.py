"""Alembic's way in: the migrations run on the connection, and in the transaction, of ledger/versions.py."""

from alembic import context

from ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
