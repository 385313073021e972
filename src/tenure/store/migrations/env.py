"""Alembic's way in. `tenure.store.upgrade` hands over the connection; there is no alembic.ini and no URL here."""

from __future__ import annotations

from alembic import context

from tenure.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
