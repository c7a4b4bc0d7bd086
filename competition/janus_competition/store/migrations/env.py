"""What Alembic runs; the connection comes from `migrating.upgrade`."""

from alembic import context

from janus_competition.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
