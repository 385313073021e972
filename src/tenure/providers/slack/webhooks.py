"""What Slack sends to us: clicks on buttons, their signature checked on the raw body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import Clock, SignatureVerifier

from tenure.clock import SECOND_US

TOLERANCE_SECONDS = 300


class _At(Clock):
    """The time of the request, handed in."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now(self) -> float:
        return self._now_us / SECOND_US


def is_from_slack(signing_secret: str, body: bytes, headers: Mapping[str, str], now_us: int) -> bool:
    """HMAC-SHA256 of `v0:timestamp:body`, at most 300 seconds old or early; whatever goes wrong is a no."""
    try:
        verifier = SignatureVerifier(signing_secret, clock=_At(now_us))
        return verifier.is_valid_request(body, dict(headers))
    except Exception:
        return False


def payload_of(body: bytes) -> dict[str, Any]:
    """The interaction in the form field `payload`; raises ValueError when there is none."""
    found = parse_qs(body.decode("utf-8")).get("payload", [])
    if not found:
        raise ValueError("no payload")
    payload = json.loads(found[0])
    if not isinstance(payload, dict):
        raise ValueError("the payload is not an object")
    return payload
