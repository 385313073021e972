"""Touches, what they met on their way, what came back, and who may be written to at all."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.columns import (
    Big,
    Json,
    Real,
    Small,
    id_column,
    metadata,
    text_column,
    us_column,
    venture_column,
)

touches = sa.Table(
    "touches",
    metadata,
    id_column("touch_id"),
    venture_column(),
    text_column("key"),
    text_column("customer_id", optional=True),
    text_column("user_id", optional=True),
    text_column("channel"),
    text_column("action_class"),
    text_column("purpose"),
    sa.Column("customer_facing", Small, nullable=False),
    text_column("state"),
    text_column("reason"),
    sa.Column("cause", Json, nullable=False),
    text_column("playbook", optional=True),
    sa.Column("version", Big),
    text_column("step", optional=True),
    text_column("variant", optional=True),
    sa.Column("enrollment_id", Big),
    sa.Column("execution_id", Big),
    text_column("kind", optional=True),
    text_column("to"),
    sa.Column("by_person", Small, nullable=False),
    text_column("approved_by", optional=True),
    sa.Column("content", Json, nullable=False),
    us_column("decided_us"),
    us_column("due_us"),
    us_column("expires_us", optional=True),
    us_column("sent_us", optional=True),
    text_column("provider", optional=True),
    text_column("provider_message_id", optional=True),
    sa.Column("attempts", Big, nullable=False),
    us_column("next_attempt_us", optional=True),
    text_column("claimed_by", optional=True),
    us_column("claimed_us", optional=True),
    sa.Column("cost_cents", Real, nullable=False),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "due_us"),
    sa.Index(None, "venture_id", "customer_id", "sent_us"),
    sa.Index(None, "venture_id", "execution_id"),
    sqlite_autoincrement=True,
)

# every refusal, deferral and approval of a touch, in order
touch_verdicts = sa.Table(
    "touch_verdicts",
    metadata,
    id_column("verdict_id"),
    venture_column(),
    sa.Column("touch_id", Big, nullable=False),
    us_column("at_us"),
    text_column("gate"),
    text_column("verdict"),
    text_column("reason"),
    sa.Index(None, "venture_id", "touch_id"),
    sqlite_autoincrement=True,
)

# consecutive failures of each provider, and until when it is left alone
provider_health = sa.Table(
    "provider_health",
    metadata,
    venture_column(key=True),
    text_column("provider", key=True),
    sa.Column("failures", Big, nullable=False),
    sa.Column("openings", Big, nullable=False),
    us_column("open_until_us", optional=True),
    us_column("changed_us"),
)

responses = sa.Table(
    "responses",
    metadata,
    id_column("response_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    us_column("occurred_us"),
    text_column("customer_id"),
    text_column("user_id", optional=True),
    sa.Column("touch_id", Big),
    sa.Column("details", Json, nullable=False),
    us_column("received_us"),
    us_column("handled_us", optional=True),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "customer_id", "occurred_us"),
    sa.Index(None, "venture_id", "handled_us"),
    sa.Index(None, "venture_id", "touch_id"),
    sqlite_autoincrement=True,
)

# the last word on (person, purpose or channel) counts; kept as a log with source and time (section 5)
consents = sa.Table(
    "consents",
    metadata,
    id_column("consent_id"),
    venture_column(),
    text_column("customer_id"),
    text_column("user_id"),
    text_column("purpose"),
    text_column("channel"),
    sa.Column("given", Small, nullable=False),
    text_column("source"),
    us_column("at_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

# A29: only a salted hash of the address, so that erasure leaves nothing else; channel `*` is do not contact
suppressions = sa.Table(
    "suppressions",
    metadata,
    venture_column(key=True),
    text_column("address_hash", key=True),
    text_column("channel", key=True),
    text_column("reason"),
    us_column("since_us"),
    text_column("by"),
)

hands_off = sa.Table(
    "hands_off",
    metadata,
    id_column("hands_off_id"),
    venture_column(),
    text_column("customer_id"),
    us_column("from_us"),
    us_column("until_us"),
    text_column("reason"),
    text_column("by"),
    us_column("ended_us", optional=True),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

nps_surveys = sa.Table(
    "nps_surveys",
    metadata,
    id_column("deployment_id"),
    venture_column(),
    text_column("key"),
    text_column("survey"),
    text_column("customer_id"),
    text_column("user_id", optional=True),
    sa.Column("touch_id", Big),
    us_column("deployed_us"),
    us_column("reminded_us", optional=True),
    us_column("answered_us", optional=True),
    sa.Column("score", Big),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "customer_id"),
    sa.Index(None, "venture_id", "survey", "customer_id", "deployed_us"),
    sqlite_autoincrement=True,
)
