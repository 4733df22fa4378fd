"""Opening the operations store with the tables of deliveries, and of the rooms that they touch."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

import access.store
import operations
import response.store
from config import Settings
from delivery.tables import metadata

SCHEMA = operations.Schema(
    metadata, Path(__file__).parent / "migrations" / "versions", "delivery_version"
)


def open_store(settings: Settings, busy_seconds: float = operations.BUSY_SECONDS) -> Engine:
    """The engine of the operations store with the tables of deliveries, the outbox and access, all
    migrated. A writer waits `busy_seconds` for another. Raises StoreError where it cannot be
    opened."""
    return operations.open_store(
        settings, SCHEMA, response.store.SCHEMA, access.store.SCHEMA, busy_seconds=busy_seconds
    )


def alone(connection: Connection) -> None:
    """Lets no other writer of deliveries come between, within `writing`: SQLite's lock does that
    already, Postgres has one for it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('passport-delivery'))"))
