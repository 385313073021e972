"""The feature an event adopts, by the venture's mapping: as the door pulled it out, or read again after a change."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import ibis
import ibis.expr.types as ir
import msgspec

from tenure.model.mapping import FactMapping, FeatureRule
from tenure.warehouse.engine import Engine


def mapping_digest(mapping: FactMapping) -> str:
    """What tells two sets of feature rules apart. Logins and activation are resolved when read and do not count."""
    return blake2b(msgspec.json.encode(mapping.feature_rules), digest_size=16).hexdigest()


def mapping_key(engine: Engine, mapping: FactMapping) -> int | None:
    """The number of these feature rules in the warehouse, None when no drain ever used them."""
    found = engine.run("SELECT mapping_key FROM mappings WHERE digest = ?", [mapping_digest(mapping)])
    return int(found[0][0]) if found else None


def reread_features(events: ir.Table, names: ir.Table, mapping: FactMapping) -> ir.Table:
    """Events with the column `feature`, found from name and properties: the rule of `FactMapping.feature_of`.

    Events that adopt nothing are left out.
    """
    named = events.inner_join(names, "name_key")
    mentioned = {rule.event for rule in mapping.feature_rules}
    if not mentioned:
        return named.mutate(feature=ibis.null("string")).filter(ibis.literal(False))
    if "*" not in mentioned:
        named = named.filter(named.name.isin(sorted(mentioned)))
    found = ibis.coalesce(*(_by_rule(named, rule) for rule in mapping.feature_rules))
    with_feature = named.mutate(feature=found).drop("name")
    return with_feature.filter(with_feature.feature.notnull())


def _by_rule(named: ir.Table, rule: FeatureRule) -> Any:
    feature = _read(named, rule)
    if rule.event == "*":
        return feature
    return ibis.ifelse(named.name == rule.event, feature, ibis.null("string"))


def _read(named: ir.Table, rule: FeatureRule) -> Any:
    if rule.property is None:
        return ibis.literal(rule.feature) if rule.feature else named.name
    quoted = '$."' + rule.property.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return named.properties.cast("json")[quoted].str.nullif("")
