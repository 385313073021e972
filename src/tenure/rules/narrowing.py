"""What a condition leaves possible when only some fields are known: the cheap first look at very many customers."""

from __future__ import annotations

from collections.abc import Callable

from tenure.model.condition import All, AnyOf, Condition, Not
from tenure.rules.conditions import fields_of

CanTell = Callable[[str], bool]
"""Whether a field is known."""


def possible(condition: Condition, can_tell: CanTell) -> Condition | None:
    """A condition over known fields that holds wherever this one can hold; None: nobody can be ruled out."""
    match condition:
        case Not(inner):
            surely = certain(inner, can_tell)
            return None if surely is None else Not(surely)
        case All(parts):
            kept = tuple(part for part in (possible(one, can_tell) for one in parts) if part is not None)
            return All(kept) if kept else None
        case AnyOf(parts):
            found = [possible(one, can_tell) for one in parts]
            return None if None in found else AnyOf(tuple(part for part in found if part is not None))
        case _:
            return condition if all(map(can_tell, fields_of(condition))) else None


def certain(condition: Condition, can_tell: CanTell) -> Condition | None:
    """A condition over known fields wherever which this one holds for sure; None: nowhere."""
    match condition:
        case Not(inner):
            maybe = possible(inner, can_tell)
            return None if maybe is None else Not(maybe)
        case All(parts):
            found = [certain(one, can_tell) for one in parts]
            return None if None in found else All(tuple(part for part in found if part is not None))
        case AnyOf(parts):
            kept = tuple(part for part in (certain(one, can_tell) for one in parts) if part is not None)
            return AnyOf(kept) if kept else None
        case _:
            return condition if all(map(can_tell, fields_of(condition))) else None
