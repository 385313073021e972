"""The columns tables are made of, once for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""On SQLite the file store.sqlite, on PostgreSQL (with `inbox_metadata`) the whole database."""

inbox_metadata = sa.MetaData(naming_convention=metadata.naming_convention)
"""The inbox of facts: on SQLite a file of its own, so that publishing scores never stalls ingest."""

# SQLite gives rows a sequence only to a column declared INTEGER, and STRICT tables know no other names.
Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Small = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
Json = sa.JSON(none_as_null=True)


def id_column(name: str) -> sa.Column[int]:
    return sa.Column(name, Big, primary_key=True, autoincrement=True)


def venture_column(*, key: bool = False) -> sa.Column[int]:
    wall = sa.ForeignKey("ventures.venture_id")
    return sa.Column("venture_id", Big, wall, nullable=False, primary_key=key, autoincrement=False)


def bulk_venture_column() -> sa.Column[int]:
    """Without the foreign key, which would be looked up for each of a million rows; the run's own says the same."""
    return sa.Column("venture_id", Big, primary_key=True, autoincrement=False)


def text_column(name: str, *, optional: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional, primary_key=key)


def us_column(name: str, *, optional: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, Big, nullable=optional, primary_key=key, autoincrement=False)
