"""Which key a request shows: the user of Basic, or a Bearer token."""

from __future__ import annotations

import base64
import binascii


def header_key(authorization: bytes) -> str | None:
    """The key of an Authorization header; None when there is none or it makes no sense."""
    scheme, _, rest = authorization.partition(b" ")
    how = scheme.lower()
    if how == b"bearer":
        return rest.strip().decode("latin-1") or None
    if how != b"basic":
        return None
    try:
        pair = base64.b64decode(rest.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return pair.partition(b":")[0].decode("utf-8", "replace") or None
