"""The names analysts expect, read as plain SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
import sqlalchemy as sa

from tenure.model.configuration import ValueChange
from tenure.model.playbooks import EnrollmentState
from tenure.model.runs import RunEnd, RunKind
from tenure.rules.playbooks.entering import NEVER_ENTERED
from tenure.store import Store
from tenure.store.loop_tables import enrollments

DAY_US = 86_400_000_000

# the second test goes on with what the first published
pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("store-views")]


def test_analysts_read_scores_users_and_configuration(postgres_url: str) -> None:
    scores = pa.table(
        {
            "customer_id": ["c1"],
            "score_tenths": [396],
            "total": [39.61],
            "health_status": ["critical"],
            "engagement": [9.6],
            "support": [30.0],
            "value": [0.0],
            "coverage": [1.0],
            "scorecard": ["default"],
            "scorecard_version": ["1"],
            "is_new": [False],
        }
    )
    profiles = pa.table(
        {"customer_id": ["c1"], "name": ["Initech"], "plan": ["pro"], "arr_cents": [1_234_50]}
    )
    with Store.open(postgres_url, environment={}) as store:
        venture = store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1)
        own = venture.venture_id
        run = store.runs.start(own, RunKind.full, as_of_us=DAY_US, known_batch=1, now_us=1)
        store.health.publish(own, run.run_id, RunEnd(ended_us=1), scores, customers=profiles)
        later = store.runs.start(own, RunKind.incremental, as_of_us=2 * DAY_US, known_batch=1, now_us=1)
        store.health.publish(own, later.run_id, RunEnd(ended_us=1), scores.slice(0, 0))
        change = [ValueChange(name="ticket_penalty", value=12)]
        store.parameters.apply(own, change, who="kim", why="review", now_us=DAY_US)
        with store._database.reading() as connection:
            [health] = connection.execute(sa.text("SELECT * FROM customer_health_scores")).mappings()
            [user] = connection.execute(sa.text("SELECT user_id, name, plan, arr, venture FROM users")).all()
            [setting] = connection.execute(
                sa.text("SELECT name, value, updated_by FROM configurations")
            ).all()
            [line] = connection.execute(
                sa.text("SELECT who, before, after, why FROM configuration_audit_log")
            ).all()
    assert dict(health) == {
        "user_id": "c1",
        "engagement_score": 9.6,
        "support_score": 30.0,
        "value_score": 0.0,
        "total_health_score": Decimal("39.6"),
        "previous_health_score": None,
        "health_status": "critical",
        "last_intervention": None,
        "calculated_at": datetime(1970, 1, 3, tzinfo=UTC),
        "venture": "main",
    }
    assert tuple(user) == ("c1", "Initech", "pro", Decimal("1234.5"), "main")
    assert tuple(setting) == ("ticket_penalty", 12, "kim")
    assert tuple(line) == ("kim", None, 12, "review")


def test_publishing_keeps_what_the_triggers_wrote(postgres_url: str) -> None:
    """`last_judged_score` and `last_intervention` belong to the triggers; a new score leaves them alone."""
    with Store.open(postgres_url, environment={}) as store:
        own = store.ventures.find("main")
        assert own is not None
        with store._database.writing() as connection:
            connection.execute(
                sa.text("UPDATE health SET last_judged_score_tenths = 555, last_intervention_us = 7")
            )
        run = store.runs.start(own.venture_id, RunKind.full, as_of_us=3 * DAY_US, known_batch=1, now_us=1)
        changed = pa.table(
            {
                "customer_id": ["c1"],
                "score_tenths": [500],
                "total": [50.0],
                "health_status": ["at_risk"],
                "coverage": [1.0],
                "scorecard": ["default"],
                "scorecard_version": ["2"],
                "is_new": [False],
            }
        )
        store.health.publish(own.venture_id, run.run_id, RunEnd(ended_us=1), changed)
        with store._database.reading() as connection:
            kept = connection.execute(
                sa.text("SELECT score_tenths, last_judged_score_tenths, last_intervention_us FROM health")
            )
            assert tuple(kept.one()) == (500, 555, 7)


def test_analysts_read_whom_campaigns_took(postgres_url: str) -> None:
    """One row for each customer a campaign took; journeys, and who was never confirmed, are none."""
    entries = [
        ("c1", "at_risk", EnrollmentState.running, None),
        ("c2", "win_back", EnrollmentState.converted, "the customer is back"),
        ("c3", "onboarding", EnrollmentState.running, None),
        ("c4", "at_risk", EnrollmentState.confirming, None),
        ("c5", "at_risk", EnrollmentState.exited, NEVER_ENTERED),
    ]
    with Store.open(postgres_url, environment={}) as store:
        own = store.ventures.ensure("campaigns", name="Acme", currency="USD", timezone="UTC", now_us=1).venture_id
        with store._database.writing() as connection:
            for customer, kind, state, reason in entries:
                row = {
                    "venture_id": own, "playbook": kind, "version": 2, "kind": kind, "customer_id": customer, "entry_key": "k", "state": state.value,
                    "entered_us": DAY_US, "cause": {}, "next_step": 0, "repeats": 0, "confirmations": 0, "entry_score": 52.5, "held_out": 0,
                    "holdout_percent": 10.0, "reason": reason,
                }  # fmt: skip
                connection.execute(sa.insert(enrollments).values(**row))
        with store._database.reading() as connection:
            query = sa.text("SELECT user_id, campaign, version, campaign_type, status, score_at_entry, started_at, ended_because FROM retention_campaigns WHERE venture = 'campaigns' ORDER BY user_id")
            found = connection.execute(query).all()
    started = datetime(1970, 1, 2, tzinfo=UTC)
    assert [tuple(one) for one in found] == [
        ("c1", "at_risk", 2, "at_risk", "running", 52.5, started, None),
        ("c2", "win_back", 2, "win_back", "converted", 52.5, started, "the customer is back"),
    ]
