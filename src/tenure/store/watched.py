"""What the safety rules look at, and the record of drafts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tenure.model.touches import Gate, Outcome, ResponseKind, TouchState
from tenure.rules.decisions.autonomy import ClassRecord
from tenure.rules.safety.watches import CampaignFeedback, CrmRuns
from tenure.store.engine import Database
from tenure.store.loop_tables import crm_sync_log, responses, touch_verdicts, touches

FAILED = "failed"
_NEGATIVE = [kind.value for kind in ResponseKind if kind.is_negative]
_RESPONSES = [kind.value for kind in ResponseKind if kind.is_response]


class WatchedRows:
    """The port `tenure.ports.incidents.WatchedFigures`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def crm(self, venture_id: int, since_us: int) -> CrmRuns:
        table = crm_sync_log.c
        mine = [table.venture_id == venture_id, table.ended_us >= since_us]
        with self._database.reading() as connection:
            runs = connection.execute(sa.select(crm_sync_log).where(*mine).order_by(table.sync_id.desc())).all()
        if not runs:
            return CrmRuns()
        in_a_row = next((place for place, one in enumerate(runs) if one.state != FAILED), len(runs))
        return CrmRuns(
            last_records=runs[0].records,
            last_errors=runs[0].errors,
            records=sum(one.records for one in runs),
            errors=sum(one.errors for one in runs),
            failed_in_a_row=in_a_row,
        )

    def feedback(self, venture_id: int, since_us: int) -> Sequence[CampaignFeedback]:
        with self._database.reading() as connection:
            sent = connection.execute(_delivered(venture_id, since_us)).all()
            answers = connection.execute(_negative(venture_id, since_us)).all()
        people: dict[tuple[str, int], set[Any]] = defaultdict(set)
        complaints: Counter[tuple[str, int]] = Counter()
        for row in answers:
            campaign, person = (row.playbook, row.version), (row.customer_id, row.user_id)
            complaints[campaign] += row.kind == ResponseKind.complained.value
            people[campaign].add(person)
        return [
            CampaignFeedback(
                playbook=row.playbook,
                version=row.version,
                delivered=row.delivered,
                negative_people=len(people[row.playbook, row.version]),
                complaints=complaints[row.playbook, row.version],
            )
            for row in sent
        ]


def _delivered(venture_id: int, since_us: int) -> sa.Select[Any]:
    """Customer-facing messages sent and not bounced, by playbook version."""
    table, answer = touches.c, responses.c
    bounced = sa.exists().where(
        answer.venture_id == venture_id, answer.touch_id == table.touch_id, answer.kind == ResponseKind.bounced.value
    )
    mine = [table.venture_id == venture_id, table.customer_facing == 1, table.playbook.is_not(None)]
    mine += [table.state == TouchState.sent.value, table.sent_us >= since_us, ~bounced]
    count = sa.func.count().label("delivered")
    columns = (table.playbook, table.version)
    return sa.select(*columns, count).where(*mine).group_by(*columns).order_by(*columns)


def _negative(venture_id: int, since_us: int) -> sa.Select[Any]:
    table, answer = touches.c, responses.c
    return (
        sa.select(table.playbook, table.version, answer.customer_id, answer.user_id, answer.kind)
        .join(touches, sa.and_(table.touch_id == answer.touch_id, table.venture_id == answer.venture_id))
        .where(
            answer.venture_id == venture_id,
            answer.kind.in_(_NEGATIVE),
            answer.occurred_us >= since_us,
            table.playbook.is_not(None),
        )
    )


class AutonomyRows:
    """The port `tenure.ports.autonomy.AutonomyRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def records(self, venture_id: int, since_us: int) -> Sequence[ClassRecord]:
        table, line = touches.c, touch_verdicts.c
        drafts = (
            sa.select(table.touch_id, table.action_class, table.state, line.verdict, line.gate)
            .join(touch_verdicts, sa.and_(line.touch_id == table.touch_id, line.venture_id == table.venture_id))
            .where(table.venture_id == venture_id, table.customer_facing == 1, line.at_us >= since_us)
            .order_by(line.verdict_id)
        )
        answers = sa.select(responses.c.touch_id, responses.c.kind).where(
            responses.c.venture_id == venture_id, responses.c.touch_id.is_not(None), responses.c.kind.in_([*_NEGATIVE, *_RESPONSES])
        )
        with self._database.reading() as connection:
            said = connection.execute(drafts).all()
            ended = connection.execute(answers).all()
        negative = {row.touch_id for row in ended if row.kind in _NEGATIVE}
        answered = {row.touch_id for row in ended if row.kind in _RESPONSES} - negative
        return _records(said, answered, negative)


# how the ledger writes it: a person's yes sends a draft back through the gates, a person's no refuses it
_PERSON, _EDITED = Gate.person.value, "edited"
_WORDS = {Outcome.defer.value: "approved", Outcome.refuse.value: "rejected", _EDITED: _EDITED}


def _records(said: Sequence[Any], answered: set[int], negative: set[int]) -> list[ClassRecord]:
    words: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in said:
        if row.verdict == Outcome.draft.value:
            words[row.action_class, row.touch_id].add("drafted")
        elif row.gate == _PERSON and row.verdict in _WORDS:
            words[row.action_class, row.touch_id].add(_WORDS[row.verdict])
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (action_class, touch_id), verdicts in words.items():
        approved = "approved" in verdicts
        found[action_class].update(
            drafts=1,
            unchanged=int(approved and _EDITED not in verdicts),
            edited=int(approved and _EDITED in verdicts),
            rejected=int("rejected" in verdicts),
            answered=int(approved and touch_id in answered),
            negative=int(approved and touch_id in negative),
        )
    return [ClassRecord(action_class=name, **counts) for name, counts in sorted(found.items())]
