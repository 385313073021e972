"""What customers use and say, for papers: the warehouse answers, with the customers behind each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.readings import Voice
from tenure.ports.metrics import Asked


class FeatureUse(msgspec.Struct, frozen=True, kw_only=True):
    """One feature among customers who have not left: who adopted it, who of them used it lately, how often it was used in all.

    `customer_ids` are those who adopted it, most revenue first, as many as were asked for; `arr_cents` is theirs, as far as it is known; None: of nobody.
    """

    feature: str
    adopted: int
    lately: int
    uses: int
    arr_cents: int | None
    customer_ids: tuple[str, ...]


class ProductUse(msgspec.Struct, frozen=True, kw_only=True):
    """The features most customers adopted, and of how many customers."""

    customers: int
    features: tuple[FeatureUse, ...]


class ProductFacts(Protocol):
    """Called by whoever gathers a paper; internal customers are nowhere (P6)."""

    def feature_use(self, asked: Asked, since_us: int, most: int, behind: int) -> ProductUse:
        """The `most` features adopted by the most customers, with up to `behind` of them each; lately is since a time."""
        ...

    def voices(self, asked: Asked, since_us: int) -> Sequence[tuple[Voice, str]]:
        """Everything said since: comments of surveys (source: the survey) and subjects of tickets (source `ticket`), oldest
        first, each with the category it was filed under."""
        ...

    def names(self, asked: Asked, customer_ids: Sequence[str]) -> Mapping[str, str]:
        """Names of these customers, where they have one."""
        ...
