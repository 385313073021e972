"""What all providers' settings share: sections of `tenure.toml`, secrets named and never written there."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tenure.errors import BadInput
from tenure.settings import CONFIG_NAME


class ProviderSettings(BaseModel):
    """One `[providers.NAME]` section. Fields ending in `_secret` hold the name of a stored secret, never its value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def secret_names(self) -> list[str]:
        """The stored secrets this section needs."""
        named = [getattr(self, field) for field in type(self).model_fields if field.endswith("_secret")]
        return [name for name in named if name]


Settings = TypeVar("Settings", bound=ProviderSettings)


def parse_section(kind: type[Settings], name: str, raw: Mapping[str, Any]) -> Settings:
    """The typed settings of a section; raises BadInput naming the field and what was expected, never a value."""
    try:
        return kind.model_validate(dict(raw))
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f"{CONFIG_NAME}: providers.{name}" + (f".{field}" if field else "")
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{where} is not a known setting.", f"Known are {', '.join(kind.model_fields)}.") from None
        raise BadInput(f"{where}: {first['msg'].removeprefix('Value error, ')}.", "Correct it and try again.") from None


def is_this_machine(host: str) -> bool:
    """Whether a line to this host stays on the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
