"""What a venture's own words mean: which events are logins, which adopt a feature, which mark activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

DEFAULT_LOGIN_NAMES = ("login", "Signed In")
DEFAULT_CHURN_INACTIVE_DAYS = 90
DEFAULT_FAILED_PAYMENT_NAMES = ("payment_failed", "Payment Failed", "invoice.payment_failed")
DEFAULT_PAID_NAMES = ("payment_recovered", "payment_succeeded", "Payment Succeeded", "invoice.paid")


class FeatureRule(msgspec.Struct, frozen=True, kw_only=True):
    """An event that adopts a feature: named by a property, by a fixed word, or by the event's own name.

    `event` is the event's name, or `*` for every event. Exactly one of `property` and `feature` may be set;
    with neither, the event's own name is the feature.
    """

    event: str
    property: str | None = None
    feature: str | None = None

    def feature_in(self, name: str, properties: Mapping[str, Any] | None) -> str | None:
        """The feature this event adopts, if any."""
        if self.event not in ("*", name):
            return None
        if self.property is not None:
            value = (properties or {}).get(self.property)
            return value if isinstance(value, str) and value else None
        return self.feature or name


class FactMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How raw event names become the words of the scorecard. Part of what a score is reproducible from.

    `churn_inactive_days` is the parameter of that name: what silence means where there are no subscription facts (P1).
    `failed_payment_names` and `paid_names` are events that say a payment failed or went through (Day one, 9).
    """

    login_names: tuple[str, ...] = DEFAULT_LOGIN_NAMES
    feature_rules: tuple[FeatureRule, ...] = (FeatureRule(event="feature_adopted", property="feature"),)
    activation_event: str | None = None
    churn_inactive_days: int = DEFAULT_CHURN_INACTIVE_DAYS
    failed_payment_names: tuple[str, ...] = DEFAULT_FAILED_PAYMENT_NAMES
    paid_names: tuple[str, ...] = DEFAULT_PAID_NAMES

    def feature_of(self, name: str, properties: Mapping[str, Any] | None) -> str | None:
        """The feature an event adopts: the first rule that names one."""
        for rule in self.feature_rules:
            feature = rule.feature_in(name, properties)
            if feature is not None:
                return feature
        return None
