"""Slack over slack-sdk, with its own retries off, and its errors told apart.

Words of Slack's errors: docs.slack.dev, "Errors" of chat.postMessage, chat.update and of incoming webhooks.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.client import WebClient
from slack_sdk.webhook.client import WebhookClient

from tenure.ports.senders import OutcomeUnknown, RefusedForGood, SendError, TryLater
from tenure.providers.outcomes import retry_after_seconds

_LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited"})
# "it's possible some aspect of the operation succeeded before the error was raised"
_UNKNOWN = frozenset({"internal_error", "fatal_error"})
_DEAD_PLACES = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_not_found", "user_disabled", "channel_is_archived"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_LONGEST_ERROR = 60
Found = TypeVar("Found")


class MessageGone(RefusedForGood):
    """What should be replaced is no longer there, or may not be changed any more."""


class SlackLine(Protocol):
    """One way into Slack."""

    def post(self, channel: str, content: Mapping[str, Any], now_us: int) -> str:
        """The id of the message, with which it can be replaced where that is possible."""
        ...

    def replace(self, message_id: str, content: Mapping[str, Any], now_us: int) -> str:
        """Raises MessageGone when there is nothing to replace."""
        ...


class BotLine:
    """chat.postMessage and chat.update; an id is `channel/ts`."""

    def __init__(self, token: str, base_url: str, timeout_seconds: int) -> None:
        url = base_url if base_url.endswith("/") else base_url + "/"
        self._client = WebClient(token=token, base_url=url, timeout=timeout_seconds, retry_handlers=[])

    def __repr__(self) -> str:
        return "BotLine()"

    def post(self, channel: str, content: Mapping[str, Any], now_us: int) -> str:
        def call() -> Any:
            return self._client.chat_postMessage(channel=channel, unfurl_links=False, unfurl_media=False, **content)

        return _message_id(_called(call, now_us))

    def replace(self, message_id: str, content: Mapping[str, Any], now_us: int) -> str:
        channel, found, ts = message_id.partition("/")
        if not found:
            raise MessageGone("slack: the earlier message was not sent by this way in")
        return _message_id(_called(lambda: self._client.chat_update(channel=channel, ts=ts, **content), now_us))

    def who_am_i(self, now_us: int) -> str:
        """The workspace the token belongs to; raises what a send would."""
        return str(_called(self._client.auth_test, now_us).get("team", ""))


class WebhookLine:
    """An incoming webhook: one channel, no ids, nothing can be replaced."""

    def __init__(self, url: str, timeout_seconds: int) -> None:
        self._client = WebhookClient(url, timeout=timeout_seconds, retry_handlers=[])

    def __repr__(self) -> str:
        return "WebhookLine()"

    def post(self, channel: str, content: Mapping[str, Any], now_us: int) -> str:
        answer = _called(lambda: self._client.send_dict(dict(content)), now_us)
        if answer.status_code != 200:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            raise _verdict(answer.status_code, answer.body.strip(), headers.get("retry-after"), now_us)
        return ""

    def replace(self, message_id: str, content: Mapping[str, Any], now_us: int) -> str:
        raise MessageGone("slack: unsupported, replacing a message through an incoming webhook")


def _message_id(answer: Any) -> str:
    return f"{answer['channel']}/{answer['ts']}"


def _called(call: Callable[[], Found], now_us: int) -> Found:
    try:
        return call()
    except SlackApiError as problem:
        response = problem.response
        data = response.data if isinstance(response.data, dict) else {}
        headers = {name.lower(): value for name, value in response.headers.items()}
        raise _verdict(response.status_code, str(data.get("error", "")), headers.get("retry-after"), now_us) from None
    except URLError as problem:
        # urllib wraps only what happens until the request is out; a request cut short is none to Slack
        raise TryLater(f"slack: cannot be reached ({type(problem.reason).__name__})") from None
    except (OSError, http.client.HTTPException) as problem:
        raise OutcomeUnknown(f"slack: the line broke after the message was handed over ({type(problem).__name__})") from None
    except SlackClientError:
        raise OutcomeUnknown("slack: gave an answer that cannot be read") from None


def _verdict(status: int, error: str, retry_after: Any, now_us: int) -> SendError:
    waits = retry_after[0] if isinstance(retry_after, list) and retry_after else retry_after
    shown = error if error.replace("_", "").isalnum() and len(error) <= _LONGEST_ERROR else f"status {status}"
    if status == 429 or error in _LATER or status == 503:
        return TryLater(f"slack: not now ({shown})", retry_after_seconds(waits, now_us))
    if error in _UNKNOWN or status >= 500:
        return OutcomeUnknown(f"slack: failed in between ({shown})")
    if error in GONE:
        return MessageGone(f"slack: the earlier message cannot be replaced ({shown})")
    return RefusedForGood(f"slack: refused ({shown})", bounced=error in _DEAD_PLACES)
