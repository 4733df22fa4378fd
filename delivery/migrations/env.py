"""Alembic's entry: runs the migrations on the connection that `open_store` hands in."""

from alembic import context

from delivery.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="delivery_version",
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
