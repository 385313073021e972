"""The log of consent in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tenure.model.consents import Consent
from tenure.store.engine import Database
from tenure.store.loop_tables import consents
from tenure.store.records import from_row, to_row
from tenure.store.statements import in_chunks

_CHUNK = 2_000


class ConsentRows:
    """The port `tenure.ports.consents.Consents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, words: Sequence[Consent]) -> None:
        rows = [to_row(one, consents, venture_id=venture_id) for one in words]
        with self._database.writing() as connection:
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(sa.insert(consents), list(chunk))

    def of(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, Sequence[Consent]]:
        found: dict[str, list[Consent]] = defaultdict(list)
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                query = sa.select(consents).where(consents.c.venture_id == venture_id, consents.c.customer_id.in_(chunk))
                for row in connection.execute(query.order_by(consents.c.at_us, consents.c.consent_id)):
                    found[row.customer_id].append(from_row(row, Consent))
        return dict(found)

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        forgotten = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = (consents.c.venture_id == venture_id, consents.c.customer_id.in_(chunk))
                forgotten += connection.execute(sa.delete(consents).where(*mine)).rowcount
        return forgotten
