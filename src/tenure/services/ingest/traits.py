"""Traits people send with identify and group, read as the fields of a user or customer; the rest stays traits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tenure.model.facts import Customer, CustomerStatus, User
from tenure.services.importing.fields import FIELDS, READERS, Field
from tenure.services.importing.reading import ReadingRules, Refusal
from tenure.services.importing.records import ends_too_early
from tenure.services.importing.values import checked_object, signed_cents
from tenure.services.ingest.refusals import ItemRefused

_NOT_TRAITS = frozenset({"customer_id", "user_id", "updated_at", "traits", "consent"})
"""Ids come from the call itself; what a trait of these names means is not ours to guess."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _by_name(kind: str) -> dict[str, Field]:
    fields = [field for field in FIELDS[kind] if field.column not in _NOT_TRAITS]
    names = {other: field for field in fields for other in field.also}
    return names | {field.column: field for field in fields}


_CUSTOMER_FIELDS = _by_name("customers")
_USER_FIELDS = _by_name("users")


def customer_of(customer_id: str, stated_us: int, traits: Mapping[str, Any], now_us: int) -> Customer:
    """What a group call states: fields of its traits (`mrr` times 12 where `arr` is absent), the rest as traits."""
    known, rest = _split(traits, _CUSTOMER_FIELDS, now_us)
    if "arr_cents" not in known and "mrr" in traits:
        known.update(_yearly(traits["mrr"], now_us))
    if ends_too_early(known.get("created_us"), known.get("churned_us")):
        raise ItemRefused("traits.churned_at", "ends_before_it_starts")
    if "status" in known:
        known["status"] = CustomerStatus(known["status"])
    return Customer(customer_id=customer_id, stated_us=stated_us, traits=_kept(rest), **known)


def user_of(user_id: str, stated_us: int, traits: Mapping[str, Any], now_us: int, customer_id: str | None) -> User:
    """What an identify call states; `firstName` and `lastName` make a name where there is none."""
    known, rest = _split(traits, _USER_FIELDS, now_us)
    if "name" not in known:
        parts = [traits.get("firstName"), traits.get("lastName")]
        name = " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
        known.update({"name": name[:255]} if name and "\0" not in name else {})
    return User(user_id=user_id, stated_us=stated_us, customer_id=customer_id, traits=_kept(rest), **known)


def _split(traits: Mapping[str, Any], fields: Mapping[str, Field], now_us: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields that read as such, and the rest: a value that does not read as its field stays a trait, nothing is lost."""
    rules = ReadingRules(now_us=now_us)
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, raw in traits.items():
        field = fields.get(_CAMEL.sub("_", name).lower())
        if field is None or field.attribute in known or not _reads(field, raw, rules, known):
            rest[name] = raw
    return known, rest


def _reads(field: Field, raw: Any, rules: ReadingRules, known: dict[str, Any]) -> bool:
    try:
        value = READERS[field.how](raw, rules)
    except Refusal:
        return False
    if value is not None:
        known[field.attribute] = value
    return True


def _yearly(mrr: Any, now_us: int) -> dict[str, int]:
    try:
        monthly_cents = signed_cents(mrr, ReadingRules(now_us=now_us))
    except Refusal:
        return {}
    return {"arr_cents": 12 * monthly_cents} if monthly_cents is not None and monthly_cents >= 0 else {}


def _kept(rest: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return checked_object(rest) if rest else None
    except Refusal as refusal:
        raise ItemRefused("traits", refusal.rule) from None
