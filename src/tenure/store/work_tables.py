"""What waits for people: alerts, tasks, decisions; who stands in for whom, and who is who on Slack."""

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

alerts = sa.Table(
    "alerts",
    metadata,
    id_column("alert_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("execution_id", Big),
    text_column("title"),
    sa.Column("details", Json, nullable=False),
    us_column("raised_us"),
    # single, joint:KEY (more than alerts_per_hour), daily (ARR 0)
    text_column("delivery"),
    us_column("answer_due_us", optional=True),
    us_column("acknowledged_us", optional=True),
    text_column("acknowledged_by", optional=True),
    us_column("snoozed_until_us", optional=True),
    us_column("escalated_us", optional=True),
    us_column("closed_us", optional=True),
    text_column("closed_by", optional=True),
    sa.Column("was_real", Small),
    # M19, for those nobody labelled: what was seen in the 60 days after, or `nothing`
    text_column("followed", optional=True),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "closed_us", "raised_us"),
    sa.Index(None, "venture_id", "delivery"),
    sa.Index(None, "venture_id", "kind", "raised_us"),
    # what a tick asks: whose answer is late, and what followed (of the customers it looked at, and after 60 days)
    sa.Index(None, "venture_id", "escalated_us", "answer_due_us"),
    sa.Index(None, "venture_id", "customer_id", "followed", "was_real"),
    sa.Index(None, "venture_id", "followed", "was_real", "raised_us"),
    sqlite_autoincrement=True,
)

tasks = sa.Table(
    "tasks",
    metadata,
    id_column("task_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("execution_id", Big),
    sa.Column("enrollment_id", Big),
    text_column("title"),
    text_column("assignee"),
    text_column("priority"),
    text_column("script"),
    sa.Column("details", Json, nullable=False),
    us_column("created_us"),
    us_column("due_us"),
    text_column("state"),
    us_column("closed_us", optional=True),
    text_column("closed_by", optional=True),
    us_column("escalated_us", optional=True),
    text_column("outcome", optional=True),
    sa.Column("minutes", Real),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "due_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sa.Index(None, "venture_id", "execution_id"),
    sqlite_autoincrement=True,
)

decisions = sa.Table(
    "decisions",
    metadata,
    id_column("decision_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("title"),
    text_column("state"),
    text_column("rung"),
    text_column("customer_id", optional=True),
    sa.Column("context", Json, nullable=False),
    sa.Column("blast", Json, nullable=False),
    text_column("recommendation"),
    sa.Column("options", Json, nullable=False),
    text_column("default_answer"),
    sa.Column("cause", Json, nullable=False),
    us_column("asked_us"),
    us_column("deadline_us"),
    us_column("reminded_us", optional=True),
    us_column("delegated_us", optional=True),
    sa.Column("parent_id", Big),
    text_column("answer", optional=True),
    sa.Column("answer_details", Json, nullable=False),
    text_column("answered_by", optional=True),
    text_column("answered_via", optional=True),
    us_column("answered_us", optional=True),
    us_column("executed_us", optional=True),
    us_column("settled_us", optional=True),
    sa.Column("outcome", Json, nullable=False),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "deadline_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sa.Index(None, "venture_id", "parent_id"),
    sa.Index(None, "venture_id", "kind", "asked_us"),
    sqlite_autoincrement=True,
)

# signed links are checked by signature; a row here says one was used
used_links = sa.Table(
    "used_links",
    metadata,
    venture_column(key=True),
    text_column("link_sha256", key=True),
    us_column("used_us"),
)

# Day one 7 and A22: who stands in for a person, or looks after a customer, from when until when
stand_ins = sa.Table(
    "stand_ins",
    metadata,
    id_column("stand_in_id"),
    venture_column(),
    text_column("person"),
    text_column("customer_id", optional=True),
    text_column("deputy"),
    us_column("from_us"),
    us_column("until_us", optional=True),
    text_column("reason"),
    text_column("by"),
    us_column("ended_us", optional=True),
    sa.Index(None, "venture_id", "ended_us"),
    sqlite_autoincrement=True,
)

# Day one 14: the last word of each person on an alert, a reason of a score, or a draft
useful_marks = sa.Table(
    "useful_marks",
    metadata,
    id_column("mark_id"),
    venture_column(),
    text_column("subject"),
    text_column("ref"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("is_useful", Small, nullable=False),
    text_column("word"),
    text_column("by"),
    text_column("via"),
    us_column("at_us"),
    sa.UniqueConstraint("venture_id", "subject", "ref", "by"),
    sa.Index(None, "venture_id", "at_us"),
    sqlite_autoincrement=True,
)

# whose account on Slack it is, where a person said so: the mail address Slack knows may be another
slack_accounts = sa.Table(
    "slack_accounts",
    metadata,
    venture_column(key=True),
    text_column("slack_id", key=True),
    sa.Column("person_id", Big, nullable=False),
    us_column("set_us"),
    text_column("set_by"),
)
