"""Why the door says no: to one item (quarantine), or to a whole request (an HTTP answer)."""

from __future__ import annotations

from typing import ClassVar

from tenure.errors import TenureError
from tenure.services.importing.reading import Problem, shown


class ItemRefused(Exception):
    """This item breaks a named rule; the rest of its batch is not touched."""

    def __init__(self, field: str, rule: str, value: object = None) -> None:
        self.problem = Problem(field=field, value=shown(value), rule=rule)
        super().__init__(rule)


class RequestRefused(TenureError):
    """The whole request is answered with an error; nothing of it is kept."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_request"

    def __init__(self, message: str, fix: str = "", retry_after_seconds: int | None = None) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, fix)


class Unreadable(RequestRefused):
    """Not the JSON an endpoint expects."""

    code = "invalid_json"


class UnknownKey(RequestRefused):
    """No key, or none we know."""

    status = 401
    code = "unknown_key"

    def __init__(self) -> None:
        super().__init__(
            "The write key is missing or unknown.",
            "Send it as the user name of Basic authentication; `tenure keys create write` makes one.",
        )


class TooLarge(RequestRefused):
    """More bytes or events than one request may bring."""

    status = 413
    code = "payload_too_large"


class TooFast(RequestRefused):
    """This key sends faster than its limit."""

    status = 429
    code = "rate_limited"
    retrying_helps = True


class InboxFull(RequestRefused):
    """The inbox cannot take more right now; nothing was kept."""

    status = 503
    code = "unavailable"
    retrying_helps = True

    def __init__(self, message: str = "The inbox of facts cannot take more at the moment.") -> None:
        super().__init__(message, "Send the same request again in a moment.", retry_after_seconds=1)
