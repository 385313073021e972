"""The error tree. Each error says in one sentence what is wrong and what to do, and whether retrying helps."""

from __future__ import annotations

from typing import ClassVar


class TenureError(Exception):
    """Base of everything Tenure raises on purpose.

    `message` is one sentence naming the cause; `fix` is the next step. Neither may contain personal data.
    """

    exit_code: ClassVar[int] = 2
    retrying_helps: ClassVar[bool] = False

    def __init__(self, message: str, fix: str = "") -> None:
        self.message = message
        self.fix = fix
        super().__init__(f"{message} {fix}".strip())


class BadInput(TenureError):
    """The caller gave something that cannot be used: a file, a value, an option."""


class NotFound(BadInput):
    """What was named does not exist in this venture."""


class Refused(TenureError):
    """A gate or a check said no: the work was understood and not done."""

    exit_code = 1


class Unsupported(BadInput):
    """A provider or engine cannot do this; says which and what."""


class Unavailable(TenureError):
    """Could not be done now: locked, provider down, disk full. Trying later helps."""

    exit_code = 3
    retrying_helps = True


class Locked(Unavailable):
    """Another process is doing the work that needs the same lock."""


class Corrupt(TenureError):
    """A store or warehouse does not hold what it must; nothing was changed."""

    exit_code = 3
