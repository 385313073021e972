"""The venture's secret that signs links: made once, kept in the store."""

from __future__ import annotations

from tenure.ids import new_token
from tenure.ports.secrets import Secrets

NAME = "tracking_key"


def tracking_key(secrets: Secrets, venture_id: int, now_us: int) -> bytes:
    """The key; two processes asking at once get the same."""
    return secrets.ensure(venture_id, NAME, new_token(), by="tenure", now_us=now_us).encode()
