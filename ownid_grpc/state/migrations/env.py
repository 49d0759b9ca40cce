"""Tells alembic which connection to use and where to keep the version."""

from alembic import context

from ownid_grpc.state.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
