"""The sources of a venture's facts and when each last delivered: input age is theirs, never a customer's (M17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.clock import iso
from tenure.model.facts import OWN_SOURCE
from tenure.model.keys import KeyKind
from tenure.model.results import POLLED, MetricResult
from tenure.ports.warehouse import Delivered
from tenure.rules.system_health import SourceFacts, counted_age_hours, hours, is_stale

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

DELIVERED = "delivered"


def keep_deliveries(deployment: Deployment, delivered: Sequence[Delivered], now_us: int) -> None:
    """Where `tenure status` reads without a job; replaced each time."""
    _keep(deployment, DELIVERED, msgspec.to_builtins(list(delivered)), now_us)


def keep_polls(deployment: Deployment, sources: Sequence[str], now_us: int) -> None:
    """These sources were asked just now and answered, with news or without."""
    found = polled(deployment)
    _keep(deployment, POLLED, found | dict.fromkeys(sources, now_us), now_us)


def polled(deployment: Deployment) -> dict[str, int]:
    """The last successful poll of each polled source."""
    found = deployment.store.results.latest(deployment.venture.venture_id, POLLED)
    return {} if found is None else dict(found.document)


def _keep(deployment: Deployment, name: str, document: Any, now_us: int) -> None:
    kept = MetricResult(metric=name, segment="", as_of_us=0, document=document, computed_us=now_us)
    deployment.store.results.put(deployment.venture.venture_id, [kept])


def sources_of(deployment: Deployment, delivered: Sequence[Delivered] | None = None) -> tuple[SourceFacts, ...]:
    """Every source that is declared, has a key, or ever delivered; `delivered` None: as last kept in the store."""
    found = {one.source: one for one in (_kept(deployment) if delivered is None else delivered)}
    keys = deployment.store.keys.all(deployment.venture.venture_id, KeyKind.write)
    pushing = {key.source for key in keys}
    polls, declared = polled(deployment), {source.name for source in deployment.sources if source.sql is not None}
    awaited = {key.source for key in keys if key.revoked_us is None}
    names = sorted((found.keys() | declared | awaited) - {OWN_SOURCE})
    return tuple(_source(name, found.get(name), polls.get(name), name in pushing and name not in declared) for name in names)


def _kept(deployment: Deployment) -> list[Delivered]:
    found = deployment.store.results.latest(deployment.venture.venture_id, DELIVERED)
    return [] if found is None else msgspec.convert(found.document, list[Delivered])


def _source(name: str, one: Delivered | None, polled_us: int | None, is_push: bool) -> SourceFacts:
    """Of a push source its events count; a poll that brought nothing new is a success all the same."""
    last_us = None if one is None else (one.last_event_us or one.last_us) if is_push else one.last_us
    known = [at_us for at_us in (last_us, polled_us) if at_us is not None]
    return SourceFacts(
        name=name,
        is_push=is_push,
        last_success_us=max(known, default=None),
        first_seen_us=None if one is None else one.first_us,
        hours_with_events=frozenset() if one is None else frozenset(one.event_hours),
    )


def source_document(one: SourceFacts, now_us: int, stale_input_hours: int) -> dict[str, Any]:
    """One source as `tenure status --json` says it."""
    last_us = one.last_success_us
    age = None if last_us is None else hours(now_us - last_us)
    counted = None if last_us is None else round(counted_age_hours(one, now_us), 1)
    return {
        "source": one.name,
        "is_push": one.is_push,
        "last_delivery": None if last_us is None else iso(last_us),
        "input_age_hours": age,
        "usual_silence_hours": None if age is None or counted is None else round(age - counted, 1),
        "stale": is_stale(one, now_us, stale_input_hours),
    }
