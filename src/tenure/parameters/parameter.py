"""What is said about one parameter, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tenure.parameters.compound_kinds import OnePer
from tenure.parameters.kinds import Kind
from tenure.parameters.values import Value, as_text


class Owner(StrEnum):
    """Who decides: EVA inside the range, or the chairman with EVA proposing."""

    EVA = "eva"
    CHAIRMAN = "chairman"


@dataclass(frozen=True)
class Follows:
    """A default that is worked out from other parameters as long as nobody sets it."""

    what: str
    derive: Callable[[Mapping[str, Value]], Value]


@dataclass(frozen=True)
class Parameter:
    """One tunable. `default` is what a new venture starts with; `unit` is empty where there is none."""

    name: str
    kind: Kind
    default: Value
    unit: str
    owner: Owner
    help: str
    segmentable: bool = False
    follows: Follows | None = None
    group: str = ""

    def allowed(self) -> str:
        """The range with its unit, in words."""
        if isinstance(self.kind, OnePer):
            return f"{self.kind.item.allowed()} {self.unit}".strip() + f", {self.kind.per()}"
        return f"{self.kind.allowed()} {self.unit}".strip()

    def default_text(self) -> str:
        """The default as the reference shows it."""
        return f"{as_text(self.default)} ({self.follows.what})" if self.follows else as_text(self.default)


def in_group(group: str, *parameters: Parameter) -> tuple[Parameter, ...]:
    """The parameters of one page of the settings."""
    return tuple(replace(parameter, group=group) for parameter in parameters)
