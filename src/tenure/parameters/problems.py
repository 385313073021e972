"""What is wrong with a value or a set, as data and as one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tenure.errors import BadInput

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One reason to refuse: which parameter (or parameters), the value given, what is allowed, and why."""

    parameter: str
    given: str
    allowed: str
    why: str
    segment: str = ""

    def __str__(self) -> str:
        where = f" for {self.segment}" if self.segment else ""
        given = f" = {self.given}" if self.given else ""
        allowed = f"; allowed is {self.allowed}" if self.allowed else ""
        return f"{self.parameter}{given}{where} is refused: {self.why}{allowed}."

    def as_json(self) -> dict[str, str]:
        return asdict(self)


class BadParameters(BadInput):
    """Values that cannot be used; `problems` has each of them. Nothing was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in problems), "Nothing was changed.")


def shown(raw: object) -> str:
    """The value as it was given, short enough for one sentence."""
    text = repr(raw) if isinstance(raw, str) else str(raw)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
