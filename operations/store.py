"""Opening the operations store, with one room's tables migrated to their newest version."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import SQLAlchemyError

from config import Settings

# SQLite makes a key rise by itself only where its type is INTEGER.
RISING_ID = BigInteger().with_variant(Integer, "sqlite")

# How long a writer of SQLite waits for another.
BUSY_SECONDS = 30.0

# Where Alembic finds its entry, `env.py`, which is the same for every room.
_ENVIRONMENT = Path(__file__).parent / "migrating"


@dataclass(frozen=True)
class Schema:
    """The tables of one room: they, the folder of their Alembic migrations, and the table that
    keeps their version."""

    tables: MetaData

    migrations: Path
    version_table: str


class StoreError(Exception):
    """The operations store cannot be opened; the message names it and the remedy."""


def open_store(settings: Settings, *schemas: Schema, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The engine of the operations store, the tables of `schemas` at their newest version.

    SQLite by default, where a writer waits `busy_seconds` for another; Postgres by URL. Raises
    StoreError, without the password of the URL.
    """
    url = make_url(settings.store_url())
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    elif url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, busy_seconds))
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with writing(engine) as connection:
            for schema in schemas:
                _migrate(connection, schema)
    except SQLAlchemyError as error:
        raise StoreError(
            f"operations store {url.render_as_string(hide_password=True)} cannot be opened "
            f"({type(error).__name__}): check operations_url and that the place is writable"
        ) from error
    return engine


@contextmanager
def disposing(store: Engine) -> Iterator[Engine]:
    """`store` for a while; at its end every connection is closed."""
    try:
        yield store
    finally:
        store.dispose()


@contextmanager
def writing(store: Engine) -> Iterator[Connection]:
    """One transaction that reads, then writes: SQLite's write lock is taken at its start, so no
    other writer can come between."""
    with store.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _migrate(connection: Connection, schema: Schema) -> None:
    """Bring the room's tables to the newest version; does nothing where they have it."""
    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("version_locations", str(schema.migrations))
    config.set_main_option("path_separator", "os")
    config.attributes |= {"connection": connection, "schema": schema}
    newest = ScriptDirectory.from_config(config).get_current_head()
    present = MigrationContext.configure(
        connection, opts={"version_table": schema.version_table}
    ).get_current_revision()
    if present != newest:
        command.upgrade(config, "head")


def _prepare_sqlite(busy_seconds: float, connection: Any, _: Any) -> None:
    # The driver's own transactions are switched off: it would commit before each DDL statement.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={busy_seconds * 1000:.0f}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
