"""Watches high-value customers for a fall and tells the chairman (A13)."""

from __future__ import annotations

from collections.abc import Callable

from tenure.clock import DAY_US
from tenure.model.decisions import DecisionKind
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores
from tenure.ports.subjects import Subjects
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.decisions.high_value import ONCE_IN_DAYS, WATCHES, tell


class HighValueWatch:
    """Called after a refresh, inside the job that has the warehouse."""

    def __init__(self, stores: Stores, venture: Venture, parameters: Callable[[], ParameterSet]) -> None:
        self._stores, self._venture, self._parameters = stores, venture, parameters

    def run(self, subjects: Subjects, now_us: int) -> int:
        """Wants a decision for each that crossed down; returns how many were told of."""
        own, parameters = self._venture.venture_id, self._parameters()
        limit = {"high_value_arr": float(parameters.integer("high_value_arr"))}
        watches = {name: parse_condition(text, LOOP, limit) for name, text in WATCHES.items()}
        crossed = subjects.crossed(watches, now_us)
        fallen = sorted({customer for found in crossed.values() for customer in found})
        since_us = now_us - ONCE_IN_DAYS * DAY_US
        asked = self._stores.decisions.asked_since(own, DecisionKind.executive_call, since_us)
        told = {one.customer_id: one.asked_us for one in asked if one.customer_id is not None and one.context.get("told")}
        cards = subjects.cards(fallen, now_us)
        found = [intent for card in cards if (intent := tell(card, told, now_us)) is not None]
        self._stores.cards.put(own, cards)
        self._stores.intents.add(own, found, now_us=now_us)
        for name, customers in crossed.items():
            subjects.judged(name, customers, now_us)
        return len(found)
