"""One signed POST over httpx2, and what its answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx2

from tenure.ports.senders import OutcomeUnknown, RefusedForGood, SendError, TryLater
from tenure.providers.outcomes import retry_after_seconds

_NOT_HANDED_OVER = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_TOO_EARLY = frozenset({425, 429, 503})
_LONGEST_ANSWER = 64 * 1024
_ID = re.compile(r"[\x21-\x7e]{1,200}")


class WebhookLine:
    """Keeps connections open between messages. No redirects: a body is signed for one address."""

    def __init__(self, url: str, timeout_seconds: float, transport: httpx2.BaseTransport | None = None) -> None:
        self._url = url
        self._client = httpx2.Client(timeout=timeout_seconds, transport=transport, follow_redirects=False)

    def __repr__(self) -> str:
        return "WebhookLine()"

    def post(self, body: bytes, headers: Mapping[str, str], now_us: int) -> str:
        """The id the receiver gave, empty when it gave none."""
        try:
            response = self._client.post(self._url, content=body, headers=dict(headers))
        except _NOT_HANDED_OVER as problem:
            raise TryLater(f"webhook: cannot be reached ({type(problem).__name__})") from None
        except (httpx2.HTTPError, httpx2.StreamError) as problem:
            raise OutcomeUnknown(f"webhook: the line broke after the message was handed over ({type(problem).__name__})") from None
        except httpx2.InvalidURL:
            raise RefusedForGood("webhook: the configured address is none") from None
        if not response.is_success:
            raise _verdict(response, now_us)
        return _id_in(response)

    def close(self) -> None:
        self._client.close()


def _verdict(response: httpx2.Response, now_us: int) -> SendError:
    """500, 502 and 504 say nothing about what the receiver did before it failed."""
    status = response.status_code
    if status in _TOO_EARLY:
        return TryLater(f"webhook: not now (status {status})", retry_after_seconds(response.headers.get("retry-after"), now_us))
    if status >= 500:
        return OutcomeUnknown(f"webhook: failed in between (status {status})")
    return RefusedForGood(f"webhook: refused (status {status})")


def _id_in(response: httpx2.Response) -> str:
    if len(response.content) > _LONGEST_ANSWER:
        return ""
    try:
        found = response.json()
    except ValueError:
        return ""
    given = found.get("id") if isinstance(found, dict) else None
    return given if isinstance(given, str) and _ID.fullmatch(given) else ""
