"""How alembic reaches the database: on the connection that `Database.migrate` hands it."""

from alembic import context

from faceveil.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
