"""Alembic's entry: runs a room's migrations on the connection that `open_store` hands in."""

from alembic import context

schema = context.config.attributes["schema"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.tables,
    version_table=schema.version_table,
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
