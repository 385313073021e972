"""A condition on a customer, parsed: what segments, scorecards and later triggers say about whom they mean."""

from __future__ import annotations

import msgspec

Literal = str | float | bool


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """`field operator value`; false where the field is missing, whatever the operator."""

    field: str
    operator: str
    value: Literal


class OneOf(msgspec.Struct, frozen=True, tag="one_of"):
    """`field in (value, ...)`; false where the field is missing."""

    field: str
    values: tuple[Literal, ...]


class Known(msgspec.Struct, frozen=True, tag="known"):
    """`field is known`."""

    field: str


class Not(msgspec.Struct, frozen=True, tag="not"):
    inner: Condition


class All(msgspec.Struct, frozen=True, tag="all"):
    parts: tuple[Condition, ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    parts: tuple[Condition, ...]


Condition = Compare | OneOf | Known | Not | All | AnyOf
