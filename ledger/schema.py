"""The ledger's one table, and what keeps it append-only. Changes of it are migrations: `ledger/migrations/`."""

import sqlalchemy as sa

metadata = sa.MetaData()
event_table = sa.Table(
    "event",
    metadata,
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

_SQLITE_REFUSALS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS event_no_{operation.lower()} BEFORE {operation} ON event "
    "BEGIN SELECT RAISE(ABORT, 'events are only ever appended'); END"
    for operation in ("UPDATE", "DELETE")
)
_SQLITE_CHAIN = (
    "CREATE TRIGGER event_chain BEFORE INSERT ON event "
    "WHEN NEW.previous_hash <> coalesce((SELECT hash FROM event ORDER BY id DESC LIMIT 1), '') "
    "BEGIN SELECT RAISE(ABORT, 'an event must carry the hash of the last one'); END",
)
_POSTGRESQL_REFUSALS = (
    "CREATE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are only ever appended'; END $$",
    "CREATE TRIGGER event_only_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()",
)
_POSTGRESQL_CHAIN = (
    "CREATE FUNCTION event_follow() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF NEW.previous_hash <> coalesce((SELECT hash FROM event ORDER BY id DESC LIMIT 1), '') "
    "THEN RAISE EXCEPTION 'an event must carry the hash of the last one'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER event_chain BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_follow()",
)
# What each database is told besides the table, by the revision that brought it.
GUARDS = {
    "sqlite": {"0001": _SQLITE_REFUSALS, "0002": _SQLITE_CHAIN},
    "postgresql": {"0001": (), "0002": (*_POSTGRESQL_REFUSALS, *_POSTGRESQL_CHAIN)},
}
