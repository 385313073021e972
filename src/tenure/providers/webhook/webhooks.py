"""The signature of our webhooks, both ways: what we send is signed so, and what is posted to us must be.

`Tenure-Timestamp` is the time in whole seconds since the epoch. `Tenure-Signature` is `v1=` and the hex HMAC-SHA256, with the
shared secret, of the timestamp, a full stop and the raw body.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from tenure.clock import SECOND_US

TIMESTAMP, SIGNATURE, KEY = "Tenure-Timestamp", "Tenure-Signature", "Idempotency-Key"
TOLERANCE_SECONDS = 300
_VERSION = "v1="


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `Tenure-Signature`."""
    return _VERSION + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


def signed_headers(secret: str, body: bytes, now_us: int) -> dict[str, str]:
    """The two headers that prove a body."""
    timestamp = str(now_us // SECOND_US)
    return {TIMESTAMP: timestamp, SIGNATURE: signature_of(secret, timestamp, body)}


def is_signed(secret: str, body: bytes, headers: Mapping[str, str], now_us: int) -> bool:
    """Whether one of the signatures fits, at most 300 seconds old or early; whatever goes wrong is a no.

    Several signatures may stand in one header, with commas between: while a secret is being exchanged.
    """
    try:
        found = {name.lower(): value for name, value in headers.items()}
        timestamp = found[TIMESTAMP.lower()]
        if not secret or not timestamp.isascii() or not timestamp.isdigit():
            return False
        is_fresh = abs(now_us // SECOND_US - int(timestamp)) <= TOLERANCE_SECONDS
        wanted = signature_of(secret, timestamp, body).encode()
        shown = [one.strip().encode() for one in found[SIGNATURE.lower()].split(",")]
        fits = [hmac.compare_digest(wanted, one) for one in shown]
        return is_fresh and any(fits)
    except Exception:
        return False
