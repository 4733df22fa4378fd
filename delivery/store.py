"""Opening the operations store with the tables of deliveries, and of the rooms that they touch."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

import access.store
import operations
import response.store
from config import Settings

SCHEMA = operations.Schema(Path(__file__).parent / "migrations", "delivery_version")


def open_store(settings: Settings, busy_seconds: float = operations.BUSY_SECONDS) -> Engine:
    """The engine of the operations store with the tables of delivery, the outbox and access, all
    migrated. Raises StoreError where it cannot be opened."""
    store = operations.open_store(settings, SCHEMA, busy_seconds)
    response.store.prepare(store)
    access.store.prepare(store)
    return store


def prepare(store: Engine) -> None:
    """Makes sure that a store which another room opened has all of them."""
    response.store.prepare(store)
    access.store.prepare(store)
    with operations.writing(store) as connection:
        operations.migrate(connection, SCHEMA)


def alone(connection: Connection) -> None:
    """Lets no other writer of deliveries come between, within `writing`: SQLite's lock does that
    already, Postgres has one for it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('passport-delivery'))"))
