"""`[providers.llm]`."""

from __future__ import annotations

from pydantic import Field

from tenure.providers.config import ProviderSettings


class LlmSettings(ProviderSettings):
    """Which model drafts. Without `api_key_secret` the maker's own environment variable is read."""

    model: str = Field(pattern=r"^[a-z0-9-]+:\S+$")
    """`maker:model`, such as `anthropic:claude-sonnet-4-5` or `ollama:llama3.2`."""
    api_key_secret: str = ""
    timeout_seconds: float = Field(default=60, gt=0, le=300)
