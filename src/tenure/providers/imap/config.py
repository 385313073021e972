"""`[providers.imap]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tenure.providers.config import ProviderSettings, is_this_machine


class ImapSettings(ProviderSettings):
    """The mailbox behind `reply_address`. It is opened to be read: nothing in it is marked, moved or deleted."""

    host: str
    port: int = Field(default=993, ge=1, le=65_535)
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str
    password_secret: str
    folder: str = "INBOX"
    timeout_seconds: float = Field(default=20, gt=0, le=120)
    mails_per_look: int = Field(default=500, ge=1)

    @model_validator(mode="after")
    def _password_is_not_sent_in_the_clear(self) -> ImapSettings:
        if self.security == "none" and not is_this_machine(self.host):
            raise ValueError('a password is never sent in the clear: use security = "tls" or "starttls"')
        return self
