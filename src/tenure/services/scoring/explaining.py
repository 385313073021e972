"""One customer's health with everything it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenure.clock import DAY_US
from tenure.model.health import Health, HealthStatus
from tenure.model.judgements import Override
from tenure.model.scorecard import ScoringConfig
from tenure.ports.scoring import KeptScore
from tenure.rules.scorecard.evaluate import Evaluation, evaluate, status_of


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A score with its reasons, and how it came there. `history` is newest first."""

    health: Health
    history: tuple[HistoryEntry, ...]
    computed_score: float
    computed_status: HealthStatus


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The score after one change; `score` None: no longer scored from then on."""

    as_of_us: int
    known_batch: int
    score: float | None
    status: HealthStatus | None
    scorecard_version: str
    change: dict[str, float] | None


def of_kept(
    kept: KeptScore, config: ScoringConfig, override: Override | None, input_age_us: int | None
) -> Health:
    """The published score, read again from the inputs it was computed with: the same to the last digit."""
    run = kept.run
    found = evaluate(config, kept.row, frozenset(run.connected), run.as_of_us)
    health = _health(kept.customer_id, found, run.as_of_us, run.known_batch, input_age_us)
    return msgspec.structs.replace(
        health,
        score=kept.shown_score,
        status=HealthStatus(kept.shown_status),
        previous_score=kept.previous_score,
        change=kept.change,
        is_new=kept.is_new,
        override_reason=None if override is None else override.reason,
        override_until_us=kept.override_until_us,
    )


def of_row(
    row: Mapping[str, Any],
    config: ScoringConfig,
    connected: frozenset[str],
    known_batch: int,
    now_us: int,
    override: Override | None,
    input_age_us: int | None,
) -> Health:
    """A score computed from facts at some time; nothing is known of the score before it."""
    found = evaluate(config, row, connected, now_us)
    health = _health(str(row["customer_id"]), found, now_us, known_batch, input_age_us)
    started_us = int(row["spell_started_us"])
    health = msgspec.structs.replace(health, is_new=now_us - started_us < config.new_customer_days * DAY_US)
    return health if override is None else overridden(health, override, config)


def overridden(health: Health, override: Override, config: ScoringConfig) -> Health:
    """A person's judgement in place of the computed one (A26)."""
    score = health.score if override.score is None else override.score
    return msgspec.structs.replace(
        health,
        score=score,
        status=override.status or status_of(score, config),
        override_reason=override.reason,
        override_until_us=override.until_us,
    )


def history_of(kept: Sequence[KeptScore]) -> tuple[HistoryEntry, ...]:
    """Every change, newest first."""
    return tuple(
        HistoryEntry(
            as_of_us=one.run.as_of_us,
            known_batch=one.run.known_batch,
            score=one.shown_score if one.is_scored else None,
            status=HealthStatus(one.shown_status) if one.is_scored else None,
            scorecard_version=one.version,
            change=None if one.change is None else msgspec.to_builtins(one.change),
        )
        for one in kept
    )


def _health(
    customer_id: str, found: Evaluation, as_of_us: int, known_batch: int, input_age_us: int | None
) -> Health:
    return Health(
        customer_id=customer_id,
        as_of_us=as_of_us,
        known_batch=known_batch,
        scorecard=found.scorecard.card.name,
        scorecard_version=found.scorecard.version,
        total=found.total,
        score=found.score,
        status=found.status,
        previous_score=None,
        components=found.components,
        readings=found.readings,
        coverage=found.coverage,
        input_age_us=input_age_us,
    )
