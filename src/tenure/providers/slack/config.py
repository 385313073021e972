"""`[providers.slack]`."""

from __future__ import annotations

from pydantic import Field, model_validator

from tenure.providers.config import ProviderSettings


class SlackSettings(ProviderSettings):
    """A bot token reaches every channel and replaces its messages; an incoming webhook reaches its one channel."""

    token_secret: str = ""
    webhook_url_secret: str = ""
    signing_secret: str = ""
    """Name of the stored signing secret of the app: buttons are believed only with it."""
    default_channel: str = ""
    base_url: str = "https://slack.com/api/"
    timeout_seconds: int = Field(default=10, ge=1, le=60)

    @model_validator(mode="after")
    def _one_way(self) -> SlackSettings:
        if bool(self.token_secret) == bool(self.webhook_url_secret):
            raise ValueError("name one of token_secret and webhook_url_secret")
        return self

    def secret_names(self) -> list[str]:
        return [name for name in (self.token_secret, self.webhook_url_secret, self.signing_secret) if name]
