"""Whose Slack account it is: the mail address Slack knows of a user (`users.info`, scope `users:read.email`)."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from tenure.errors import Unavailable

_UNKNOWN = ("user_not_found", "user_not_visible", "users_not_found")


class SlackUsers:
    """Asked once per user and process."""

    def __init__(self, token: str, base_url: str, timeout_seconds: int) -> None:
        url = base_url if base_url.endswith("/") else base_url + "/"
        self._client = WebClient(token=token, base_url=url, timeout=timeout_seconds, retry_handlers=[])
        self._known: dict[str, str] = {}

    def __repr__(self) -> str:
        return "SlackUsers()"

    def mail_of(self, user_id: str) -> str:
        """Empty where Slack tells none. Raises Unavailable when Slack cannot be asked."""
        if user_id not in self._known:
            self._known[user_id] = self._asked(user_id)
        return self._known[user_id]

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
