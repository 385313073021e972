"""Bytes of a request as JSON bytes: decompressed with a bound, whatever the Content-Type says."""

from __future__ import annotations

import zlib

from tenure.services.ingest.refusals import TooLarge, Unreadable

_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
PLAIN = frozenset({b"", b"identity"})
COMPRESSED = frozenset({b"gzip", b"x-gzip", b"deflate"})


def json_bytes(body: bytes, encoding: bytes, limit: int) -> bytes:
    """The body decompressed (gzip or zlib, also when the header forgot to say so) and without a byte order mark.

    Args:
        body: as received.
        encoding: the Content-Encoding, lower case.
        limit: how many bytes may come out.

    Raises:
        Unreadable: broken compression, or one we do not know.
        TooLarge: more than `limit` bytes.
    """
    if encoding in COMPRESSED or body[:2] == _GZIP_MAGIC:
        body = _decompressed(body, limit)
    elif encoding not in PLAIN:
        raise Unreadable("This Content-Encoding is not known.", "Send the body plain, or compressed with gzip.")
    if len(body) > limit:
        raise too_many_bytes(limit)
    return body[3:] if body[:3] == _BOM else body


def too_many_bytes(limit: int) -> TooLarge:
    return TooLarge(f"The request is larger than {limit // 1024} KB.", "Send smaller batches.")


def _decompressed(body: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit + 1
    try:
        while body and room > 0:
            stream = zlib.decompressobj(_GZIP_OR_ZLIB)
            parts.append(stream.decompress(body, room))
            room -= len(parts[-1])
            if room > 0 and not stream.eof:
                raise Unreadable("The compressed body ends too early.", "Send the whole body.")
            body = stream.unused_data.lstrip(b"\0")
    except zlib.error:
        raise Unreadable("The body cannot be decompressed.", "Send JSON, plain or compressed with gzip.") from None
    return b"".join(parts)
