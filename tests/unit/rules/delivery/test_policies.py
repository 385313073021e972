"""Retries, the circuit breaker, the warm-up."""

from __future__ import annotations

from tenure.clock import DAY_US, HOUR_US, MINUTE_US
from tenure.rules.delivery.breaker import FAILURES_TO_OPEN, OPENINGS_TO_PAUSE, Breaker
from tenure.rules.delivery.retry import MAX_ATTEMPTS, next_attempt_us
from tenure.rules.delivery.warm_up import daily_cap


def wait(attempts: int, key: str = "k", after: float | None = None, customer_facing: bool = True) -> int | None:
    return next_attempt_us(key, attempts, 0, after_seconds=after, customer_facing=customer_facing)


def test_three_attempts_with_growing_waits() -> None:
    first, second = wait(1), wait(2)
    assert first is not None and second is not None
    assert MINUTE_US // 2 <= first <= 3 * MINUTE_US // 2
    assert 2 * MINUTE_US <= second <= 6 * MINUTE_US
    assert wait(MAX_ATTEMPTS) is None


def test_jitter_spreads_and_is_seeded_by_the_key() -> None:
    waits = [wait(1, key=f"k{i}") for i in range(50)]
    assert len(set(waits)) > 40
    assert waits == [wait(1, key=f"k{i}") for i in range(50)]


def test_retry_after_is_honoured() -> None:
    assert wait(1, after=3_600) == HOUR_US
    short = wait(1, after=1)
    assert short is not None and short >= MINUTE_US // 2


def test_internal_messages_are_tried_on_at_most_an_hour_and_a_half_apart() -> None:
    waits = [wait(attempts, customer_facing=False) for attempts in range(3, 40)]
    assert all(one is not None and one <= 3 * HOUR_US // 2 for one in waits)


def test_a_provider_that_keeps_failing_is_left_alone_for_a_growing_time() -> None:
    breaker = Breaker(provider="smtp")
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker = breaker.failed(0)
    assert breaker.may_try(0)
    breaker = breaker.failed(0)
    assert not breaker.may_try(MINUTE_US - 1) and breaker.may_try(MINUTE_US) and breaker.is_probing
    breaker = breaker.failed(MINUTE_US)
    assert not breaker.may_try(3 * MINUTE_US - 1) and breaker.may_try(3 * MINUTE_US)
    assert breaker.succeeded() == Breaker(provider="smtp")


def test_after_some_openings_a_person_has_to_look() -> None:
    breaker = Breaker(provider="smtp")
    for _ in range(FAILURES_TO_OPEN + OPENINGS_TO_PAUSE - 2):
        breaker = breaker.failed(0)
    assert not breaker.wants_pause
    assert breaker.failed(0).wants_pause


def test_DayOne_6_a_new_domain_warms_up_under_a_growing_cap() -> None:
    caps = [daily_cap(50, 7, DAY_US, DAY_US + day * DAY_US) for day in range(8)]
    assert caps == [50, 50, 100, 100, 200, 200, 400, None]
    assert daily_cap(50, 0, DAY_US, DAY_US) is None
