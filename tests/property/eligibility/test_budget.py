"""The budget is never exceeded, whatever comes in whatever order (A7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.outreach_builder import WEDNESDAY_NOON_US, Recorder, card, office, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import Channel
from tenure.ports.senders import RefusedForGood, TryLater
from tenure.store import Store

NOW = WEDNESDAY_NOON_US
KINDS = [None, PlaybookKind.at_risk, PlaybookKind.onboarding, PlaybookKind.renewal, PlaybookKind.critical]
_numbers = count(1)

WISHES = st.lists(
    st.tuples(
        st.integers(0, 9 * 24),  # hour in which it is wanted
        st.sampled_from(KINDS),
        st.sampled_from(["u1", "u2", None]),
        st.booleans(),  # by a person
        st.sampled_from([Channel.email, Channel.survey]),
    ),
    min_size=1,
    max_size=25,
)
ANSWERS = st.lists(st.sampled_from([None, None, TryLater("later"), RefusedForGood("no")]), max_size=10)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("store"), environment={}) as opened:
        yield opened


@pytest.mark.thorough
@settings(max_examples=often(10, 50), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(wishes=WISHES, answers=ANSWERS, budget=st.integers(1, 3), step=st.sampled_from([6, 11, 24]))
def test_A7_no_automated_touch_leaves_above_the_budget_of_any_seven_days(
    store: Store, wishes: list[tuple[int, PlaybookKind | None, str | None, bool, Channel]], answers: list[Exception | None], budget: int, step: int
) -> None:
    made = office(store, f"b{next(_numbers)}", sender=Recorder(answers=list(answers)), contact_budget_per_week=budget, quiet_hours="none")
    made.put(card(arr_cents=1))
    for hour in range(0, 11 * 24, step):
        now_us = NOW + hour * HOUR_US
        new = [(i, one) for i, one in enumerate(wishes) if hour <= one[0] < hour + step]
        made.want(
            *(
                wanted(f"k{i}", kind=kind, playbook=kind and kind.value, user_id=user, by_person=person, channel=channel, due_us=now_us)
                for i, (_, kind, user, person, channel) in new
            ),
            now_us=now_us,
        )
        made.pass_on(now_us)
    left = made.store.touches.sent_to(made.venture_id, ["c1"], 0)
    for one in left:
        if one.by_person or one.kind == PlaybookKind.critical.value:
            continue
        assert one.sent_us is not None
        week = Counter(other.user_id for other in left if one.sent_us - 7 * DAY_US < (other.sent_us or 0) <= one.sent_us)
        exempt = sum(1 for other in left if other.user_id == one.user_id and (other.by_person or other.kind == "critical"))
        assert week[one.user_id] - exempt <= budget


def test_the_week_is_rolling_to_the_microsecond(store: Store) -> None:
    made = office(store, f"b{next(_numbers)}", contact_budget_per_week=1, touch_expiry_days=14, quiet_hours="none")
    made.want(wanted("k1"), wanted("k2"))
    made.pass_on(NOW)
    made.pass_on(NOW + 7 * DAY_US - 1)
    assert len(made.sender.messages) == 1
    made.pass_on(NOW + 7 * DAY_US)
    assert len(made.sender.messages) == 2


