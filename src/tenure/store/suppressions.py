"""Suppressed addresses as salted hashes: HMAC-SHA-256 of the folded address under the venture's secret salt (A29)."""

from __future__ import annotations

import hmac
import secrets as randomness
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tenure.errors import NotFound
from tenure.rules.addresses import fold_address
from tenure.store.engine import Database
from tenure.store.loop_tables import suppressions
from tenure.store.secrets import SecretRows
from tenure.store.statements import audit, in_chunks, insert_new, not_found

SALT = "suppression_salt"
_CHUNK = 2_000
_SALT_BYTES = 32


class SuppressionRows:
    """The port `tenure.ports.suppressions.Suppressions`."""

    def __init__(self, database: Database, secrets: SecretRows) -> None:
        self._database = database
        self._secrets = secrets

    def add(self, venture_id: int, addresses: Sequence[str], channel: str, *, reason: str, by: str, now_us: int) -> int:
        salt = self._secrets.ensure(venture_id, SALT, randomness.token_hex(_SALT_BYTES), by=by, now_us=now_us)
        said = {"channel": channel, "reason": reason, "since_us": now_us, "by": by}
        rows = [{"venture_id": venture_id, "address_hash": one, **said} for one in {_hashed(salt, one) for one in addresses}]
        with self._database.writing() as connection:
            return insert_new(connection, suppressions, rows, "venture_id", "address_hash", "channel")

    def lift(self, venture_id: int, address: str, channel: str, *, why: str, by: str, now_us: int) -> None:
        salt = self._salt(venture_id)
        mine = (suppressions.c.venture_id == venture_id, suppressions.c.channel == channel)
        with self._database.writing() as connection:
            named = suppressions.c.address_hash == ("" if salt is None else _hashed(salt, address))
            if not connection.execute(sa.delete(suppressions).where(*mine, named)).rowcount:
                raise not_found("such suppression")
            audit(
                connection, venture_id, who=by, subject="suppression", name=channel,
                before="suppressed", after=None, why=why, now_us=now_us,
            )  # fmt: skip

    def of(self, venture_id: int, addresses: Sequence[str]) -> Mapping[str, frozenset[str]]:
        salt = self._salt(venture_id)
        if salt is None:
            return {}
        written = defaultdict(list)
        for address in set(addresses):
            written[_hashed(salt, address)].append(address)
        found: dict[str, set[str]] = defaultdict(set)
        with self._database.reading() as connection:
            for chunk in in_chunks(sorted(written), _CHUNK):
                mine = (suppressions.c.venture_id == venture_id, suppressions.c.address_hash.in_(chunk))
                for row in connection.execute(sa.select(suppressions.c.address_hash, suppressions.c.channel).where(*mine)):
                    for address in written[row.address_hash]:
                        found[address].add(row.channel)
        return {address: frozenset(channels) for address, channels in found.items()}

    def count(self, venture_id: int) -> int:
        query = sa.select(sa.func.count()).select_from(suppressions).where(suppressions.c.venture_id == venture_id)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def _salt(self, venture_id: int) -> str | None:
        """None: nothing was ever suppressed here."""
        try:
            return self._secrets.get(venture_id, SALT)
        except NotFound:
            return None


def _hashed(salt: str, address: str) -> str:
    return hmac.digest(salt.encode(), fold_address(address).encode(), "sha256").hex()
