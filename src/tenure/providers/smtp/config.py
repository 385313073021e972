"""`[providers.smtp]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from tenure.providers.config import ProviderSettings, is_this_machine


class SmtpSettings(ProviderSettings):
    """How mail leaves. `from_address` is the sender of every mail; replies go where each message says."""

    host: str
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_secret: str = ""
    from_address: str
    from_name: str = ""
    hello_name: str = ""
    """The name the server is greeted with; the domain of `from_address` without it."""
    timeout_seconds: float = Field(default=30, gt=0, le=300)
    mails_per_connection: int = Field(default=100, ge=1)
    bounces_to_reply_address: bool = False
    """Late bounces come back to the signed reply address, so that the dead address is known (needs inbound mail)."""
    dkim_selectors: tuple[str, ...] = ()

    @field_validator("from_address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        local, at, domain = value.rpartition("@")
        if not (local and at and domain) or any(letter.isspace() for letter in value):
            raise ValueError("use a plain address such as team@example.com")
        return value

    @model_validator(mode="after")
    def _password_is_not_sent_in_the_clear(self) -> SmtpSettings:
        if self.security == "none" and self.password_secret and not is_this_machine(self.host):
            raise ValueError('a password is never sent in the clear: use security = "starttls" or "tls"')
        if bool(self.user) != bool(self.password_secret):
            raise ValueError("user and password_secret belong together")
        return self

    @property
    def domain(self) -> str:
        """The domain mails come from."""
        return self.from_address.rpartition("@")[2].lower()
