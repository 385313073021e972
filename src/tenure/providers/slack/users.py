"""Whose Slack account it is: the mail address Slack knows of a user (`users.info`, scope `users:read.email`)."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from tenure.clock import DAY_US, MINUTE_US
from tenure.errors import Unavailable

_UNKNOWN = ("user_not_found", "user_not_visible", "users_not_found")


KNOWN_FOR_US = DAY_US
NOBODY_FOR_US = MINUTE_US
"""An account without a mail address gets one, or becomes visible, and its person tries again."""


class SlackUsers:
    """Asked once a day for each user, of whom it told no address soon again."""

    def __init__(self, token: str, base_url: str, timeout_seconds: int) -> None:
        url = base_url if base_url.endswith("/") else base_url + "/"
        self._client = WebClient(token=token, base_url=url, timeout=timeout_seconds, retry_handlers=[])
        self._known: dict[str, tuple[str, int]] = {}

    def __repr__(self) -> str:
        return "SlackUsers()"

    def mail_of(self, user_id: str, now_us: int) -> str:
        """Empty where Slack tells none. Raises Unavailable when Slack cannot be asked."""
        mail, until_us = self._known.get(user_id, ("", 0))
        if now_us >= until_us:
            mail = self._asked(user_id)
            self._known[user_id] = (mail, now_us + (KNOWN_FOR_US if mail else NOBODY_FOR_US))
        return mail

    def _asked(self, user_id: str) -> str:
        try:
            answer = self._client.users_info(user=user_id)
        except SlackApiError as problem:
            if problem.response.get("error") in _UNKNOWN:
                return ""
            raise Unavailable("Slack does not say who this is.", "Give the app the scope users:read.email.") from None
        except OSError:
            raise Unavailable("Slack cannot be reached.", "Try again in a moment.") from None
        user = answer.get("user") or {}
        return str((user.get("profile") or {}).get("email") or "")
