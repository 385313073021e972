"""Bodies of requests that do not go through the ingest door: read up to a limit, forms without a library."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import HTTPException, Request


async def limited_body(request: Request, limit_bytes: int) -> bytes:
    """The raw body; 413 when it is larger than allowed, without reading on."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > limit_bytes:
        raise HTTPException(413, f"More than {limit_bytes // 1024} KB.")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit_bytes:
            raise HTTPException(413, f"More than {limit_bytes // 1024} KB.")
        parts.append(part)
    return b"".join(parts)


def form_fields(body: bytes) -> dict[str, str]:
    """Fields of a form as pages post it; of repeated ones the first."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
    return {name: values[0] for name, values in fields.items()}
