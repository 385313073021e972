"""Identities: 128-bit fact keys and random tokens. Everything that decides hashes here, with a named algorithm."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from struct import Struct

_SIGN = 1 << 63
_WRAP = 1 << 64
_two_signed64 = Struct(">qq").unpack


def fact_key(kind: str, source: str, fact_id: str) -> tuple[int, int]:
    """The 128-bit key of a fact as two signed 64-bit halves.

    A caller's UUID is the key itself, whatever the source; any other id is hashed (BLAKE2b, 128 bits)
    together with its kind and source, so that two systems that both count 1, 2, 3 do not collide.
    Ventures never share a warehouse, so the venture is not part of the key.
    """
    raw = _uuid_bytes(fact_id)
    if raw is None:
        raw = blake2b(f"{kind}\x1f{source}\x1f{fact_id}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    key_hi, key_lo = _two_signed64(raw)
    return key_hi, key_lo


def fact_name(key_hi: int, key_lo: int) -> str:
    """A text that names a fact and says nothing of whose it is: the key of the response it is, wherever it is met."""
    text = chr(0).join(("fact", str(key_hi), str(key_lo)))
    return f"fact:{blake2b(text.encode(), digest_size=16).hexdigest()}"


def _uuid_bytes(text: str) -> bytes | None:
    """The bytes of a UUID of 36 characters; read without the uuid module, which is five times slower."""
    if len(text) != 36:
        return None
    digits = text.replace("-", "")
    if len(digits) != 32:
        return None
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return None
    return raw if len(raw) == 16 else None


def signed64(raw: bytes) -> int:
    """Eight big-endian bytes as a signed 64-bit integer (what SQL engines store)."""
    value = int.from_bytes(raw, "big")
    return value - _WRAP if value >= _SIGN else value


def share_of(*parts: str) -> float:
    """A stable number in [0, 1) of some text parts: holdouts, variants, samples (BLAKE2b, 64 bits)."""
    raw = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "big") / _WRAP


def new_token(prefix: str = "") -> str:
    """A fresh secret of 192 random bits."""
    return prefix + secrets.token_urlsafe(24)
